import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Libsql from 'libsql';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../../../test/support/temp-dir.js';
import { databaseFileName } from '../../src/database/data-folder.js';
import { openSqliteDatabase } from '../../src/database/sqlite.js';
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
  const modeOf = (path: string) => statSync(path).mode & 0o777;

  it('makes the folder and every file in it for this user alone', async () => {
    const folder = join(tempDir(), 'new', 'data');
    const database = await openSqliteDatabase(folder);
    await database.settings.set('name', 'value');
    expect(modeOf(folder)).toBe(0o700);
    const modes = readdirSync(folder).map((name) => [name, modeOf(join(folder, name))]);
    expect(Object.fromEntries(modes)).toEqual({ 'nxkey.db': 0o600, 'nxkey.db-shm': 0o600, 'nxkey.db-wal': 0o600 });
    await database.close();
  });

  it('takes the rights of others away again, from a folder of its own and from an empty one', async () => {
    const folder = tempDir();
    mkdirSync(join(folder, 'lost+found'));
    for (let opening = 0; opening < 2; opening++) {
      chmodSync(folder, 0o755);
      await (await openSqliteDatabase(folder)).close();
      expect(modeOf(folder)).toBe(0o700);
      chmodSync(join(folder, databaseFileName), 0o644);
    }
    await (await openSqliteDatabase(folder)).close();
    expect(modeOf(join(folder, databaseFileName))).toBe(0o600);
  });

  it('leaves a folder alone that others use for something else', async () => {
    const folder = tempDir();
    writeFileSync(join(folder, 'something-else'), '');
    chmodSync(folder, 0o755);
    await expect(openSqliteDatabase(folder)).rejects.toMatchObject({
      message: expect.stringContaining('holds other files already, and other users may enter it') as string,
      remedy: expect.stringContaining(join(folder, 'nxkey-data')) as string,
    });
    expect(modeOf(folder)).toBe(0o755);
    expect(readdirSync(folder)).toEqual(['something-else']);
  });

  it('says that the database is locked, when another program does not let go of it', async () => {
    const folder = tempDir();
    await (await openSqliteDatabase(folder)).close();
    const other = new Libsql(join(folder, databaseFileName));
    other.exec('begin immediate');
    await expect(openSqliteDatabase(folder, { busyTimeoutMs: 0 })).rejects.toMatchObject({
      message: expect.stringContaining('Another program keeps the database locked') as string,
    });
    other.close();
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
