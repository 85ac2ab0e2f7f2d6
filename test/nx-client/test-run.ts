import { EventEmitter } from 'node:events';
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { RunnerOptions } from '../../src/nx-client/nx.js';
import { createRunCache, type RunCache, type RunCacheOptions } from '../../src/nx-client/run-cache.js';
import { createWarnings } from '../../src/nx-client/warnings.js';
import { recordOutput } from '../support/ledger.js';
import { tempDir } from '../support/temp-dir.js';

export interface TestRun {
  cache: RunCache;
  root: string;
  cacheDirectory: string;
  /** Everything below Nx's cache folder, except for our empty folder in it. */
  kept: () => string[];
  /** What has been printed so far. */
  printed: () => string;
  /** Ends the process, and answers with all that it has printed. */
  end: () => string;
}

export interface TestRunOptions extends Pick<RunCacheOptions, 'deadlines'> {
  nxJson?: object;
  env?: Record<string, string>;
  /** What Nx makes of nx.json. */
  options?: RunnerOptions;
  args?: string[];
  cacheDirectory?: string;
  home?: string;
}

/** One run of Nx in a workspace of its own, by somebody who is not logged in anywhere. */
export function startRun({ nxJson = {}, env = {}, options = {}, args = [], ...values }: TestRunOptions): TestRun {
  const root = tempDir();
  writeFileSync(join(root, 'nx.json'), JSON.stringify(nxJson));
  const { cacheDirectory = join(root, '.nx/cache'), home = tempDir() } = values;
  mkdirSync(cacheDirectory, { recursive: true });
  const output = join(tempDir(), 'stderr');
  const fd = openSync(output, 'a');
  onTestFinished(() => {
    closeSync(fd);
  });

  const events = new EventEmitter();
  const process = {
    env: { HOME: home, XDG_CONFIG_HOME: home, ...env },
    argv: ['node', 'nx', ...args],
    platform: 'linux' as const,
    pid: globalThis.process.pid,
    kill: () => true,
    cwd: () => root,
    stdin: { isTTY: false },
    stderr: { isTTY: false, fd },
    prependListener: (event: 'exit', listener: () => void) => events.prependListener(event, listener),
  };
  const { deadlines } = values;
  const warnings = createWarnings(process);
  const cache = createRunCache({
    ...{ process, version: '1.2.3', options, warnings },
    ...(deadlines !== undefined && { deadlines }),
  });
  const printed = () => readFileSync(output, 'utf8');
  return {
    cache,
    root,
    cacheDirectory,
    kept: () =>
      readdirSync(cacheDirectory, { recursive: true, encoding: 'utf8' })
        .filter((name) => name !== '.nxkey')
        .sort(),
    printed,
    end: () => {
      events.emit('exit');
      recordOutput('a run of Nx', printed());
      return printed();
    },
  };
}

/** Puts a result where Nx has it before it calls `store`. */
export function writeResult(run: TestRun, hash: string, files: Record<string, string>): void {
  for (const [name, content] of Object.entries(files)) {
    const path = join(run.cacheDirectory, hash, name);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, content);
  }
}
