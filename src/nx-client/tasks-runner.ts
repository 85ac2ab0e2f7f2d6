import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve, sep } from 'node:path';
import type { TasksRunner } from './nx.js';

/** Where Nx keeps its runner for others: the second for an Nx 13 of which only `@nrwl/workspace` can be reached. */
const packages = ['nx', '@nrwl/workspace'];

/** The root of the workspace, found as Nx finds it. Without an nx.json around, the folder itself. */
export function workspaceRoot(env: Readonly<Record<string, string | undefined>>, folder: string): string {
  const given = env['NX_WORKSPACE_ROOT_PATH'];
  if (given !== undefined && given !== '') return given;
  for (let candidate = resolve(folder); ; candidate = dirname(candidate)) {
    if (existsSync(join(candidate, 'nx.json'))) return candidate;
    if (dirname(candidate) === candidate) return folder;
  }
}

/**
 * Nx's own runner, of the copy of Nx that is at work. There may be others, such as a tool's own below its node_modules,
 * with other hashes and another database: taken is the first that this process has loaded.
 * @param folders where to look, in this order: the workspace's root and the node_modules folders that Nx has named
 * @throws {Error} when there is none. Nx then says so, and runs the tasks without a remote cache
 */
export function defaultTasksRunner(folders: readonly string[]): TasksRunner {
  const found = packages.flatMap((name) => folders.flatMap((folder) => runnersFrom(folder, name)));
  const runner = found.find(({ isLoaded }) => isLoaded) ?? found[0];
  if (runner !== undefined) return runner.load();
  throw new Error(`The remote cache cannot be used: no "nx" was found from ${folders.join(', ')}.`);
}

interface FoundRunner {
  /** The package is at work in this process. */
  isLoaded: boolean;
  load: () => TasksRunner;
}

function runnersFrom(folder: string, name: string): FoundRunner[] {
  // A file that need not exist: only its folder counts. With Yarn's Plug'n'Play this asks Yarn, as Nx itself does.
  const require = createRequire(join(folder, 'nx-client.js'));
  let root: string;
  let path: string;
  try {
    root = dirname(require.resolve(`${name}/package.json`));
    path = require.resolve(`${name}/tasks-runners/default`);
  } catch {
    return [];
  }
  return [
    {
      isLoaded: Object.keys(require.cache).some((file) => file.startsWith(root + sep)),
      load: () => runnerIn(require(path), path),
    },
  ];
}

function runnerIn(exports: unknown, path: string): TasksRunner {
  const runner = typeof exports === 'object' && exports !== null && 'default' in exports ? exports.default : exports;
  if (isRunner(runner)) return runner;
  throw new Error(`The remote cache cannot be used: ${path} is not the tasks runner that Nx 13 to 24 have there.`);
}

function isRunner(value: unknown): value is TasksRunner {
  return typeof value === 'function';
}
