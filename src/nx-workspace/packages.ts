import { dirname, join, sep } from 'node:path';
import { parse } from 'jsonc-parser';
import { createListing, isThere, textOf, type Listing } from '../files/look.js';
import { pathFrom } from '../files/path-from.js';
import { lockFileReaders } from './lock-files.js';
import { nxCloudKnowsIds, parseNxVersion, type NxVersion } from './nx-version.js';
import { dependencyKinds } from './package-json.js';

/** What a workspace has installed, as far as the place of the id in nx.json depends on it. */
export interface WorkspacePackages {
  /** Of the installed package, else of the lock file, else the lowest that package.json allows. */
  nx: FoundNxVersion | undefined;
  /** package.json lists `nx-cloud`, in whatever kind of dependencies. */
  listsNxCloud: boolean;
  /**
   * The package `nx-cloud` in a version that does not know ids, installed or else listed: `16.5.2`. Any Nx, up to the
   * newest, runs an installed one instead of what it has itself (`loadTasksRunner`), so it has to be updated or removed.
   */
  nxCloudWithoutIds?: string;
  /** How to add a development dependency here: `pnpm add -D -w`. */
  addDevDependency: string;
  /** The command that brings what package.json lists, and the lock file up to date: `pnpm install`. */
  install: string;
  /** A lock file that would say the version and could not be read, in a sentence. */
  lockFileProblem?: string;
}

export interface FoundNxVersion extends NxVersion {
  /** The file it is from, as seen from the workspace: `node_modules/nx/package.json`, `../yarn.lock`, `package.json`. */
  source: string;
}

/**
 * Looks only; a file that is missing or cannot be read tells nothing, and is no error. A workspace may be a folder of a
 * larger repository, which then has node_modules and the lock file: both are looked for in the folders above, too, up to
 * the one with `.git`. Above that they are somebody else's, and without `.git` nothing above the workspace is looked at.
 */
export async function readPackages(root: string, known: KnownOfRepository = {}): Promise<WorkspacePackages> {
  const { listing = createListing(), repository = { root: repositoryAround(root) } } = known;
  const packageJson = jsonIn(() => listing.bytesOf(join(root, 'package.json'))?.toString());
  const listed = dependenciesOf(packageJson);
  const folders = foldersUpTo(repository.root, root);
  // Folders above may have thousands of names, and are not listed.
  const mayHave = (folder: string, name: string) => folder !== root || listing.mayHave(root, name);
  const modules = folders.filter((folder) => mayHave(folder, 'node_modules'));
  const lockFile = findLockFile(folders, { packageManager: textAt(packageJson, 'packageManager'), mayHave });
  const manager = managers[lockFile?.name ?? ''] ?? npm;
  const { nx, lockFileProblem } = await findNx(root, { folders, modules, listed, lockFile });
  const nxCloud = installed('nx-cloud', modules)?.version ?? listed['nx-cloud'];
  const parsed = nxCloud === undefined ? undefined : parseNxVersion(nxCloud);
  return {
    nx,
    listsNxCloud: 'nx-cloud' in listed,
    ...(parsed !== undefined && !nxCloudKnowsIds(parsed) && { nxCloudWithoutIds: parsed.text }),
    ...manager,
    ...(lockFileProblem !== undefined && { lockFileProblem }),
  };
}

/** What a caller has found out already. */
export interface KnownOfRepository {
  listing?: Listing;
  /** That of the workspace; `undefined` when it is in none. */
  repository?: { root: string | undefined };
}

interface LockFile {
  readonly folder: string;
  readonly name: string;
}

interface Places {
  readonly folders: readonly string[];
  /** Those that may have node_modules. */
  readonly modules: readonly string[];
  readonly listed: Readonly<Record<string, string>>;
  readonly lockFile: LockFile | undefined;
}

/** Before Nx 13 the package `nx` was not there or only a wrapper; the version stands at @nrwl/workspace. */
const packagesWithVersion = ['nx', '@nrwl/workspace'] as const;

async function findNx(
  root: string,
  { folders, modules, listed, lockFile }: Places,
): Promise<Pick<WorkspacePackages, 'nx' | 'lockFileProblem'>> {
  const nx = installed('nx', modules);
  if (nx !== undefined) return { nx: found(nx.version, root, nx.path) };
  const locked = lockFile && lockedNx(root, lockFile, listed);
  if (locked?.nx !== undefined) return locked;
  const problem = locked?.lockFileProblem === undefined ? {} : { lockFileProblem: locked.lockFileProblem };
  for (const name of packagesWithVersion) {
    const range = listed[name];
    if (range === undefined) continue;
    const nx = range.startsWith('catalog:')
      ? await catalogNx(root, folders, name, range)
      : found(range, root, join(root, 'package.json'));
    return { nx, ...problem };
  }
  return { nx: undefined, ...problem };
}

function installed(name: string, folders: readonly string[]): { version: string; path: string } | undefined {
  for (const folder of folders) {
    const path = join(folder, 'node_modules', name, 'package.json');
    const version = textAt(readJson(path), 'version');
    if (version !== undefined && parseNxVersion(version) !== undefined) return { version, path };
  }
  return undefined;
}

/** In bytes. The largest of known repositories have some 10 MB. */
const largestLockFile = 64 * 1024 * 1024;

function lockedNx(
  root: string,
  { folder, name: file }: LockFile,
  listed: Places['listed'],
): Pick<WorkspacePackages, 'nx' | 'lockFileProblem'> {
  const path = join(folder, file);
  const read = lockFileReaders[file];
  if (read === undefined) {
    const lockFileProblem = `${file} is binary and was not read. (bun install --save-text-lockfile makes a bun.lock of it.)`;
    return { nx: undefined, lockFileProblem };
  }
  const text = textOf(path, largestLockFile);
  if (text === undefined) return { nx: undefined, lockFileProblem: `${file} could not be read.` };
  for (const name of packagesWithVersion) {
    const version = read(text, { name, range: listed[name], folder: relativePath(folder, root) || '.' });
    const nx = found(version, root, path);
    if (nx !== undefined) return { nx };
  }
  return { nx: undefined };
}

/** `catalog:` and `catalog:<name>`: the range stands in a file for all packages of the repository. */
async function catalogNx(
  root: string,
  folders: readonly string[],
  name: string,
  range: string,
): Promise<FoundNxVersion | undefined> {
  const { parse: parseYaml } = await import('yaml');
  const catalog = range.slice('catalog:'.length);
  const path = catalog === '' || catalog === 'default' ? ['catalog'] : ['catalogs', catalog];
  for (const file of folders.flatMap((folder) => [join(folder, 'pnpm-workspace.yaml'), join(folder, '.yarnrc.yml')])) {
    const text = textOf(file) ?? '';
    let content: unknown;
    try {
      content = parseYaml(text);
    } catch {
      continue;
    }
    const nx = found(textAt(path.reduce(fieldOf, content), name), root, file);
    if (nx !== undefined) return nx;
  }
  return undefined;
}

function found(text: string | undefined, root: string, path: string): FoundNxVersion | undefined {
  const version = text === undefined ? undefined : parseNxVersion(text);
  return version && { ...version, source: relativePath(root, path) };
}

function repositoryAround(root: string): string | undefined {
  for (let folder = root; ; folder = dirname(folder)) {
    if (isThere(join(folder, '.git'))) return folder;
    if (dirname(folder) === folder) return undefined;
  }
}

/** The workspace's folder and those above, up to the repository's. */
function foldersUpTo(repositoryRoot: string | undefined, root: string): string[] {
  const folders = [root];
  for (let folder = root; repositoryRoot !== undefined && folder !== repositoryRoot; folders.push(folder)) {
    const above = dirname(folder);
    if (above === folder) return [root];
    folder = above;
  }
  return folders;
}

interface LockFileSearch {
  readonly packageManager: string | undefined;
  readonly mayHave: (folder: string, name: string) => boolean;
}

/** In the nearest folder that has one; of several, that of the package manager that package.json names. */
function findLockFile(
  folders: readonly string[],
  { packageManager = '', mayHave }: LockFileSearch,
): LockFile | undefined {
  const names = Object.keys(lockFileReaders);
  const named = names.filter((name) => managers[name]?.install.startsWith(`${packageManager.split('@')[0] ?? ''} `));
  for (const folder of folders) {
    for (const name of [...named, ...names]) {
      if (mayHave(folder, name) && isThere(join(folder, name))) return { folder, name };
    }
  }
  return undefined;
}

const npm = { addDevDependency: 'npm install --save-dev', install: 'npm install' };
const yarn = { addDevDependency: 'yarn add -D', install: 'yarn install' };
const bun = { addDevDependency: 'bun add -d', install: 'bun install' };
const managers: Readonly<Record<string, Pick<WorkspacePackages, 'addDevDependency' | 'install'> | undefined>> = {
  'pnpm-lock.yaml': { addDevDependency: 'pnpm add -D -w', install: 'pnpm install' },
  'yarn.lock': yarn,
  'bun.lock': bun,
  'bun.lockb': bun,
  'npm-shrinkwrap.json': npm,
  'package-lock.json': npm,
};

function relativePath(from: string, to: string): string {
  return pathFrom(from, to).split(sep).join('/');
}

function readJson(path: string): unknown {
  return jsonIn(() => textOf(path));
}

function jsonIn(read: () => string | undefined): unknown {
  try {
    return parseJson(read() ?? '');
  } catch {
    // It cannot be read. Or the parser, which calls itself for each level, was given more than the stack holds.
    return undefined;
  }
}

/** What npm has written is strict, and so read six times as fast; Nx and package managers let people write more. */
function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    const value: unknown = parse(text);
    return value;
  }
}

function dependenciesOf(packageJson: unknown): Record<string, string> {
  // What is listed first counts if a package is listed twice.
  return dependencyKinds
    .toReversed()
    .reduce<Record<string, string>>((all, kind) => ({ ...all, ...stringsOf(fieldOf(packageJson, kind)) }), {});
}

function stringsOf(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

function textAt(value: unknown, name: string): string | undefined {
  const field = fieldOf(value, name);
  return typeof field === 'string' ? field : undefined;
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined;
}
