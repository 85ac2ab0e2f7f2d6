import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { quotePath } from '../credentials/quote-path.js';
import { UserError } from '../errors.js';
import { printable } from '../rest-client/printable.js';
import { entriesInIndex, workTreeFile } from './files.js';
import { GitFailed } from './git-failure.js';
import type { GitRepository } from './repository.js';
import { askGit, tellGit } from './run-git.js';
import { uncommittedChanges } from './uncommitted-changes.js';

export interface CommitRequest {
  /** Absolute. */
  paths: readonly string[];
  message: string;
  /** Made from HEAD and switched to, unless it is the current one. Without it, whatever is the current one. */
  branch?: string | undefined;
  /** For git and all hooks, in milliseconds; see `tellGit`. */
  deadlineMs?: number;
}

export interface Commit {
  /** Its whole hash. */
  commit: string;
  /** `undefined` with a detached HEAD. */
  branch: string | undefined;
}

/**
 * One commit with these files as they are in the work tree. What else is staged stays staged, and is not in it; hooks,
 * signing and the author are those of `git commit`, which does just this with `--only`.
 * @throws {UserError} when there is nothing to commit, a merge or the like is in progress, the branch exists already, or
 *   git or a hook refuses. Branch and index are then as before, the files as they were given
 */
export async function commitFiles(repository: GitRepository, request: CommitRequest): Promise<Commit> {
  await refuseCommit(repository, request);
  const { paths, message, branch, deadlineMs } = request;
  if ((await uncommittedChanges(repository, paths)).length === 0) {
    throw new UserError(`There is nothing to commit in ${repository.root}: no file differs from the last commit.`);
  }
  const files = await Promise.all(paths.map((path) => workTreeFile(repository, path)));
  const names = files.map(({ name }) => name);
  const unknown = await unknownToGit(repository, names);
  const goBack = branch === undefined ? () => Promise.resolve() : await switchToNew(repository, branch);
  try {
    if (unknown.length > 0) await tellGit(repository, ['add', '--intent-to-add', '--', ...unknown.map(literally)]);
    await tellGit(repository, ['commit', '--quiet', '--only', '--file=-', '--', ...names.map(literally)], {
      input: message,
      ...(deadlineMs !== undefined && { deadlineMs }),
    });
  } catch (error) {
    if (unknown.length > 0) await forget(repository, unknown);
    // What made the commit fail is what a person has to know.
    await goBack().catch(() => undefined);
    throw error;
  }
  return { commit: await currentCommit(repository), branch: await currentBranch(repository) };
}

/**
 * What can be known before the files are changed about whether they could be committed; only a hook has its say later.
 * @throws {UserError} as `commitFiles` does
 */
export async function refuseCommit(
  repository: GitRepository,
  { paths, branch }: Pick<CommitRequest, 'paths' | 'branch'>,
): Promise<void> {
  await refuseInTheMiddle(repository);
  const files = await Promise.all(paths.map((path) => workTreeFile(repository, path)));
  await unknownToGit(
    repository,
    files.map(({ name }) => name),
  );
  await askGit(repository, ['var', 'GIT_COMMITTER_IDENT']);
  if (branch === undefined || branch === (await currentBranch(repository))) return;
  await askGit(repository, ['check-ref-format', '--branch', branch]);
  const taken = await askGit(repository, ['for-each-ref', '--format=%(refname)', `refs/heads/${branch}`]);
  if (taken.length > 0) throw branchExists(repository, branch);
}

/** In the path itself: --literal-pathspecs would reach the hooks, which may well run git with patterns. */
function literally(name: string): string {
  return `:(top,literal)${name}`;
}

const operations = [
  { file: 'MERGE_HEAD', name: 'A merge' },
  { file: 'CHERRY_PICK_HEAD', name: 'A cherry-pick' },
  { file: 'REVERT_HEAD', name: 'A revert' },
  { file: 'rebase-merge', name: 'A rebase' },
  { file: 'rebase-apply', name: 'A rebase' },
  { file: 'sequencer', name: 'A series of cherry-picks or reverts' },
  { file: 'BISECT_LOG', name: 'A bisection' },
];

/** A commit in between would become a part of it, or get lost with it. */
async function refuseInTheMiddle({ root, gitFolder }: GitRepository): Promise<void> {
  const found = await Promise.all(operations.map(({ file }) => exists(join(gitFolder, file))));
  const operation = operations.find((_, index) => found[index]);
  if (operation === undefined) return;
  throw new UserError(`${operation.name} is in progress in ${root}, so nothing was committed.`, {
    remedy: `Finish it or give it up, as this says: git -C ${quotePath(root)} status`,
  });
}

/** @throws {UserError} for a file that git would pass over: it is marked so that its changes are not committed */
async function unknownToGit(repository: GitRepository, names: readonly string[]): Promise<string[]> {
  const index = await entriesInIndex(repository, names);
  const skipped = names.find((name) => index.get(name)?.skipped);
  if (skipped !== undefined) {
    throw new UserError(`${join(repository.root, skipped)} is marked so that git does not commit its changes.`, {
      remedy: `To have them committed: git -C ${quotePath(repository.root)} update-index --no-skip-worktree ${quotePath(skipped)}`,
    });
  }
  return names.filter((name) => !index.has(name));
}

/** Takes back an `add --intent-to-add`, or a part of it. */
async function forget(repository: GitRepository, names: readonly string[]): Promise<void> {
  await tellGit(repository, ['update-index', '--force-remove', '-z', '--stdin'], { input: names.join('\0') }).catch(
    () => undefined,
  );
}

/** @returns what leads back to the branch of before, as long as nothing was committed */
async function switchToNew(repository: GitRepository, branch: string): Promise<() => Promise<void>> {
  const before = await currentBranch(repository);
  if (before === branch) return () => Promise.resolve();
  const commit = await currentCommit(repository).catch(noCommitYet);
  await tellGit(repository, ['checkout', '--quiet', '-b', branch]).catch((error: unknown) => {
    if (!(error instanceof GitFailed) || !error.message.includes('already exists')) throw error;
    throw branchExists(repository, branch, error);
  });
  return async () => {
    if ((await currentCommit(repository).catch(noCommitYet)) !== commit) return;
    // Nothing but HEAD moves: both are at the same commit, so no file is touched.
    if (before === undefined) await tellGit(repository, ['checkout', '--quiet', '--detach']);
    else await tellGit(repository, ['symbolic-ref', 'HEAD', `refs/heads/${before}`]);
    if (commit !== undefined) await tellGit(repository, ['branch', '--quiet', '-d', '--', branch]);
  };
}

function branchExists({ root }: GitRepository, branch: string, cause?: unknown): UserError {
  return new UserError(`There is a branch ${printable(branch)} in ${root} already.`, {
    remedy: 'Give another name, or switch to that branch first.',
    cause,
  });
}

async function currentCommit(repository: GitRepository): Promise<string> {
  return (await askGit(repository, ['rev-parse', '--verify', 'HEAD'])).toString().trim();
}

function noCommitYet(error: unknown): undefined {
  if (!(error instanceof GitFailed)) throw error;
}

/** Also of a branch that has no commit yet. */
async function currentBranch(repository: GitRepository): Promise<string | undefined> {
  return (await askGit(repository, ['branch', '--show-current'])).toString().trim() || undefined;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
