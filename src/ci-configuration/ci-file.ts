export type CiSystemName =
  'GitHub Actions' | 'GitLab CI/CD' | 'Azure Pipelines' | 'Bitbucket Pipelines' | 'CircleCI' | 'Jenkins' | 'Docker';

/** What Nx reads in CI, and the name under which the read-only token lies beside it where one store has to hold both. */
export const tokenName = 'NX_CLOUD_ACCESS_TOKEN';
export const readOnlyTokenName = 'NX_CLOUD_ACCESS_TOKEN_READ_ONLY';
/** Each of these is a token for Nx; it prefers the second one (nx-protocol.md §2). */
export const tokenNames: readonly string[] = [tokenName, 'NX_CLOUD_AUTH_TOKEN'];

/** A job, a step or a stage: whatever this system hands variables to. */
export interface CiJob {
  readonly name: string;
  /** Where it is defined, from 1. */
  readonly line: number;
  readonly state: 'has-token' | 'needs-token' | 'no-nx';
  /** The first line that runs Nx, as far as it stands in this file. */
  readonly nxLine?: number;
  /** Why `patched` does not help this job, and what does; only with `needs-token`. */
  readonly untouched?: string;
}

/** Something in the file that is a token, where a reference to a secret should be. */
export interface CiToken {
  readonly line: number;
  readonly column: number;
  readonly masked: string;
}

/** What a configuration file of CI says about the token, and what to do about it. */
export interface CiAdvice {
  /** Relative to the repository, with slashes. */
  readonly path: string;
  readonly system: CiSystemName;
  /** Where the token is kept, with the menu or the command that puts it there. Whole sentences. */
  readonly secretStore: string;
  readonly jobs: readonly CiJob[];
  /** What to paste for a job that needs the token. Never a token. */
  readonly snippet: string;
  /** Tokens that stand in the file; each has to be rotated. */
  readonly tokens: readonly CiToken[];
  /** What cannot be seen from here, and what is dangerous as it stands. Whole sentences. */
  readonly notes: readonly string[];
  /** Why the file was not changed although a job needs the token, or that the system needs no change. */
  readonly untouched?: string;
  /** The whole new text, when there is something to change. Everything outside of the inserted lines is as it was. */
  readonly patched?: string;
}

export interface CiFile extends CiAdvice {
  /** The bytes that `patched` was made from. */
  readonly before: Buffer;
}

/** What is around a file, read beforehand so that giving advice is pure. */
export interface CiContext {
  /** The scripts of the workspace's package.json. */
  readonly scripts: Readonly<Record<string, string>>;
  /** The text of all files of this system and of what they point to, by path from the repository's root. */
  readonly files: ReadonlyMap<string, string>;
  /** `main`, unless the clone says otherwise. */
  readonly defaultBranch: string;
}

export interface CiSystem extends Pick<CiAdvice, 'secretStore' | 'snippet'> {
  readonly name: CiSystemName;
  /** Whether a file is one of this system's, by its path from the repository's root. */
  readonly matches: (path: string) => boolean;
  /**
   * Pure and total: what cannot be understood is named in `untouched`, nothing is thrown. Patching what was patched
   * before gives no `patched` any more.
   */
  readonly advise: (text: string, path: string, context: CiContext) => CiAdvice;
  /** What it points to is configuration of the same system, with advice of its own. */
  readonly includesOwnKind?: boolean;
  /** The files of the repository that this one points to; some of them may not exist. */
  readonly references?: (text: string, path: string) => readonly string[];
}
