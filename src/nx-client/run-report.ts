import { inWordsOf, type CalledAs } from '../cli/io.js';
import type { UserError } from '../errors.js';
import type { Warning } from './run-family.js';

/**
 * What can go wrong with the cache of a run, the most important first: of several, a person is told the one that
 * explains the others, or that she can do most about.
 */
const kinds = [
  /** The cache was not used at all: no access, a token that is not valid, no such workspace, no server, … */
  'not-opened',
  /** The access ended during the run. */
  'no-access',
  /** The server cannot be reached, is too slow or fails. */
  'server',
  /** The local disk is full, or Nx's cache folder cannot be written. */
  'disk',
  /** Ours. */
  'defect',
  /** Artifacts that are encrypted with another key, or not as this workspace has them. */
  'encryption',
  /** Others encrypt with another key, so that none of their results is ever found. */
  'other-key',
  /** Artifacts that are damaged, or hold what must not be extracted. */
  'artifact',
  /** The keychain or file with the person's token could not be read, and the cache was used without it. */
  'unread-token',
  /** Results that cannot be stored: too large, or of a kind that the format has no room for. */
  'not-storable',
  /** Results may be read and not stored. */
  'read-only',
] as const;
export type ProblemKind = (typeof kinds)[number];

/** What became of the cache in one run, and the one warning that a person gets. */
export interface RunReport {
  /** Of each kind the first one is told, and how many there were. */
  note: (kind: ProblemKind, error: UserError) => void;
  /** From now on the cache is left alone; why has been noted. */
  leftAlone: () => void;
  /** Two lines, what happened and what to type next; `undefined` when all was well. */
  warning: () => Warning | undefined;
}

/** @param calledAs what people type for our commands; asked when there is a warning */
export function createRunReport(calledAs: () => CalledAs = () => 'nx-cloud'): RunReport {
  const noted = new Map<ProblemKind, { error: UserError; count: number }>();
  let isLeftAlone = false;

  return {
    note(kind, error) {
      const before = noted.get(kind);
      if (before === undefined) noted.set(kind, { error, count: 1 });
      else before.count++;
    },
    leftAlone() {
      isLeftAlone = true;
    },
    warning() {
      const kind = kinds.find((one) => noted.has(one));
      const problem = kind === undefined ? undefined : noted.get(kind);
      if (kind === undefined || problem === undefined) return undefined;
      const { error, count } = problem;
      const lines = [`warning: ${headline(kind, count, isLeftAlone)} ${error.message}`];
      if (error.remedy !== undefined) lines.push(error.remedy);
      return { rank: kinds.indexOf(kind), text: `${inWordsOf(calledAs(), lines.join('\n'))}\n` };
    },
  };
}

function headline(kind: ProblemKind, count: number, isLeftAlone: boolean): string {
  switch (kind) {
    case 'not-opened':
      return 'No remote cache for this run.';
    case 'server':
      return isLeftAlone ? leftAlone : `${times(count, 'request')} to the remote cache failed.`;
    case 'no-access':
      return leftAlone;
    case 'disk':
    case 'defect':
      return isLeftAlone
        ? leftAlone
        : `${times(count, 'result')} could not be taken from or put into the remote cache.`;
    case 'other-key':
      return 'The results of others cannot be used.';
    case 'encryption':
    case 'artifact':
      return `${times(count, 'result')} of the remote cache could not be used.`;
    case 'unread-token':
      return 'The remote cache was used without your personal access token.';
    case 'not-storable':
    case 'read-only':
      return `${times(count, 'result')} of this run ${count === 1 ? 'was' : 'were'} not stored in the remote cache.`;
  }
}

const leftAlone = 'The remote cache was left alone for the rest of this run.';

function times(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
