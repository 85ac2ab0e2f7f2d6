import { readFile, stat } from 'node:fs/promises';
import { join, posix, relative, sep } from 'node:path';
import { parse } from 'jsonc-parser';
import { createListing, isWithin, largestText, textOf, type Listing } from '../files/look.js';
import type { CiContext, CiFile, CiSystem } from './ci-file.js';

/** Folders that are looked into besides the root; never deeper. */
const ciFolders = [
  '.github/workflows',
  '.circleci',
  '.azure-pipelines',
  '.azuredevops',
  '.azure',
  '.pipelines',
  'azure-pipelines',
  '.jenkins',
  'jenkins',
];
/** What may be a CI file by its name; the systems themselves decide. */
const ciNames = /\.ya?ml$|jenkinsfile|\.groovy$|dockerfile|containerfile/i;
const mostReferences = 500;

export interface ReadCiOptions {
  workspaceRoot?: string;
  /** The content of a file that is there: as it is or, from an earlier commit, as it was. */
  read?: (path: string) => Promise<Buffer>;
  listing?: Listing;
}

/**
 * The CI files of a repository with what they say about the token, in the order of their paths. Where there are none, one
 * folder is listed and nothing is loaded. Links that lead out of the repository are not followed, and what cannot be
 * read is named in its `untouched`.
 */
export async function readCi(repositoryRoot: string, options: ReadCiOptions = {}): Promise<CiFile[]> {
  const { workspaceRoot = repositoryRoot, read: contentOf = readFile, listing = createListing() } = options;
  const paths = candidatePaths(repositoryRoot, workspaceRoot, listing);
  if (paths.length === 0) return [];
  const [{ ciSystems }, { adviceBase, unreadable }] = await Promise.all([
    import('./systems/index.js'),
    import('./systems/common.js'),
  ]);

  const read = await readWithReferences(repositoryRoot, paths, ciSystems, contentOf);
  const scripts = { ...scriptsOf(repositoryRoot), ...scriptsOf(workspaceRoot) };
  const defaultBranch = await defaultBranchOf(repositoryRoot);
  const contexts = new Map(
    ciSystems.map((system): [CiSystem, CiContext] => {
      const own = [...read].filter(([, { reader }]) => reader === system);
      const files = new Map(own.flatMap(([path, { text }]) => (text === undefined ? [] : [[path, text]])));
      return [system, { scripts, files, defaultBranch }];
    }),
  );
  return [...read]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([path, { reader: system, hasAdvice, text, before, problem }]): CiFile[] => {
      const context = contexts.get(system);
      if (!hasAdvice || context === undefined) return [];
      if (text === undefined) return [{ ...unreadable(adviceBase(system, path, ''), problem ?? '', ''), before }];
      return [{ ...system.advise(text, path, context), before }];
    });
}

interface ReadCiFile {
  /** The system that it is read for. */
  readonly reader: CiSystem;
  /** Not what is only pointed to: a local action, say. */
  readonly hasAdvice: boolean;
  readonly before: Buffer;
  readonly text?: string;
  /** Why there is no text: the end of a sentence. */
  readonly problem?: string;
}

function candidatePaths(repositoryRoot: string, workspaceRoot: string, { namesIn }: Listing): string[] {
  const top = namesIn(repositoryRoot);
  const folders = ciFolders.filter((folder) => top.includes(folder.split('/')[0] ?? ''));
  const workspace = relative(repositoryRoot, workspaceRoot).split(sep).join('/');
  if (workspace !== '' && !workspace.startsWith('..')) folders.push(workspace);
  const inner = folders.flatMap((folder) => namesIn(join(repositoryRoot, folder)).map((name) => `${folder}/${name}`));
  return [...top, ...inner].filter((path) => ciNames.test(posix.basename(path)));
}

async function readWithReferences(
  root: string,
  paths: readonly string[],
  systems: readonly CiSystem[],
  contentOf: (path: string) => Promise<Buffer>,
): Promise<Map<string, ReadCiFile>> {
  const read = new Map<string, ReadCiFile>();
  const waiting = paths.flatMap((path) => {
    const system = systems.find(({ matches }) => matches(path));
    return system === undefined ? [] : [{ path, system, given: true }];
  });
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const { path, system, given } = next;
    if (read.has(path)) continue;
    const file = await readWithin(root, path, contentOf);
    if (file === undefined) continue;
    // What a GitHub workflow points to is looked up there; what the others include is configuration of the same kind.
    read.set(path, { ...file, reader: system, hasAdvice: given || system.includesOwnKind === true });
    if (file.text === undefined || read.size > mostReferences) continue;
    for (const reference of system.references?.(file.text, path) ?? []) {
      waiting.push({ path: posix.normalize(reference), system, given: false });
    }
  }
  return read;
}

/** A file of the repository; `undefined` when there is none, or none that is inside. */
async function readWithin(
  root: string,
  path: string,
  contentOf: (path: string) => Promise<Buffer>,
): Promise<Omit<ReadCiFile, 'reader' | 'hasAdvice'> | undefined> {
  if (path.startsWith('/') || path.split('/')[0] === '..') return undefined;
  const file = join(root, path);
  const nothing = Buffer.alloc(0);
  try {
    // Also a folder on the way may be a link.
    if (!isWithin(root, file)) return undefined;
    const { size, isFile } = await stat(file).then((stats) => ({ size: stats.size, isFile: stats.isFile() }));
    if (!isFile) return undefined;
    if (size > largestText) return { before: nothing, problem: 'is larger than 1 MiB' };
    const before = await contentOf(file);
    const text = utf8(before);
    return text === undefined ? { before, problem: 'is not valid UTF-8' } : { before, text };
  } catch (cause) {
    const code = errorCode(cause);
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') return undefined;
    if (code === undefined) throw cause;
    return { before: nothing, problem: `could not be read (${code})` };
  }
}

/** With its byte order mark, so that it comes out as it went in. */
function utf8(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    if (cause instanceof TypeError) return undefined;
    throw cause;
  }
}

function scriptsOf(folder: string): Record<string, string> {
  const packageJson = parsed(textOf(join(folder, 'package.json')) ?? '');
  if (typeof packageJson !== 'object' || packageJson === null || !('scripts' in packageJson)) return {};
  const { scripts } = packageJson;
  if (typeof scripts !== 'object' || scripts === null) return {};
  return Object.fromEntries(
    Object.entries(scripts).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/** `undefined` for what is nested more deeply than the parser can follow. */
function parsed(text: string): unknown {
  try {
    const value: unknown = parse(text);
    return value;
  } catch {
    return undefined;
  }
}

/** What the clone says; `main` where it says nothing. */
async function defaultBranchOf(root: string): Promise<string> {
  const head = await readFile(join(root, '.git', 'refs', 'remotes', 'origin', 'HEAD'), 'utf8').catch(() => '');
  return /^ref: refs\/remotes\/origin\/([\w./-]+)\s*$/.exec(head)?.[1] ?? 'main';
}

function errorCode(cause: unknown): string | undefined {
  if (typeof cause !== 'object' || cause === null || !('code' in cause)) return undefined;
  return typeof cause.code === 'string' ? cause.code : undefined;
}
