import { join } from 'node:path';
import type { CiAdvice, CiFile } from '../ci-configuration/ci-file.js';
import { UserError } from '../errors.js';
import type { HistoryScan } from '../git/scan-history.js';
import { nxJsonName } from '../nx-workspace/find-workspace.js';
import type { AccessToken } from '../nx-workspace/access-tokens.js';
import type { OtherToken } from '../nx-workspace/other-tokens.js';
import type { WorkspacePackages } from '../nx-workspace/packages.js';
import type { Replacement } from '../nx-workspace/rewrite.js';
import { maskTokensInText } from '../protocol/token-search.js';
import { maskToken } from '../protocol/tokens.js';
import type { Rotation } from './rotation/create-rotator.js';

/** What came of one workspace. `--json` prints one on each line; docs/convert-report.schema.json describes it. */
export interface ConversionReport {
  /** Absolute path of the workspace's root. */
  workspace: string;
  /** Absolute path of its nx.json. */
  nxJson: string;
  status: ConversionStatus;
  /** The ids that were put in; of a workspace that is converted already, the one it has. Without repetition. */
  nxCloudIds: string[];
  /** In the order of the file as it was before. Line and column count from 1, columns in UTF-16 units. */
  tokens: ConvertedToken[];
  /** The version of Nx, or the range that allows it, and the file it is from; `null` when none was found. */
  nx: { version: string; source: string } | null;
  /** The files that were, or would be, written: relative to the workspace, in the order of writing. */
  files: string[];
  /** Tokens in files that were not changed, to be taken out by a person. */
  elsewhere: OtherToken[];
  /** What the CI files of the repository say about the token, and what to do about it. */
  ci: CiReport[];
  /** With `--scan-history`, else `null`: the tokens that the commits of the repository have. */
  history: HistoryScan | null;
  /** With `--rotate`, where there was a token to rotate, else `null`. */
  rotation: Rotation | null;
  /** With `--commit`, else `null`, as where the last commit had it all. `branch` is `null` on a detached HEAD. */
  commit: { hash: string; branch: string | null } | null;
  /** Sentences for people, in the order in which to act. */
  nextSteps: string[];
  /** Why it failed; `null` for every other status. */
  problem: Problem | null;
}

/** What `--json` prints. Names of folders, jobs and actions are somebody else's, and any of them may have a token in it. */
export function reportLine(report: ConversionReport): string {
  return maskTokensInText(JSON.stringify(report));
}

/** `converted` and `would-convert` (with `--dry-run`): files change. */
export type ConversionStatus = 'converted' | 'would-convert' | 'already-converted' | 'no-token' | 'failed';

export interface CiReport extends Omit<CiAdvice, 'patched' | 'untouched'> {
  /** Why it cannot be changed, or need not be. */
  untouched: string | null;
  /** `--patch-ci` has changed it, or would. */
  patched: boolean;
}

export interface ConvertedToken {
  /** Relative to the workspace: `nx.json`, or the file that it extends. */
  file: string;
  /** Property names from the root to the token. */
  path: readonly string[];
  line: number;
  column: number;
  kind: AccessToken['kind'];
  nxCloudId: string;
  masked: string;
}

export interface Problem {
  message: string;
  /** What to do or to type next. */
  remedy: string | null;
}

/** @param file as seen from the workspace */
export function describeToken({ accessToken, nxCloudId }: Replacement, file: string): ConvertedToken {
  const { path, line, column, kind, token } = accessToken;
  return { file, path, line, column, kind, nxCloudId, masked: maskToken(token) };
}

export function describeCi(file: CiFile, patchCi: boolean): CiReport {
  const { path, system, secretStore, jobs, snippet, tokens, notes, untouched, patched } = file;
  const patch = patchCi && patched !== undefined;
  return { path, system, secretStore, jobs, snippet, tokens, notes, untouched: untouched ?? null, patched: patch };
}

export function describeNx({ nx }: WorkspacePackages): ConversionReport['nx'] {
  return nx === undefined ? null : { version: nx.text, source: nx.source };
}

/** What may have come out about a workspace by the time that its conversion fails. */
export type KnownOfFailed = Partial<Pick<ConversionReport, 'nx' | 'elsewhere' | 'ci' | 'history' | 'rotation'>>;

/** @param workspace an absolute path, of what may be no workspace at all */
export function failedReport(workspace: string, error: unknown, known: KnownOfFailed = {}): ConversionReport {
  // Paths come from files and standard input, where somebody may have put a token by mistake.
  const path = maskTokensInText(workspace);
  return {
    workspace: path,
    nxJson: join(path, nxJsonName),
    status: 'failed',
    nxCloudIds: [],
    tokens: [],
    nx: null,
    files: [],
    elsewhere: [],
    ci: [],
    history: null,
    rotation: null,
    commit: null,
    nextSteps: [],
    ...known,
    problem: problemOf(error),
  };
}

function problemOf(error: unknown): Problem {
  if (!(error instanceof UserError)) {
    const what = error instanceof Error ? error.message : String(error);
    return { message: `nxkey could not finish: ${maskTokensInText(what)}`, remedy: null };
  }
  const { message, remedy } = error;
  return { message: maskTokensInText(message), remedy: remedy === undefined ? null : maskTokensInText(remedy) };
}
