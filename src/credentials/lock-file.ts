import { open, stat, unlink } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorCode } from '../files/file-errors.js';
import { StorageUnavailable } from './credential-store.js';
import { quotePath } from './quote-path.js';

export interface LockTimes {
  /** A lock is held for one read and one write, milliseconds. One of this age was left by a process that died. */
  staleAfterMs: number;
  /** How long another process is waited for; longer than `staleAfterMs`, so that a crash heals by itself. */
  patienceMs: number;
}

const usualTimes: LockTimes = { staleAfterMs: 10_000, patienceMs: 20_000 };

/**
 * Does the work while no other process that asks for the same lock does its own. The lock is a file that only one
 * process can create (`O_EXCL`), since Node has no advisory locks.
 * @throws {StorageUnavailable} when another process does not let go of it
 */
export async function withLock<T>(lockPath: string, work: () => Promise<T>, times = usualTimes): Promise<T> {
  for (let waitedMs = 0; !(await create(lockPath)); waitedMs += retryMs) {
    if (waitedMs >= times.patienceMs) throw stuck(lockPath);
    if (await isStale(lockPath, times)) await removeStale(lockPath, times);
    await sleep(retryMs);
  }
  try {
    return await work();
  } finally {
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
    remedy: `If none is running, remove it: rm -f ${quotePath(lockPath)} ${quotePath(removalLock(lockPath))}`,
  });
}
