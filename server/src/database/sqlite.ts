import { CamelCasePlugin, Kysely, sql } from 'kysely';
import Libsql from 'libsql';
import type { Database } from '../domain/repositories.js';
import { createAccessVersion, type AccessVersion } from './access-version.js';
import { cannotUse, prepareDataFolder } from './data-folder.js';
import { createDatabase } from './database.js';
import { migrate } from './migrate.js';
import type { Tables } from './schema.js';
import { SharedSqliteDialect } from './sqlite-dialect.js';

export interface SqliteOptions {
  /** How long a writer waits for another process, say a command beside the running server. */
  busyTimeoutMs?: number;
}

/**
 * Opens the database of a data folder, making both where they are missing; nobody else may read either.
 *
 * @throws {UserError} when that is not possible
 */
export async function openSqliteDatabase(
  dataFolder: string,
  { busyTimeoutMs = 5000 }: SqliteOptions = {},
): Promise<Database> {
  const file = await prepareDataFolder(dataFolder);
  let connection: Libsql.Database | undefined;
  let accessVersion: AccessVersion;
  try {
    connection = new Libsql(file);
    connection.pragma(`busy_timeout = ${busyTimeoutMs}`);
    connection.pragma('journal_mode = WAL');
    // FULL, since with WAL the default may lose the last commits in a power failure: a revocation must stay revoked.
    connection.pragma('synchronous = FULL');
    connection.pragma('foreign_keys = ON');
    accessVersion = createAccessVersion(connection);
  } catch (cause) {
    connection?.close();
    throw cannotUse(dataFolder, cause);
  }

  const kysely = new Kysely<Tables>({
    dialect: new SharedSqliteDialect({ database: connection, executed: accessVersion.executed }),
    plugins: [new CamelCasePlugin()],
  });
  try {
    await migrate(kysely, file);
  } catch (error) {
    await kysely.destroy();
    throw error;
  }
  return createDatabase(kysely, {
    accessVersion: accessVersion.current,
    withoutSync: (work) => withoutSync(kysely, work),
  });
}

/** With WAL a commit is then safe from everything but a power failure, and no request waits for the disk meanwhile. */
async function withoutSync<T>(kysely: Kysely<Tables>, work: (db: Kysely<Tables>) => Promise<T>): Promise<T> {
  return await kysely.connection().execute(async (connection) => {
    await sql`pragma synchronous = normal`.execute(connection);
    try {
      return await work(connection);
    } finally {
      await sql`pragma synchronous = full`.execute(connection);
    }
  });
}
