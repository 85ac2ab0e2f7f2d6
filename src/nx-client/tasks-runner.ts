import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { TasksRunner } from './nx.js';

/** Since Nx 13 the first, before that and in some 13 to 15 with only `@nrwl/workspace` installed the second. */
const modules = ['nx/tasks-runners/default', '@nrwl/workspace/tasks-runners/default'];

/**
 * Nx's own runner in the copy of Nx that is at work: another one, such as a tool's own below its node_modules, would have
 * other hashes, databases and life cycles.
 * @param folders where to look first to last: the workspace's root and the node_modules folders that Nx named
 * @throws {Error} when there is none
 */
export function defaultTasksRunner(folders: readonly string[]): TasksRunner {
  for (const module of modules) {
    for (const folder of folders) {
      const loaded = loadFrom(folder, module);
      if (loaded !== undefined) return loaded;
    }
  }
  throw new Error(`Nx's own tasks runner was not found from ${folders.join(', ')}.`);
}

function loadFrom(folder: string, module: string): TasksRunner | undefined {
  // A file that need not exist: only its folder counts. With Yarn's Plug'n'Play this asks Yarn, as Nx itself does.
  const require = createRequire(join(folder, 'nx-client.js'));
  let path: string;
  try {
    path = require.resolve(module);
  } catch {
    return undefined;
  }
  const exports: unknown = require(path);
  return (
    asRunner(exports) ?? asRunner(property(exports, 'default')) ?? asRunner(property(exports, 'defaultTasksRunner'))
  );
}

function asRunner(value: unknown): TasksRunner | undefined {
  return typeof value === 'function'
    ? (tasks, options, context) => value(tasks, options, context) as unknown
    : undefined;
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
