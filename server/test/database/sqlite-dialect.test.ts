import { join } from 'node:path';
import { Kysely, sql } from 'kysely';
import Libsql from 'libsql';
import { describe, expect, it, onTestFinished } from 'vitest';
import { tempDir } from '../../../test/support/temp-dir.js';
import { SharedSqliteDialect } from '../../src/database/sqlite-dialect.js';
import { DatabaseUnavailableError } from '../../src/domain/database-unavailable.js';

function open(file: string, options?: Libsql.Options): { raw: Libsql.Database; kysely: Kysely<unknown> } {
  const raw = new Libsql(file, options);
  const kysely = new Kysely<unknown>({ dialect: new SharedSqliteDialect({ database: raw }) });
  onTestFinished(() => kysely.destroy());
  return { raw, kysely };
}

function database(): string {
  const file = join(tempDir(), 'a.db');
  const raw = new Libsql(file);
  raw.pragma('journal_mode = WAL');
  raw.exec('create table t (a text)');
  raw.close();
  return file;
}

const insert = (text = '') => sql`insert into t values (${text})`;
const count = sql<{ count: number }>`select count(*) as count from t`;

it('says so when another program keeps the database locked, and works again when that is done', async () => {
  const file = database();
  const { kysely } = open(file);
  const { raw: other } = open(file);
  other.exec('begin immediate');
  await expect(insert().execute(kysely)).rejects.toMatchObject({
    name: 'DatabaseUnavailableError',
    message: expect.stringContaining('Another program keeps the database locked') as string,
  });
  const transaction = kysely.transaction().execute((inside) => insert().execute(inside));
  await expect(transaction).rejects.toBeInstanceOf(DatabaseUnavailableError);
  other.exec('rollback');
  await insert().execute(kysely);
  expect((await count.execute(kysely)).rows).toMatchObject([{ count: 1 }]);
});

describe('after another program has kept the database locked', () => {
  it.each<[string, (kysely: Kysely<unknown>) => Promise<unknown>]>([
    ['a single write', (kysely) => insert('refused').execute(kysely)],
    ['a write that returns something', (kysely) => sql`insert into t values ('refused') returning a`.execute(kysely)],
    ['a transaction', (kysely) => kysely.transaction().execute((inside) => insert('refused').execute(inside))],
  ])('what is written is there for everybody, with or without a transaction: %s was refused', async (_what, write) => {
    const file = database();
    const { kysely } = open(file);
    const { raw: other, kysely: others } = open(file);
    other.exec('begin immediate');
    await expect(write(kysely)).rejects.toBeInstanceOf(DatabaseUnavailableError);
    other.exec('rollback');

    await insert('alone').execute(kysely);
    await kysely.transaction().execute((inside) => insert('in a transaction').execute(inside));
    await insert('by another').execute(others);
    const written = sql`select a from t`.execute(others);
    expect((await written).rows).toEqual([{ a: 'alone' }, { a: 'in a transaction' }, { a: 'by another' }]);
  });
});

it('says so when the disk is full, and can still read', async () => {
  const { raw, kysely } = open(database());
  // SQLite's own way to play a full disk.
  raw.pragma('max_page_count = 3');
  await expect(insert('x'.repeat(100_000)).execute(kysely)).rejects.toMatchObject({
    name: 'DatabaseUnavailableError',
    message: expect.stringContaining('disk that holds the database is full') as string,
  });
  expect((await count.execute(kysely)).rows).toMatchObject([{ count: 0 }]);
});

it('says so also when that ends a transaction, and goes on when there is room again', async () => {
  const { raw, kysely } = open(database());
  raw.pragma('max_page_count = 3');
  const transaction = kysely.transaction().execute(async (inside) => {
    await insert('first').execute(inside);
    await insert('x'.repeat(100_000)).execute(inside);
  });
  await expect(transaction).rejects.toMatchObject({
    name: 'DatabaseUnavailableError',
    message: expect.stringContaining('disk that holds the database is full') as string,
  });
  raw.pragma('max_page_count = 1000');
  await kysely.transaction().execute((inside) => insert('second').execute(inside));
  expect((await sql`select a from t`.execute(kysely)).rows).toEqual([{ a: 'second' }]);
});

it('leaves a query that is wrong what it is: a defect', async () => {
  const { kysely } = open(database());
  const wrong = sql`select a from nowhere`.execute(kysely);
  await expect(wrong).rejects.not.toBeInstanceOf(DatabaseUnavailableError);
  await expect(wrong).rejects.toThrow(/no such table/);
});
