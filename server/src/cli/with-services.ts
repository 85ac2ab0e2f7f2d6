import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { databaseFileName } from '../database/data-folder.js';
import { openSqliteDatabase } from '../database/sqlite.js';
import { createPasswordHasher, type PasswordHasher } from '../domain/passwords.js';
import { createServices, type Services } from '../domain/services.js';
import { readPasswordSignIn, readTokenIdleDays } from '../domain/settings.js';
import { UserError } from '../errors.js';
import type { CliContext } from './context.js';

/**
 * Runs a command's work on a data folder, beside a running server or without one.
 *
 * @param create whether a folder that has no database yet gets one; otherwise it is taken for a mistyped path
 */
export async function withServices<T>(
  { dataFolder, create }: { dataFolder: string; create: boolean },
  context: CliContext,
  work: (services: Services, passwords: PasswordHasher) => Promise<T>,
): Promise<T> {
  if (!create) await requireDatabase(dataFolder);
  const database = await openSqliteDatabase(dataFolder);
  try {
    const passwords = createPasswordHasher();
    const tokenIdleDays = await readTokenIdleDays(database);
    const passwordSignIn = await readPasswordSignIn(database);
    const { clock } = context;
    return await work(createServices({ database, clock, passwords, tokenIdleDays, passwordSignIn }), passwords);
  } finally {
    await database.close();
  }
}

async function requireDatabase(dataFolder: string): Promise<void> {
  try {
    await access(join(dataFolder, databaseFileName));
  } catch (cause) {
    throw new UserError(`There is no nxkey-server database in ${dataFolder}.`, {
      remedy: `Give the --data folder of your server, or begin a new one: nxkey-server init --data ${dataFolder}`,
      cause,
    });
  }
}
