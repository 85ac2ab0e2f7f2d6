import { join } from 'node:path';
import Libsql from 'libsql';
import { UserError } from '../errors.js';
import { cannotUse, createFile } from './data-folder.js';

export interface ServerLock {
  release: () => void;
}

/**
 * Lets one server at a time run on a data folder. A second one would take the uploads that the first is receiving for
 * what an earlier process has left behind, and remove them. Commands beside a running server need no lock.
 *
 * It is SQLite's own lock, on a file without content: the operating system takes it away when the process ends, however
 * it ends, so nobody ever has to tidy up.
 *
 * @param dataFolder has to be there
 * @throws {UserError} when another server runs on it
 */
export async function lockForServer(dataFolder: string): Promise<ServerLock> {
  let held: Libsql.Database | undefined;
  const release = () => held?.close();
  try {
    const file = join(dataFolder, 'nxkey.lock');
    await createFile(file);
    held = new Libsql(file);
    held.exec('begin exclusive');
  } catch (cause) {
    release();
    throw isBusy(cause) ? inUse(dataFolder, cause) : cannotUse(dataFolder, cause);
  }
  return { release };
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY');
}

function inUse(dataFolder: string, cause: unknown): UserError {
  return new UserError(`Another nxkey-server is running on the data folder ${dataFolder}.`, {
    remedy:
      'Stop it first, and give it the time to end its transfers; or give this one a folder of its own with --data.',
    cause,
  });
}
