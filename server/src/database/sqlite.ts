import { join } from 'node:path';
import {
  CamelCasePlugin,
  CompiledQuery,
  Kysely,
  SqliteAdapter,
  SqliteDialect,
  SqliteDriver,
  type DatabaseConnection,
  type Driver,
  type SqliteDialectConfig,
} from 'kysely';
import Libsql from 'libsql';
import type { Database } from '../domain/repositories.js';
import { cannotUse, prepareDataFolder } from './data-folder.js';
import { createDatabase } from './database.js';
import { migrate } from './migrate.js';
import type { Tables } from './schema.js';

export const databaseFileName = 'nxkey.db';

/** How long a writer waits for another process, say a command beside the running server. */
const busyTimeoutMs = 5000;

/**
 * Opens the database of a data folder, making both where they are missing; nobody else may read the folder.
 *
 * @throws {UserError} when that is not possible
 */
export async function openSqliteDatabase(dataFolder: string): Promise<Database> {
  await prepareDataFolder(dataFolder);
  const file = join(dataFolder, databaseFileName);
  let connection: Libsql.Database | undefined;
  try {
    connection = new Libsql(file);
    connection.pragma(`busy_timeout = ${busyTimeoutMs}`);
    connection.pragma('journal_mode = WAL');
    // FULL, since with WAL the default may lose the last commits in a power failure: a revocation must stay revoked.
    connection.pragma('synchronous = FULL');
    connection.pragma('foreign_keys = ON');
  } catch (cause) {
    connection?.close();
    throw cannotUse(dataFolder, cause);
  }

  const kysely = new Kysely<Tables>({
    dialect: new ImmediateSqliteDialect({ database: connection }),
    plugins: [new CamelCasePlugin()],
  });
  try {
    await migrate(kysely, file);
  } catch (error) {
    await kysely.destroy();
    throw error;
  }
  return createDatabase(kysely);
}

/**
 * SQLite's plain BEGIN takes the write lock at the first write, and when another process has written since the first
 * read, that fails at once whatever `busy_timeout` says. BEGIN IMMEDIATE takes the lock first, and waits for it.
 */
class ImmediateSqliteDriver extends SqliteDriver {
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'));
  }
}

class ImmediateSqliteDialect extends SqliteDialect {
  readonly #config: SqliteDialectConfig;

  constructor(config: SqliteDialectConfig) {
    super(config);
    this.#config = config;
  }

  override createDriver(): Driver {
    return new ImmediateSqliteDriver(this.#config);
  }

  override createAdapter(): SqliteAdapter {
    return new TransactionalDdlAdapter();
  }
}

/** SQLite can roll table changes back. Kysely assumes not, for the sake of pragmas that cannot; our migrations use none. */
class TransactionalDdlAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}
