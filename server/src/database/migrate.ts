import { CamelCasePlugin, Migrator, type Kysely } from 'kysely';
import { UserError } from '../errors.js';
import { migrations } from './migrations/index.js';
import type { Tables } from './schema.js';

/**
 * Brings the tables up to this program's version, in one transaction: a server and a command that start on a fresh
 * folder at the same moment wait for each other.
 *
 * @param where the database as a person knows it, for messages
 * @throws {UserError} when a newer version has been here: it may have changed what this one would misread
 */
export async function migrate(database: Kysely<Tables>, where: string): Promise<void> {
  const db = database.withoutPlugins().withPlugin(new CamelCasePlugin());
  const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve(migrations) } });
  const { error } = await migrator.migrateToLatest();
  if (error === undefined) return;
  if (error instanceof Error && error.message.includes('is missing')) {
    throw new UserError(`The database ${where} was written by a newer version of nxkey-server.`, {
      remedy: 'Install that version or a later one: npm install nxkey-server@latest',
      cause: error,
    });
  }
  throw error instanceof Error ? error : new Error('the database could not be migrated', { cause: error });
}
