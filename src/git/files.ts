import { realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path';
import { UserError } from '../errors.js';
import { errorCode } from '../files/file-errors.js';
import { GitFailed } from './git-failure.js';
import type { GitRepository } from './repository.js';
import { askGit } from './run-git.js';

/** A file of a work tree, which may be there or not. */
export interface WorkTreeFile {
  /** Where it is, without symbolic links: who writes to a link changes what it points to, and git knows it by that. */
  path: string;
  /** As git names it: from the root, with slashes. */
  name: string;
}

/** @throws {UserError} when it is, or points, outside of the work tree */
export async function workTreeFile({ root }: GitRepository, path: string): Promise<WorkTreeFile> {
  const real = await realPath(path);
  const name = relative(root, real);
  if (name !== '' && name !== '..' && !name.startsWith(`..${sep}`) && !isAbsolute(name)) {
    return { path: real, name: sep === '/' ? name : name.replaceAll(sep, '/') };
  }
  const what = real === path ? path : `${path}, which is really ${real},`;
  throw new UserError(`${what} is not in the git repository ${root}.`, {
    remedy: 'Have a copy of the file in the repository instead of a link, or change the file where it is.',
  });
}

async function realPath(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT' || dirname(path) === path) {
      throw new UserError(`${path} cannot be looked at.`, {
        remedy: `Check the permissions: ls -ld '${path}'`,
        cause: error,
      });
    }
    return join(await realPath(dirname(path)), basename(path));
  }
}

export interface Entry {
  /** Octal: `100644`, `100755`, `120000` for a link. */
  mode: string;
  /** The hash of its content. */
  oid: string;
}

/** What the last commit has of these files, by name; before the first commit, nothing. */
export async function entriesInHead(repository: GitRepository, names: readonly string[]): Promise<Map<string, Entry>> {
  // Without paths git lists everything.
  if (names.length === 0) return new Map();
  const output = await askGit(repository, ['ls-tree', '-z', 'HEAD', '--', ...names]).catch((error: unknown) => {
    if (error instanceof GitFailed && error.message.includes('Not a valid object name HEAD')) return Buffer.alloc(0);
    throw error;
  });
  return entries(output, ([mode = '', , oid = '']) => ({ mode, oid }));
}

export interface IndexEntry extends Entry {
  /** 0, or 1 to 3 while there is a conflict. */
  stage: string;
  /** By `git update-index --skip-worktree`, or since a sparse checkout leaves it out. */
  skipped: boolean;
}

/** The same for the index. Of a file in conflict, one of its stages. */
export async function entriesInIndex(
  repository: GitRepository,
  names: readonly string[],
): Promise<Map<string, IndexEntry>> {
  if (names.length === 0) return new Map();
  const output = await askGit(repository, ['ls-files', '-v', '--stage', '-z', '--', ...names]);
  return entries(output, ([tag = '', mode = '', oid = '', stage = '']) => ({
    mode,
    oid,
    stage,
    skipped: tag.toUpperCase() === 'S',
  }));
}

/** Lines end with NUL, and the name stands behind a tab: it may have line breaks and blanks in it. */
function entries<T>(output: Buffer, read: (fields: string[]) => T): Map<string, T> {
  const lines = output.toString().split('\0').slice(0, -1);
  return new Map(
    lines.map((line) => {
      const tab = line.indexOf('\t');
      return [line.slice(tab + 1), read(line.slice(0, tab).split(' '))];
    }),
  );
}
