import { join, relative } from 'node:path';
import type { ConversionReport } from '../../../conversion/report.js';
import { printable, printableLines } from '../../../rest-client/printable.js';
import type { Dependencies } from '../../dependencies.js';
import { minute } from '../../format.js';
import { tell } from '../../io.js';
import { putIdIntoNxJson } from '../../missing-nx-cloud-id.js';
import type { ConvertFlags } from './command.js';
import { historyLines } from './history-lines.js';

/** The report in words. */
export function tellPeople(report: ConversionReport, flags: ConvertFlags, { io, cwd }: Dependencies): void {
  const say = (text: string) => {
    tell(io, printableLines(text));
  };
  const nxJson = relative(cwd, report.nxJson);
  switch (report.status) {
    case 'would-convert':
      say(`${nxJson} was not changed (--dry-run).`);
      break;
    case 'converted':
      for (const { file, line, nxCloudId, masked } of report.tokens) {
        say(
          `${relative(cwd, join(report.workspace, file))}, line ${line}: the access token ${masked} is replaced by "nxCloudId": "${nxCloudId}".`,
        );
      }
      break;
    case 'already-converted':
      say(`${nxJson} already has its nxCloudId ${report.nxCloudIds.join()}; nothing to do.`);
      break;
    case 'no-token':
      say(`${nxJson} has no access token; nothing to convert. To use a cache, ${putIdIntoNxJson}`);
      break;
  }
  if (report.status !== 'converted' && flags.tokenTo !== undefined) say(`So ${flags.tokenTo} was not written.`);
  if (report.commit !== null) say(`Committed as ${report.commit.hash.slice(0, 12)}.`);
  for (const { name, id } of report.rotation?.handedOver ?? []) {
    say(`A new CI access token was handed over: ${name} (${id}).`);
  }
  for (const { name, expiresAt } of report.rotation?.ended ?? []) {
    say(`The committed token ${name} ${expiresAt === null ? 'has ended' : `ends at ${minute(expiresAt)} UTC`}.`);
  }
  if (report.history !== null) for (const line of historyLines(report.history)) say(line);
  if (report.files.length > 0 && report.nx !== null) {
    say(`This workspace has Nx ${report.nx.version} (${report.nx.source}).`);
  }
  if (report.nextSteps.length === 0) return;
  tell(io);
  tell(io, io.style.bold(report.status === 'would-convert' ? 'Left to do after the conversion:' : 'Left to do:'));
  for (const [index, step] of report.nextSteps.entries()) say(`  ${index + 1}. ${indented(step)}`);
}

/** One workspace of many: a line, and below it what only this one needs. */
export function tellInShort(report: ConversionReport, ownSteps: readonly string[], { io, cwd }: Dependencies): void {
  const name = printable(relative(cwd, report.workspace), longestName) || '.';
  tell(io, `${name}: ${inShort(report, io)}`);
  for (const line of report.history === null ? [] : historyLines(report.history)) tell(io, printableLines(`  ${line}`));
  for (const step of ownSteps) tell(io, printableLines(`  - ${indented(step)}`));
}

/** Text to be pasted stands below its sentence. */
function indented(step: string): string {
  return step.trimEnd().replaceAll('\n', '\n       ');
}

/** No path has more characters on any system that Node runs on. */
const longestName = 4096;

function inShort(
  { status, tokens, files, nxCloudIds, problem }: ConversionReport,
  { style }: Dependencies['io'],
): string {
  const ids = nxCloudIds.join(', ');
  switch (status) {
    case 'converted':
      return tokens.length > 0 ? `converted to ${ids}.` : `${files.join(', ')} changed.`;
    case 'would-convert':
      return tokens.length > 0 ? `would be converted to ${ids}.` : `${files.join(', ')} would change.`;
    case 'already-converted':
      return `already has its nxCloudId ${ids}.`;
    case 'no-token':
      return 'has no access token.';
    case 'failed': {
      const remedy = problem?.remedy ?? null;
      const after = remedy === null ? '' : `\n  ${remedy.replaceAll('\n', '\n  ')}`;
      return `${style.red('failed:')} ${printableLines(`${problem?.message ?? ''}${after}`)}`;
    }
  }
}
