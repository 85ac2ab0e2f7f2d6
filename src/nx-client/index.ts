/**
 * The client program: what unmodified Nx downloads from an nxkey server and loads (nx-protocol.md §1). The entry point,
 * so the only place here that reads the process. Nothing is evaluated before it is used: most runs of Nx find everything
 * in the local cache, and shall not wait for a cache that they do not need.
 */
import { tooOldNode } from '../../bin/guards.js';
import { createCommands, runCli } from './commands.js';
import { noCache } from './no-cache.js';
import type { RemoteCache, RemoteCacheV1, RunnerOptions } from './nx.js';
import type { RunCache } from './run-cache.js';
import { defaultTasksRunner, workspaceRoot } from './tasks-runner.js';
import { createWarnings } from './warnings.js';

declare const nxkeyVersion: string;

let nodeModules: readonly string[] = [];
/** Nx 20 and later hand the options to the runner, and ask for the cache without. */
let runnerOptions: RunnerOptions = {};
let cache: RunCache | undefined;
const warnings = createWarnings(process);

export function configureLightClientRequire(): (paths: string[]) => void {
  return (paths) => {
    nodeModules = paths;
  };
}

export const commands = createCommands(process, nxkeyVersion);

/** `npx nx-cloud …`, as Nx 24 hands it over: help, output and exit code are ours. */
export function runCLI(args: string[]): Promise<number> {
  return runCli(process, nxkeyVersion, args);
}

export function getRemoteCache(): RemoteCache {
  return {
    retrieve: async (...call) => (await runCache()).retrieve(...call),
    store: async (...call) => (await runCache()).store(...call),
  };
}

/** The same for Nx before 20, and for later ones that have no database. */
const remoteCacheV1: RemoteCacheV1 = {
  retrieve: async (...call) => (await runCache()).v1.retrieve(...call),
  store: async (...call) => (await runCache()).v1.store(...call),
};

/** Never fails: Nx would fail the build. */
async function runCache(): Promise<RunCache> {
  if (cache !== undefined) return cache;
  const tooOld = tooOldNode(process.versions.node);
  if (tooOld !== undefined) return (cache = withoutCache(tooOld));
  try {
    const { createRunCache } = await import('./run-cache.js');
    return (cache ??= createRunCache({ process, version: nxkeyVersion, options: runnerOptions, warnings }));
  } catch (error) {
    // Such as a runtime that calls itself Node and does not have all that Node has.
    return (cache ??= withoutCache(
      `nxkey could not be loaded: ${error instanceof Error ? error.message : 'no reason'}.`,
    ));
  }
}

function withoutCache(reason: string): RunCache {
  warnings.add(() => ({ rank: 0, text: `warning: No remote cache for this run. ${reason}\n` }));
  return noCache;
}

export function nxCloudTasksRunner(tasks: unknown, options: RunnerOptions, context: unknown): unknown {
  runnerOptions = options;
  warnings.takeThoseOf(tasks);
  const runner = defaultTasksRunner([workspaceRoot(process.env, process.cwd()), ...nodeModules]);
  return runner(tasks, { ...options, remoteCache: remoteCacheV1 }, context);
}
