import { DEFAULT_MIGRATION_TABLE, Migrator, sql, type Kysely } from 'kysely';
import { DatabaseUnavailableError } from '../domain/database-unavailable.js';
import { UserError } from '../errors.js';
import { migrations } from './migrations/index.js';
import type { Tables } from './schema.js';

/**
 * Brings the tables up to this program's version, in one transaction: a server and a command that start on a fresh
 * folder at the same moment wait for each other.
 *
 * @param where the database as a person knows it, for messages
 * @throws {UserError} when a newer version has been here: it may have changed what this one would misread; and when
 *   the database is locked or the disk full
 */
export async function migrate(database: Kysely<Tables>, where: string): Promise<void> {
  // Migrations name tables and columns as they are.
  const db = database.withoutPlugins();
  if (await hasUnknownMigration(db)) {
    throw new UserError(`The database ${where} was written by a newer version of nxkey-server.`, {
      remedy: 'Install that version or a later one: npm install nxkey-server@latest',
    });
  }
  const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve(migrations) } });
  const { error } = await migrator.migrateToLatest();
  if (error instanceof DatabaseUnavailableError) throw error;
  if (error !== undefined) throw new Error(`the database ${where} could not be migrated`, { cause: error });
}

async function hasUnknownMigration(db: Kysely<Tables>): Promise<boolean> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some(({ name }) => name === DEFAULT_MIGRATION_TABLE)) return false;
  const { rows } = await sql<{ name: string }>`select name from ${sql.table(DEFAULT_MIGRATION_TABLE)}`.execute(db);
  return rows.some(({ name }) => !Object.hasOwn(migrations, name));
}
