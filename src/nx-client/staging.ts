import { randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { lstat, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../files/file-errors.js';

/**
 * A folder inside Nx's cache folder, so on the same file system, in which artifacts are unpacked before they are renamed
 * to where Nx looks for them, and packed before they are sent. Nx takes only folders with the name of a hash for its own.
 */
export interface Staging {
  /** A path in it at which nothing is yet. */
  newPath: () => string;
  /** Moves what lies at `path` to `target` in one step, in place of what may be there. */
  publish: (path: string, target: string) => Promise<void>;
  /** Removes what lies at `path`, if anything does. */
  remove: (path: string) => Promise<void>;
}

/** Milliseconds. What is older belongs to a process that was killed: no transfer takes a day. */
const staleAfter = 24 * 60 * 60 * 1000;

export function createStaging(cacheDirectory: string): Staging {
  const folder = join(cacheDirectory, '.nxkey');
  let isPrepared = false;
  // Of this process alone; the number tells its own apart.
  const prefix = randomBytes(12).toString('hex');
  let number = 0;

  // Not through the thread pool either: everything that comes meanwhile would wait for it.
  const prepare = () => {
    // A repository may have brought along a link of that name: what it leads to is not ours to fill, nor to clear.
    if (lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() === false) rmSync(folder, { force: true });
    const isNew = mkdirSync(folder, { recursive: true }) !== undefined;
    isPrepared = true;
    if (!isNew) void removeStale(folder).catch(() => undefined);
  };
  const newPath = () => {
    if (!isPrepared) prepare();
    return join(folder, `${prefix}-${++number}`);
  };
  const remove = (path: string) => rm(path, { recursive: true, force: true, maxRetries: 3 });

  return {
    newPath,
    remove,
    async publish(path, target) {
      // Another process may put something there between our two steps; that it does so again and again is not credible.
      for (let attempt = 1; ; attempt++) {
        try {
          // Not through the thread pool: it takes 0.02 ms, and 200 results are there at once.
          renameSync(path, target);
          return;
        } catch (error) {
          if (attempt === 3 || !inTheWay.has(errorCode(error) ?? '')) throw error;
        }
        // A folder that is not empty cannot be replaced by a rename. For a moment there is none, but never a half one.
        const former = newPath();
        await rename(target, former).catch(ignoreMissing);
        await remove(former);
      }
    },
  };
}

/** Of a rename to where something else is: Linux and macOS, then Windows. */
const inTheWay = new Set(['ENOTEMPTY', 'EEXIST', 'ENOTDIR', 'EISDIR', 'EPERM', 'EACCES', 'EBUSY']);

function ignoreMissing(error: unknown): undefined {
  if (errorCode(error) !== 'ENOENT') throw error;
}

async function removeStale(folder: string): Promise<void> {
  const oldest = Date.now() - staleAfter;
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    // Another process may be removing the same one.
    const changed = await lstat(path).catch(() => undefined);
    if (changed !== undefined && changed.mtimeMs < oldest)
      await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
}
