/** The sides of Nx that the client program meets: what Nx calls, and what it hands over (nx-protocol.md §1). */

/** What a task has put out, as Nx 20 and later takes it. */
export interface CachedResult {
  /** A folder with the outputs, by their paths in the workspace. */
  outputsPath: string;
  terminalOutput: string;
  /** The task's exit code. */
  code: number;
}

/** The remote cache of Nx 20 and later. Nx fails the build when `retrieve` throws, so it never does. */
export interface RemoteCache {
  /** `null` for a miss. */
  retrieve: (hash: string, cacheDirectory: string) => Promise<CachedResult | null>;
  /** Stores what is in `<cacheDirectory>/<hash>`. Whether it was stored. */
  store: (hash: string, cacheDirectory: string, terminalOutput: string, code: number) => Promise<boolean>;
}

/**
 * The remote cache before Nx 20: `<cacheDirectory>/<hash>` holds `outputs`, `terminalOutput` and `code`, and counts once
 * `<cacheDirectory>/<hash>.commit` exists.
 */
export interface RemoteCacheV1 {
  retrieve: (hash: string, cacheDirectory: string) => Promise<boolean>;
  store: (hash: string, cacheDirectory: string) => Promise<boolean>;
}

/**
 * What Nx makes of nx.json, the files that it extends and the command line, for the runner. Only the fields that are
 * used here; they come from files, so none can be relied on.
 */
export interface RunnerOptions {
  url?: unknown;
  nxCloudId?: unknown;
  accessToken?: unknown;
  encryptionKey?: unknown;
  skipRemoteCache?: unknown;
  /** `false` for `--no-cloud`. */
  cloud?: unknown;
}

/** Nx's own runner, `nx/tasks-runners/default`. What it returns differs between versions and is handed on as it is. */
export type TasksRunner = (tasks: unknown, options: object, context: unknown) => unknown;
