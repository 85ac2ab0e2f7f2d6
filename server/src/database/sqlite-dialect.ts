import {
  SelectQueryNode,
  SqliteAdapter,
  SqliteDialect,
  SqliteDriver,
  type CompiledQuery,
  type DatabaseConnection,
  type Driver,
  type QueryResult,
  type SqliteDialectConfig,
} from 'kysely';
import type Libsql from 'libsql';
import { DatabaseUnavailableError, type UnavailableReason } from '../domain/database-unavailable.js';

export interface SharedSqliteDialectConfig extends SqliteDialectConfig {
  database: Libsql.Database;
  /** Called with each query that was executed, before its result is handed out. */
  executed?: (query: CompiledQuery) => void;
}

/** Kysely's SQLite dialect, for a database that other processes write to as well, on a disk that may fill up. */
export class SharedSqliteDialect extends SqliteDialect {
  readonly #config: SharedSqliteDialectConfig;

  constructor(config: SharedSqliteDialectConfig) {
    super(config);
    this.#config = config;
  }

  override createDriver(): Driver {
    return new SharedSqliteDriver(this.#config);
  }

  override createAdapter(): SqliteAdapter {
    return new TransactionalDdlAdapter();
  }
}

class SharedSqliteDriver extends SqliteDriver {
  readonly #database: Libsql.Database;
  readonly #executed: (query: CompiledQuery) => void;

  constructor({ executed = () => undefined, ...config }: SharedSqliteDialectConfig) {
    super(config);
    this.#database = config.database;
    this.#executed = executed;
  }

  override async acquireConnection(): Promise<DatabaseConnection> {
    return new TranslatingConnection(await super.acquireConnection(), this.#database, this.#executed);
  }

  override async beginTransaction(): Promise<void> {
    await this.#exec((database) => database.exec(begin));
  }

  override async rollbackTransaction(): Promise<void> {
    await this.#exec(rollback);
  }

  #exec(work: (database: Libsql.Database) => void): Promise<void> {
    return new Promise((resolve) => {
      try {
        work(this.#database);
        resolve();
      } catch (error) {
        throw translated(error);
      }
    });
  }
}

/**
 * Plain BEGIN takes the write lock at the first write, and when another process has written since the first read, that
 * fails at once whatever `busy_timeout` says. BEGIN IMMEDIATE takes the lock first, and waits for it.
 *
 * Every write is within one, and it is begun by `exec`, which lets go of the statement in any case. A prepared one that
 * has met a lock stays in progress until the garbage collector finds it
 * (https://github.com/tursodatabase/libsql-js/pull/238). As long as it does, no transaction can be committed, and what
 * is written without one is not: it is lost with the process, and keeps all others from writing.
 */
const begin = 'begin immediate';

/**
 * On a full disk and after some failures of it SQLite has rolled back on its own. That must not take the place of the
 * error that says what happened (https://www.sqlite.org/lang_transaction.html, "Response To Errors Within A
 * Transaction").
 */
function rollback(database: Libsql.Database): void {
  if (isInTransaction(database)) database.exec('rollback');
}

/** libsql ends the process when it is asked about a database that has been closed. */
function isInTransaction(database: Libsql.Database): boolean {
  return database.open && database.inTransaction;
}

/** SQLite's result codes for what is the machine's or another program's doing, and no defect of a query. */
const reasons: [pattern: RegExp, reason: UnavailableReason][] = [
  [/^SQLITE_(BUSY|LOCKED)/, 'busy'],
  [/^SQLITE_FULL/, 'full'],
  [/^SQLITE_(IOERR|READONLY|CANTOPEN|NOMEM|PROTOCOL)/, 'failed'],
];

class TranslatingConnection implements DatabaseConnection {
  readonly #connection: DatabaseConnection;
  readonly #database: Libsql.Database;
  readonly #executed: (query: CompiledQuery) => void;

  constructor(connection: DatabaseConnection, database: Libsql.Database, executed: (query: CompiledQuery) => void) {
    this.#connection = connection;
    this.#database = database;
    this.#executed = executed;
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    try {
      const result = await (mayWrite(query) && !isInTransaction(this.#database)
        ? this.#write<Row>(query)
        : this.#connection.executeQuery<Row>(query));
      this.#executed(query);
      return result;
    } catch (error) {
      throw translated(error);
    }
  }

  /** Without a pause: whoever waits for the lock in this process keeps it from going on. */
  #write<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    this.#database.exec(begin);
    try {
      // Kysely's has done it all when it returns.
      const result = this.#connection.executeQuery<Row>(query);
      this.#database.exec('commit');
      return result;
    } catch (error) {
      rollback(this.#database);
      throw error;
    }
  }

  streamQuery<Row>(query: CompiledQuery, chunkSize: number): AsyncIterableIterator<QueryResult<Row>> {
    return this.#connection.streamQuery(query, chunkSize);
  }
}

function mayWrite({ query, sql }: CompiledQuery): boolean {
  return !SelectQueryNode.is(query) && !/^\s*(select|pragma)\b/i.test(sql);
}

export function translated(error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error;
  const code = String(error.code);
  const reason = reasons.find(([pattern]) => pattern.test(code))?.[1];
  return reason === undefined ? error : new DatabaseUnavailableError(reason, error);
}

/** SQLite can roll table changes back. Kysely assumes not, for the sake of pragmas that cannot; our migrations use none. */
class TransactionalDdlAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}
