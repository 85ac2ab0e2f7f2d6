import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { UsageError } from '../errors.js';
import type { ConversionStatus } from './report.js';

/** What an earlier run has come to: of each workspace the last that was said about it. */
export type EarlierRun = ReadonlyMap<string, EarlierOutcome>;

export interface EarlierOutcome {
  status: ConversionStatus;
  /** What was converted is in a commit. */
  committed: boolean;
}

/**
 * Reads what `--json` has printed. The last line may be cut off, as by a run that was killed; what a second run appended
 * to such a line counts.
 * @throws {UsageError} when it cannot be read, or a line is none of a report
 */
export async function readEarlierReport(path: string, file: string): Promise<EarlierRun> {
  const run = new Map<string, EarlierOutcome>();
  let cutOff: number | undefined;
  let number = 0;
  try {
    for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
      number += 1;
      if (line.trim() === '') continue;
      if (cutOff !== undefined) throw noReport(file, cutOff);
      const entry = entryOf(line);
      if (entry === undefined && !beginsAReport(line)) throw noReport(file, number);
      if (entry === undefined) cutOff = number;
      else run.set(entry.workspace, entry.outcome);
    }
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    throw new UsageError(`The report ${file} could not be read.`, {
      remedy: `Check that it is there, and its permissions: ls -l '${file}'`,
      cause,
    });
  }
  return run;
}

function noReport(file: string, line: number): UsageError {
  return new UsageError(`${file}:${line}: this is no line of a report.`, {
    remedy: 'Give the file that standard output of a run with --json was sent to.',
  });
}

/** `undefined` for what is none. */
function entryOf(line: string): { workspace: string; outcome: EarlierOutcome } | undefined {
  // Behind a line that was cut off the next run's first one follows: the key begins each object and, with its quotes,
  // stands nowhere else.
  const value = parsed(line.slice(Math.max(line.lastIndexOf(start), 0)));
  if (typeof value !== 'object' || value === null || !('workspace' in value) || !('status' in value)) return undefined;
  const { workspace, status } = value;
  const known = statuses.find((one) => one === status);
  if (typeof workspace !== 'string' || known === undefined) return undefined;
  const committed = 'commit' in value && value.commit !== null;
  return { workspace, outcome: { status: known, committed } };
}

/** The key that each line begins with. */
const start = '{"workspace":';

function beginsAReport(line: string): boolean {
  return line.startsWith(start) || start.startsWith(line);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const statuses: readonly ConversionStatus[] = ['converted', 'would-convert', 'already-converted', 'no-token', 'failed'];

/** Nothing is left to do for it; `commit`: what was converted is to be committed, too. */
export function isDone(outcome: EarlierOutcome | undefined, { commit }: { commit: boolean }): boolean {
  if (outcome === undefined || outcome.status === 'failed' || outcome.status === 'would-convert') return false;
  return !commit || outcome.committed || outcome.status !== 'converted';
}
