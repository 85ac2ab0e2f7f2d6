import { isCi } from '../cli/io.js';
import { UserError } from '../errors.js';
import { calledAs } from './called-as.js';
import { defaultDeadlines, type Deadlines } from './deadlines.js';
import { createRemoteCache, createRemoteCacheV1 } from './layouts.js';
import { noCache } from './no-cache.js';
import type { RemoteCache, RemoteCacheV1, RunnerOptions } from './nx.js';
import { isSwitchedOff } from './off.js';
import { createOperations } from './operations.js';
import { defect, describe } from './problems.js';
import { createRunReport } from './run-report.js';
import { writeNow } from './write-now.js';
import { openSession, type Session } from './session.js';
import type { Warnings } from './warnings.js';

/** What is used of the process. */
export interface RunProcess extends Pick<NodeJS.Process, 'env' | 'argv' | 'platform' | 'cwd'> {
  stdin: { isTTY: boolean };
  stderr: { isTTY: boolean; fd: number };
}

export interface RunCacheOptions {
  process: RunProcess;
  version: string;
  /** What Nx has made of nx.json. */
  options: RunnerOptions;
  warnings: Warnings;
  deadlines?: Deadlines;
}

/** How many requests are under way at a time. */
const parallel = 32;

/** The remote cache of one run of Nx, with both its faces. */
export interface RunCache extends RemoteCache {
  /** For Nx before 20. */
  v1: RemoteCacheV1;
}

export function createRunCache({
  process,
  version,
  options,
  warnings,
  deadlines = defaultDeadlines,
}: RunCacheOptions): RunCache {
  if (isSwitchedOff(process, options)) return noCache;
  const { env, stdin, stderr } = process;
  const report = createRunReport(() => calledAs(process.cwd()));
  const isVerbose = env['NX_VERBOSE_LOGGING'] === 'true';
  const debug = (line: string) => {
    if (isVerbose) writeNow(stderr.fd, `[nxkey] ${line}\n`);
  };
  let session: Promise<Session | null> | undefined;
  const open = async () => {
    try {
      // A build shall not wait as long as a login for a keychain that asks for its password.
      const interactive = stdin.isTTY && stderr.isTTY && !isCi(env);
      const keychainDeadlineMs = interactive ? 20_000 : 5_000;
      const opened = await openSession({
        ...{ options, process, interactive, keychainDeadlineMs, deadlines, debug },
        userAgent: `nxkey/${version}`,
        parallel,
      });
      const unreadToken = opened?.unreadToken ?? null;
      if (unreadToken !== null) report.note('unread-token', unreadToken);
      return opened;
    } catch (error) {
      report.note('not-opened', error instanceof UserError ? error : defect(error));
      debug(`no remote cache: ${describe(error)}`);
      return null;
    }
  };
  warnings.add(report.warning);
  const operations = createOperations({ session: () => (session ??= open()), report, debug });
  return { ...createRemoteCache(operations), v1: createRemoteCacheV1(operations) };
}
