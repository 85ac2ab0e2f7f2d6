import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { databaseFileName } from '../../src/database/data-folder.js';
import { openSqliteDatabase, type SqliteOptions } from '../../src/database/sqlite.js';
import type { Database } from '../../src/domain/repositories.js';

const template = mkdtempSync(join(tmpdir(), 'nxkey-template-'));
process.once('exit', () => {
  rmSync(template, { recursive: true, force: true });
});
let made: Promise<void> | undefined;

async function makeTemplate(): Promise<void> {
  await (await openSqliteDatabase(template)).close();
}

/** An empty database in a folder, as `openSqliteDatabase` makes it, without the time that its migrations take. */
export async function openTestDatabase(dataFolder: string, options?: SqliteOptions): Promise<Database> {
  await (made ??= makeTemplate());
  copyFileSync(join(template, databaseFileName), join(dataFolder, databaseFileName));
  return openSqliteDatabase(dataFolder, options);
}
