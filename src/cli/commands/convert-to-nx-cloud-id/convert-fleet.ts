import { relative, resolve } from 'node:path';
import { Cancelled, PartlyFailed } from '../../../errors.js';
import { forEachAtOnce } from '../../../conversion/at-once.js';
import type { Conversion } from '../../../conversion/convert-workspace.js';
import { readEarlierReport } from '../../../conversion/earlier-report.js';
import { failedReport, reportLine, type ConversionReport } from '../../../conversion/report.js';
import type { Dependencies } from '../../dependencies.js';
import { counted } from '../../format.js';
import { tell } from '../../io.js';
import { chosenWorkspaces, pathOf, type Choice } from './chosen-workspaces.js';
import type { ConvertFlags } from './command.js';
import type { Convert } from './convert-to-nx-cloud-id.js';
import { printLine } from './print-line.js';
import { createProgress } from './progress.js';
import { createSummary, type Summary } from './summary.js';
import { tellInShort } from './tell-report.js';

/**
 * Any number of workspaces, several at a time; of each no more is kept than its place in the summary. What goes wrong with
 * one is in its report and stops no other.
 * @throws {PartlyFailed} when any failed
 */
export async function convertFleet(flags: ConvertFlags, dependencies: Dependencies, convert: Convert): Promise<void> {
  const { io, cwd, env, signal, clock } = dependencies;
  const { paths, resume } = flags;
  const earlier = resume === undefined ? undefined : await readEarlierReport(resolve(cwd, resume), resume);
  const summary = createSummary(flags);
  const progress = createProgress({
    io,
    env,
    // A bar would stand between the lines of the report.
    shown: !(flags.json && io.columns !== undefined),
    total: flags.recursive || paths.includes('-') || paths.length === 0 ? undefined : paths.length,
    now: () => clock.now(),
  });

  async function convertChosen(choice: Choice): Promise<void> {
    const { plan, report } = await outcomeOf(choice, convert);
    summary.count(report);
    progress.clear();
    if (flags.json) {
      await printLine(io.stdout, reportLine(report));
    } else {
      if (plan !== undefined && report.status === 'would-convert') {
        const { maskedDiff } = await import('../../../conversion/masked-diff.js');
        await printLine(io.stdout, maskedDiff(plan, relative(cwd, report.workspace)).trimEnd());
      }
      tellInShort(report, plan?.ownSteps ?? [], dependencies);
    }
    progress.step(report.status === 'failed');
  }

  try {
    const choices = chosenWorkspaces({ flags, cwd, stdin: io.stdin, earlier });
    await forEachAtOnce(choices, { atOnce: flags.jobs, signal }, convertChosen);
  } catch (error) {
    progress.clear();
    if (signal.aborted) tell(io, `${summary.total()} To go on, run the command again: what is done is left alone.`);
    throw error;
  } finally {
    progress.clear();
  }
  for (const line of summary.lines()) tell(io, line);
  if (summary.failed() > 0) throw someFailed(summary, flags);
}

async function outcomeOf(
  choice: Choice,
  convert: Convert,
): Promise<{ plan?: Conversion['plan']; report: ConversionReport }> {
  try {
    return await convert(choice);
  } catch (error) {
    if (error instanceof Cancelled) throw error;
    return { report: failedReport(pathOf(choice), error) };
  }
}

function someFailed(summary: Summary, { json, resume, dryRun }: ConvertFlags): PartlyFailed {
  if (dryRun) {
    return new PartlyFailed(`${counted(summary.failed(), 'workspace')} cannot be converted as things are.`, {
      remedy: 'The reason of each is in its line. Nothing was written (--dry-run).',
    });
  }
  const again =
    json || resume !== undefined ? '--resume <report>' : '--json > report.jsonl, and then --resume report.jsonl';
  return new PartlyFailed(
    `${counted(summary.failed(), 'workspace')} failed and stayed as ${summary.failed() === 1 ? 'it was' : 'they were'}; the others are done.`,
    {
      remedy: `The reason of each is in its line. Correct them, then run the command again: what is done is left alone. For those that failed only: ${again}`,
    },
  );
}
