import { readFileSync, type Stats } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { UserError } from '../errors.js';
import { realPathOf, statOf } from '../files/look.js';
import { printable } from '../rest-client/printable.js';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface GitRepository {
  /** The top folder of the work tree: absolute, without symbolic links. */
  root: string;
  /** Where git keeps what is this work tree's own (HEAD, index, a merge in progress): `.git`, or what that file names. */
  gitFolder: string;
  /** What `git` gets of the environment, but for what names another repository; see run-git.ts. */
  env: Environment;
}

/**
 * The repository whose work tree a folder is in: the nearest `.git`, going up. It is a folder; in a submodule, or in a
 * work tree that was added to a repository, a file that names one. Like git, passes by what only looks like one. Does not
 * start git: most of the time there is nothing to ask it.
 * @throws {UserError} when a `.git` file leads nowhere, or a folder cannot be looked at
 */
export function findRepository(folder: string, env: Environment): Promise<GitRepository | undefined> {
  return new Promise((found) => {
    const start = look(folder, () => realPathOf(resolve(folder)));
    found(findFrom(start, env));
  });
}

/** @param names all that is in the folder itself, where that is known */
export type FindRepository = (folder: string, names?: readonly string[]) => Promise<GitRepository | undefined>;

/**
 * `findRepository` for many folders in turn, most of them beside the one before: what is above those was looked at then,
 * and is taken to stay as it is. The folders have to be absolute and without links.
 */
export function repositoryFinder(env: Environment): FindRepository {
  let last: { parent: string; found: GitRepository | undefined } | undefined;
  return (folder, names = ['.git']) =>
    new Promise((found) => {
      const gitFolder = names.includes('.git') ? gitFolderOf(folder) : undefined;
      const parent = dirname(folder);
      if (gitFolder !== undefined) {
        found({ root: folder, gitFolder, env });
        return;
      }
      if (last?.parent !== parent) last = { parent, found: parent === folder ? undefined : findFrom(parent, env) };
      found(last.found);
    });
}

function findFrom(folder: string, env: Environment): GitRepository | undefined {
  const gitFolder = gitFolderOf(folder);
  if (gitFolder !== undefined) return { root: folder, gitFolder, env };
  const parent = dirname(folder);
  return parent === folder ? undefined : findFrom(parent, env);
}

function gitFolderOf(folder: string): string | undefined {
  const path = join(folder, '.git');
  const found = statAt(path);
  if (found?.isDirectory() === true) return isGitFolder(path) ? path : undefined;
  if (found?.isFile() !== true) return undefined;
  const content = look(path, () => readFileSync(path, 'utf8'));
  const named = /^gitdir: ([^\0]+?)[\r\n]*$/.exec(content)?.[1];
  if (named === undefined) {
    throw new UserError(`${path} is a file, and does not name the folder of a git repository.`, {
      remedy: 'A submodule or an added work tree has "gitdir: <folder>" in it. Remove the file if it is none of these.',
    });
  }
  const gitFolder = resolve(folder, named);
  if (isGitFolder(gitFolder)) return gitFolder;
  throw new UserError(`${path} names ${printable(gitFolder)}, where there is no git repository.`, {
    remedy: 'Was it moved or removed? "git worktree repair", run in the main repository, mends an added work tree.',
  });
}

/** By the same parts as git. An added work tree shares objects and refs with the repository that `commondir` names. */
function isGitFolder(folder: string): boolean {
  const [head, objects, shared] = ['HEAD', 'objects', 'commondir'].map((name) => statAt(join(folder, name)));
  return head !== undefined && (objects !== undefined || shared !== undefined);
}

function statAt(path: string): Stats | undefined {
  return look(path, () => statOf(path));
}

function look<T>(path: string, operation: () => T): T {
  try {
    return operation();
  } catch (cause) {
    throw new UserError(`Whether there is a git repository could not be found out: ${path} cannot be looked at.`, {
      remedy: `Check that it is there, and its permissions: ls -ld '${path}'`,
      cause,
    });
  }
}
