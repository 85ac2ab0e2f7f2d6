import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'jsonc-parser';

/** What a workspace has installed, as far as the place of the id in nx.json depends on it. */
export interface WorkspacePackages {
  /** Major and minor version, of the installed package, or else the lowest that package.json allows. */
  nx: NxVersion | undefined;
  /** package.json lists `nx-cloud`, in whatever kind of dependencies. */
  listsNxCloud: boolean;
  /** How to add a development dependency here: `pnpm add -D -w`. */
  addDevDependency: string;
}

export interface NxVersion {
  major: number;
  minor: number;
  /** As it was found: `18.2.4`, `^16.0.0`. */
  text: string;
}

/** Looks only; a package.json that is missing or cannot be read tells nothing, and is no error. */
export async function readPackages(root: string): Promise<WorkspacePackages> {
  const listed = dependenciesOf(await readJson(join(root, 'package.json')));
  const installed = await readJson(join(root, 'node_modules', 'nx', 'package.json'));
  // Before Nx 13 the package `nx` was not there or only a wrapper; the version stands at @nrwl/workspace.
  const version = textAt(installed, 'version') ?? listed['nx'] ?? listed['@nrwl/workspace'];
  return {
    nx: version === undefined ? undefined : parseNxVersion(version),
    listsNxCloud: 'nx-cloud' in listed,
    addDevDependency: await addDevDependency(root),
  };
}

/** The first version in an exact version or a range; `undefined` for `latest`, `catalog:` and the like. */
export function parseNxVersion(text: string): NxVersion | undefined {
  const match = /(?:^|[^\d.])(\d+)(?:\.(\d+|x|\*))?/.exec(text);
  if (match?.[1] === undefined) return undefined;
  const minor = Number(match[2] ?? 0);
  return { major: Number(match[1]), minor: Number.isNaN(minor) ? 0 : minor, text };
}

/** Before 19.7 Nx reads an id only from runner options, and needs the package `nx-cloud` for its runner. */
export function readsTopLevelId({ major, minor }: NxVersion): boolean {
  return major > 19 || (major === 19 && minor >= 7);
}

async function addDevDependency(root: string): Promise<string> {
  const byLockFile = {
    'pnpm-lock.yaml': 'pnpm add -D -w',
    'yarn.lock': 'yarn add -D',
    'bun.lock': 'bun add -d',
    'bun.lockb': 'bun add -d',
  };
  for (const [lockFile, command] of Object.entries(byLockFile)) {
    const found = await access(join(root, lockFile)).then(
      () => true,
      () => false,
    );
    if (found) return command;
  }
  return 'npm install --save-dev';
}

async function readJson(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const value: unknown = parse(text);
  return value;
}

function dependenciesOf(packageJson: unknown): Record<string, string> {
  const kinds = ['peerDependencies', 'optionalDependencies', 'devDependencies', 'dependencies'];
  return kinds.reduce<Record<string, string>>(
    (all, kind) => ({ ...all, ...stringsOf(fieldOf(packageJson, kind)) }),
    {},
  );
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
