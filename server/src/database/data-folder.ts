import { chmod, mkdir, open, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UserError } from '../errors.js';

export const databaseFileName = 'nxkey.db';

/**
 * Makes the data folder and an empty database file where they are missing, and keeps everybody else out of both.
 *
 * @returns the database file
 * @throws {UserError} when that is not possible
 */
export async function prepareDataFolder(folder: string): Promise<string> {
  const file = join(folder, databaseFileName);
  try {
    await makeFolder(folder);
    await closeFolder(folder);
    // SQLite would make it readable for everybody, and gives its -wal and -shm files the mode of this one.
    await createFile(file);
    await chmod(file, 0o600);
  } catch (cause) {
    throw cause instanceof UserError ? cause : cannotUse(folder, cause);
  }
  return file;
}

export function cannotUse(folder: string, cause: unknown): UserError {
  const reason = cause instanceof Error ? cause.message : 'it cannot be opened';
  return new UserError(`The data folder ${folder} cannot be used: ${reason}`, {
    remedy: 'Give a folder that this user may write to with --data.',
    cause,
  });
}

/** Node's own `recursive: true` never ends where nothing can be made, such as in /proc (seen on Node 20.20). */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    const code = codeOf(error);
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || dirname(folder) === folder) throw error;
    await makeFolder(dirname(folder));
    await mkdir(folder, { mode: 0o700 });
  }
}

/** Takes away the others' rights, but never those to a folder that is used for something else, such as /tmp. */
async function closeFolder(folder: string): Promise<void> {
  const found = await stat(folder);
  if (!found.isDirectory()) throw new Error('it is a file');
  if ((found.mode & 0o077) === 0) return;
  const names = await readdir(folder);
  // A volume of its own may come with a lost+found.
  const isOurs = names.includes(databaseFileName) || names.every((name) => name === 'lost+found');
  if (!isOurs) {
    throw new UserError(`The folder ${folder} holds other files already, and other users may enter it.`, {
      remedy: `Give a folder of its own with --data, for example: --data ${join(folder, 'nxkey-data')}`,
    });
  }
  await chmod(folder, 0o700);
}

/** Leaves a file that is there alone: opening and closing it here would end SQLite's locks on it (POSIX). */
export async function createFile(file: string): Promise<void> {
  try {
    await (await open(file, 'wx', 0o600)).close();
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
