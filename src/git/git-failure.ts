import { quotePath } from '../credentials/quote-path.js';
import { UserError } from '../errors.js';
import { errorCode } from '../files/file-errors.js';
import { printable } from '../rest-client/printable.js';
import type { GitRepository } from './repository.js';

export interface FailedGit {
  repository: Pick<GitRepository, 'root'>;
  /** `commit` and the like. */
  command: string;
  /** Its standard error. */
  said: string;
}

/** git did not do it. The message names the repository and git's own reason, the remedy what to type next. */
export class GitFailed extends UserError {}

export function gitFailure({ repository, command, said }: FailedGit): GitFailed {
  const root = quotePath(repository.root);
  const known = knownReasons.find(({ pattern }) => pattern.test(said));
  if (known !== undefined) return new GitFailed(known.message(repository.root), { remedy: known.remedy(root) });
  const reason = printable(reasonIn(said)) || 'it gave no reason';
  // git itself says "fatal" or "error"; a hook that says no is all there is then.
  const isHook = command === 'commit' && !/^(?:fatal|error): |^Aborting commit/m.test(said);
  return new GitFailed(`git ${command} failed in ${repository.root}: ${reason.replace(/[.:]$/, '')}.`, {
    remedy: isHook
      ? `It seems to be a hook that refuses. All it says: git -C ${root} hook run pre-commit  Or convert without --commit, and commit by hand.`
      : `What git says about this repository: git -C ${root} status`,
  });
}

export function gitTooSlow({ root }: Pick<GitRepository, 'root'>, command: string, milliseconds: number): GitFailed {
  const time =
    milliseconds < 60_000 ? `${milliseconds / 1000} seconds` : `${Math.round(milliseconds / 60_000)} minutes`;
  return new GitFailed(`git ${command} did not end within ${time} in ${root}, and was stopped.`, {
    remedy:
      `Perhaps a hook waits for something, such as an answer. See what it does: git -C ${quotePath(root)} hook run pre-commit  ` +
      'Or convert without --commit, and commit by hand.',
  });
}

export function gitNotStarted(cause: unknown): UserError {
  if (errorCode(cause) === 'ENOENT') {
    return new UserError('git was not found on the PATH.', {
      remedy: 'Install git (https://git-scm.com/downloads), then run the command again.',
      cause,
    });
  }
  const reason = cause instanceof Error ? printable(cause.message) : 'the system gave no reason';
  return new UserError(`git could not be started: ${reason}.`, { remedy: 'Check it: git --version', cause });
}

/** git ends with what made it fail; before that may stand warnings, hints, and whatever hooks print. */
function reasonIn(said: string): string {
  const lines = said.split(/\r\n|\r|\n/).filter((line) => line.trim() !== '');
  const failure = lines.map((line) => /^(?:fatal|error): (.*)/.exec(line)?.[1]).find((reason) => reason !== undefined);
  return failure ?? lines.find((line) => !/^(?:warning|hint): /.test(line)) ?? '';
}

const knownReasons: { pattern: RegExp; message: (root: string) => string; remedy: (root: string) => string }[] = [
  {
    // The second is how versions before 2.35.3 say it.
    pattern: /^fatal: (?:detected dubious ownership in repository|unsafe repository)/m,
    message: (root) => `git refuses to work in ${root}, since it belongs to another user of this computer.`,
    remedy: (root) => `If you trust what is in it: git config --global --add safe.directory ${root}`,
  },
  {
    pattern: /^\*\*\* Please tell me who you are|^fatal: (?:empty ident name|no (?:name|email) was given)/m,
    message: (root) => `git does not know whose name to put on the commit in ${root}.`,
    remedy: () => "git config --global user.name 'Your Name' && git config --global user.email you@example.com",
  },
  {
    pattern: /^fatal: '.*' is not a valid branch name/m,
    message: (root) => `git does not take the name of the branch to be made in ${root}.`,
    remedy: () => 'Give another name. Which it takes, says: git help check-ref-format',
  },
  {
    // `git clone --filter=tree:0`, and a git that was told to fetch nothing.
    pattern: /^(?:fatal|error): (?:unable to read tree|lazy fetching disabled|could not fetch \w+ from promisor)/m,
    message: (root) => `The clone in ${root} leaves out parts of its history, so that the history cannot be read.`,
    remedy: (root) => `Get them: git -C ${root} fetch --refetch --no-filter`,
  },
  {
    pattern: /^fatal: Unable to create '.*index\.lock': File exists/m,
    message: (root) => `Another git is at work in ${root}, or one was interrupted: its index is locked.`,
    remedy: (root) =>
      `Wait until it has finished and run the command again. If there is none: rm "$(git -C ${root} rev-parse --absolute-git-dir)/index.lock"`,
  },
];
