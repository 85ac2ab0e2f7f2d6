import { chmod, mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UserError } from '../errors.js';

/**
 * Makes the data folder where it is missing, and keeps everybody else out of it.
 *
 * @throws {UserError} when that is not possible
 */
export async function prepareDataFolder(folder: string): Promise<void> {
  try {
    await makeFolder(folder);
    if (!(await stat(folder)).isDirectory()) throw new Error('it is a file');
    await chmod(folder, 0o700);
  } catch (cause) {
    throw cannotUse(folder, cause);
  }
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
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || dirname(folder) === folder) throw error;
    await makeFolder(dirname(folder));
    await mkdir(folder, { mode: 0o700 });
  }
}
