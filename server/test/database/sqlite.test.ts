import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Libsql from 'libsql';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../../../test/support/temp-dir.js';
import { databaseFileName, openSqliteDatabase } from '../../src/database/sqlite.js';
import { testDatabase } from '../support/database-contract.js';

describe('SQLite', () => {
  testDatabase({
    create: () => {
      const folder = tempDir();
      return Promise.resolve({ connect: () => openSqliteDatabase(folder) });
    },
  });
});

describe('opening a data folder', () => {
  it('makes the folder for this user alone', async () => {
    const folder = join(tempDir(), 'new', 'data');
    await (await openSqliteDatabase(folder)).close();
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  it('brings a fresh folder up to date from two sides at once', async () => {
    const folder = tempDir();
    const databases = await Promise.all([openSqliteDatabase(folder), openSqliteDatabase(folder)]);
    for (const database of databases) {
      await database.ping();
      await database.close();
    }
  });

  it('refuses the database of a newer version, with a sentence', async () => {
    const folder = tempDir();
    await (await openSqliteDatabase(folder)).close();
    const raw = new Libsql(join(folder, databaseFileName));
    raw.exec("insert into kysely_migration (name, timestamp) values ('9999-future', '2030-01-01T00:00:00.000Z')");
    raw.close();
    await expect(openSqliteDatabase(folder)).rejects.toMatchObject({
      message: expect.stringContaining('was written by a newer version') as string,
      remedy: expect.stringContaining('npm install') as string,
    });
  });

  it('refuses a file that is no database and a folder that is a file', async () => {
    const folder = tempDir();
    writeFileSync(join(folder, databaseFileName), 'this is no database, and long enough to be told from an empty file');
    await expect(openSqliteDatabase(folder)).rejects.toThrow(/cannot be used: .*not a database/);
    await expect(openSqliteDatabase(join(folder, databaseFileName))).rejects.toThrow(/it is a file/);
  });
});
