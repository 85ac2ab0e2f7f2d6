import { Cancelled, ProgramFailed, UserError } from '../../../errors.js';
import type { Dependencies } from '../../dependencies.js';
import { tell } from '../../io.js';
import { findCacheSource } from '../../remote-cache/find-cache-source.js';
import { openRemoteCache } from '../../remote-cache/open-remote-cache.js';
import type { RunFlags } from './command.js';
import { nxEnvironment, type NxCache } from './nx-environment.js';

/**
 * Runs a command with the remote cache, or, where that cannot be used, without: a build that would have succeeded
 * without us never fails because of us, nor does it wait for long.
 * @throws {ProgramFailed} with the command's exit code
 * @throws {ProgramNotStarted}
 * @throws {UserError} with `--require-cache`: why the cache cannot be used
 */
export async function run(flags: RunFlags, dependencies: Dependencies): Promise<void> {
  const cache = await findCache(flags, dependencies);
  const { command, args } = flags;
  const exitCode = await dependencies.runProgram({ command, args, env: nxEnvironment(dependencies.env, cache) });
  if (exitCode !== 0) throw new ProgramFailed(exitCode);
}

async function findCache(flags: RunFlags, dependencies: Dependencies): Promise<NxCache> {
  let cache: NxCache = { kind: 'not-ours' };
  try {
    const source = await findCacheSource(flags, dependencies);
    cache = { kind: 'unusable' };
    const { url, token, unreadToken } = await openRemoteCache(source, dependencies);
    if (unreadToken !== null) throw unreadToken;
    return { kind: 'usable', url, token };
  } catch (error) {
    if (flags.requireCache || error instanceof Cancelled || !(error instanceof UserError)) throw error;
    const { io } = dependencies;
    tell(io, `${io.style.yellow('warning:')} No remote cache for this run. ${error.message}`);
    if (error.remedy !== undefined) tell(io, error.remedy);
    return cache;
  }
}
