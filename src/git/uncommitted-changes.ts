import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { UserError } from '../errors.js';
import { errorCode } from '../files/file-errors.js';
import { entriesInHead, entriesInIndex, workTreeFile, type Entry, type IndexEntry } from './files.js';
import type { GitRepository } from './repository.js';
import { askGit } from './run-git.js';

/**
 * Which of these files have something that no commit has: changed, staged, deleted, in conflict, or not (yet) known to
 * git, ignored ones as well. What counts is the content: `git status`, which could be asked, does not look at files that
 * are marked assume-unchanged or skip-worktree, and runs the clean filters of the repository's configuration. Line ends
 * alone make no difference, since git may convert them (core.autocrlf).
 * @param paths absolute
 * @returns those of `paths`, as they were given
 * @throws {UserError} for a file outside of the repository, one that cannot be read, and what git refuses
 */
export async function uncommittedChanges(repository: GitRepository, paths: readonly string[]): Promise<string[]> {
  const files = await Promise.all(paths.map((path) => workTreeFile(repository, path)));
  const names = files.map(({ name }) => name);
  const [inHead, inIndex] = await Promise.all([entriesInHead(repository, names), entriesInIndex(repository, names)]);
  const differ = await Promise.all(
    files.map(async ({ path, name }) => isUncommitted(inHead.get(name), inIndex.get(name), await contentOf(path))),
  );
  return paths.filter((_, index) => differ[index]);
}

/**
 * The content of a file as the last commit has it, byte for byte as in the repository (no line ends converted).
 * @param path absolute
 * @returns `undefined` when the commit has no such file, or there is no commit yet
 * @throws {UserError} for a file outside of the repository, and what git refuses
 */
export async function contentAtHead(repository: GitRepository, path: string): Promise<Buffer | undefined> {
  const { name } = await workTreeFile(repository, path);
  const entry = (await entriesInHead(repository, [name])).get(name);
  return entry === undefined ? undefined : askGit(repository, ['cat-file', 'blob', entry.oid]);
}

function isUncommitted(head: Entry | undefined, index: IndexEntry | undefined, content: Buffer | undefined): boolean {
  if (head === undefined && index === undefined) return content !== undefined;
  if (head === undefined || index === undefined) return true;
  if (index.stage !== '0' || index.oid !== head.oid || index.mode !== head.mode) return true;
  if (content === undefined) return !index.skipped;
  return hashOf(content, head.oid.length) !== head.oid && hashOf(withLineFeeds(content), head.oid.length) !== head.oid;
}

async function contentOf(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return undefined;
    throw new UserError(`${path} could not be read.`, { remedy: `Check the permissions: ls -l '${path}'`, cause });
  }
}

/** As git names what a file holds: SHA-1, or SHA-256 in repositories made with --object-format=sha256. */
function hashOf(content: Buffer, digits: number): string {
  return createHash(digits === 64 ? 'sha256' : 'sha1')
    .update(`blob ${content.length}\0`)
    .update(content)
    .digest('hex');
}

function withLineFeeds(content: Buffer): Buffer {
  return Buffer.from(content.toString('latin1').replaceAll('\r\n', '\n'), 'latin1');
}
