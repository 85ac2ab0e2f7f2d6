import { relative, resolve } from 'node:path';
import { PartlyFailed } from '../../../errors.js';
import { forEachAtOnce } from '../../../conversion/at-once.js';
import type { Outcome } from '../../../conversion/convert-workspaces.js';
import { readEarlierReport } from '../../../conversion/earlier-report.js';
import { failedReport, reportLine } from '../../../conversion/report.js';
import type { Dependencies } from '../../dependencies.js';
import { counted } from '../../format.js';
import { tell } from '../../io.js';
import { byRepository } from './by-repository.js';
import { chosenWorkspaces, pathOf, type Choice } from './chosen-workspaces.js';
import type { ConvertFlags } from './command.js';
import type { Converter } from './convert-to-nx-cloud-id.js';
import { printLine } from './print-line.js';
import { createProgress } from './progress.js';
import { createSummary, type Summary } from './summary.js';
import { tellInShort } from './tell-report.js';

/**
 * Any number of workspaces, several at a time; of each no more is kept than its path and its place in the summary. What goes
 * wrong with one is in its report and stops no other.
 * @throws {PartlyFailed} when any failed
 */
export async function convertFleet(
  flags: ConvertFlags,
  dependencies: Dependencies,
  converter: Converter,
): Promise<void> {
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

  async function convertGroup(choices: readonly Choice[]): Promise<void> {
    const workspaces = choices.filter((choice) => choice.kind === 'workspace');
    const outcomes = workspaces.length === 0 ? [] : await converter.several(workspaces);
    for (const choice of choices) {
      const outcome =
        choice.kind === 'problem' ? { error: choice.error, known: {} } : outcomes[workspaces.indexOf(choice)];
      if (outcome !== undefined) await tellOutcome(choice, outcome);
    }
  }

  async function tellOutcome(choice: Choice, outcome: Outcome): Promise<void> {
    const [plan, report] =
      'error' in outcome
        ? [undefined, failedReport(pathOf(choice), outcome.error, outcome.known)]
        : [outcome.plan, outcome.report];
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
    await forEachAtOnce(grouped(choices, flags, converter), { atOnce: flags.jobs, signal }, convertGroup);
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

/** Each by itself, as it is found; where it matters which others there are, when all of them are found. */
async function* grouped(
  choices: AsyncIterable<Choice>,
  { commit, dryRun }: ConvertFlags,
  { findRepository, expect }: Converter,
): AsyncGenerator<readonly Choice[]> {
  if (dryRun || (!commit && expect === undefined)) {
    for await (const choice of choices) yield [choice];
    return;
  }
  const groups = await byRepository(choices, findRepository);
  await expect?.(groups.flat().filter((choice) => choice.kind === 'workspace'));
  if (commit) yield* groups;
  else for (const choice of groups.flat()) yield [choice];
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
