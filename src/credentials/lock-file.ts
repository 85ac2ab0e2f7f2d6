import { open, stat, unlink, utimes } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorCode } from '../files/file-errors.js';
import { StorageUnavailable } from './credential-store.js';
import { quotePath } from './quote-path.js';

export interface LockTimes {
  /** Its holder touches a lock all the time. One not touched for so many milliseconds was left when its holder died. */
  staleAfterMs: number;
  /** How long another process is waited for; longer than `staleAfterMs`, so that a crash heals by itself. */
  patienceMs: number;
}

const usualTimes: LockTimes = { staleAfterMs: 10_000, patienceMs: 20_000 };

/**
 * Does the work while no other process that asks for the same lock does its own. The lock is a file that only one
 * process can create (`O_EXCL`), since Node has no advisory locks. The work may take long, as it does where the keychain
 * asks for a password.
 * @throws {StorageUnavailable} when another process does not let go of it
 */
export async function withLock<T>(lockPath: string, work: () => Promise<T>, times = usualTimes): Promise<T> {
  for (let waitedMs = 0; !(await create(lockPath)); waitedMs += retryMs) {
    if (waitedMs >= times.patienceMs) throw stuck(lockPath);
    if (await isStale(lockPath, times)) await removeStale(lockPath, times);
    await sleep(retryMs);
  }
  const touching = setInterval(() => {
    const now = new Date();
    utimes(lockPath, now, now).catch(() => undefined);
  }, times.staleAfterMs / 4);
  try {
    return await work();
  } finally {
    clearInterval(touching);
    await remove(lockPath);
  }
}

const retryMs = 20;

async function create(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx', 0o600);
    await file.close();
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

async function isStale(lockPath: string, { staleAfterMs }: LockTimes): Promise<boolean> {
  try {
    return Date.now() - (await stat(lockPath)).mtimeMs > staleAfterMs;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}

/**
 * Of several processes that found the same stale lock only one may remove it: the second would remove the new lock of
 * the first. So removing has a lock of its own, and the age is looked at again under it.
 */
async function removeStale(lockPath: string, times: LockTimes): Promise<void> {
  const removalPath = removalLock(lockPath);
  if (!(await create(removalPath))) return;
  try {
    if (await isStale(lockPath, times)) await remove(lockPath);
  } finally {
    await remove(removalPath);
  }
}

async function remove(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}

function removalLock(lockPath: string): string {
  return `${lockPath}.stale`;
}

function stuck(lockPath: string): StorageUnavailable {
  return new StorageUnavailable(`Another nxkey keeps ${lockPath} and does not finish.`, {
    remedy: `Let it finish, or, if none is running, remove the lock: rm -f ${quotePath(lockPath)} ${quotePath(removalLock(lockPath))}`,
  });
}
