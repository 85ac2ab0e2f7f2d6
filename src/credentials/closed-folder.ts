import { chmod, lstat, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorCode, FileNotWritten } from '../files/file-errors.js';
import { StorageUnavailable } from './credential-store.js';
import { withLock } from './lock-file.js';
import { quotePath } from './quote-path.js';

export interface ClosedFolderOptions {
  /** Made with all above it where there is none, and closed to others (0700). */
  folder: string;
  /** On Windows mode bits mean nothing, and a person's config folder is closed to others by its inherited list. */
  platform: NodeJS.Platform;
  /** Name of the lock, a file in the folder. */
  lock: string;
  /** The path that a failure names. */
  subject: string;
}

/**
 * Does the work in a folder that only the person can use, while no other process has the lock.
 * @throws {StorageUnavailable} when the folder cannot be had or the system refuses the work
 */
export async function inClosedFolder<T>(options: ClosedFolderOptions, work: () => Promise<T>): Promise<T> {
  const { folder, platform, lock, subject } = options;
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    if (platform !== 'win32') await chmod(folder, 0o700);
    return await withLock(join(folder, lock), work);
  } catch (error) {
    if (error instanceof FileNotWritten) {
      throw new StorageUnavailable(error.message, { remedy: error.remedy, cause: error });
    }
    throw await unusable(error, { path: subject, verb: 'written', lookAt: folder, platform });
  }
}

export interface Refusal {
  path: string;
  verb: 'read' | 'written';
  /** What the person is told to look at, or what is nearest above it. */
  lookAt: string;
  platform: NodeJS.Platform;
}

/** What the system's refusal means for a person; whatever else was thrown passes through. */
export async function unusable(error: unknown, { path, verb, lookAt, platform }: Refusal): Promise<unknown> {
  const code = errorCode(error);
  if (code === undefined) return error;
  const look = `Look at what is there: ls -ld ${quotePath(await nearestExisting(lookAt))}`;
  const remedy = hasConfigVariable(platform)
    ? `${look}, or let nxkey keep its files elsewhere: set XDG_CONFIG_HOME to the absolute path of a folder of yours`
    : look;
  return new StorageUnavailable(`${path} cannot be ${verb}: ${reasons[code] ?? `the system says ${code}`}.`, {
    remedy,
    cause: error,
  });
}

/** See `configFolder`. */
function hasConfigVariable(platform: NodeJS.Platform): boolean {
  return platform !== 'win32' && platform !== 'darwin';
}

/** The path itself or the folder above it that is there and can be seen: with a read-only home, that is the home. */
async function nearestExisting(path: string): Promise<string> {
  const parent = dirname(path);
  if (parent === path) return path;
  try {
    await lstat(path);
    return path;
  } catch {
    return nearestExisting(parent);
  }
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'you have no permission',
  EPERM: 'you have no permission',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'your disk quota is used up',
  ENOTDIR: 'a part of its path is not a folder',
  EEXIST: 'its folder is not a folder',
};
