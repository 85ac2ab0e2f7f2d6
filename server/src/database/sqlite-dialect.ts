import {
  CompiledQuery,
  SqliteAdapter,
  SqliteDialect,
  SqliteDriver,
  type DatabaseConnection,
  type Driver,
  type QueryResult,
  type SqliteDialectConfig,
} from 'kysely';
import { DatabaseUnavailableError, type UnavailableReason } from '../domain/database-unavailable.js';

export interface SharedSqliteDialectConfig extends SqliteDialectConfig {
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
  readonly #executed: (query: CompiledQuery) => void;

  constructor({ executed = () => undefined, ...config }: SharedSqliteDialectConfig) {
    super(config);
    this.#executed = executed;
  }

  override async acquireConnection(): Promise<DatabaseConnection> {
    return new TranslatingConnection(await super.acquireConnection(), this.#executed);
  }

  /**
   * Plain BEGIN takes the write lock at the first write, and when another process has written since the first read,
   * that fails at once whatever `busy_timeout` says. BEGIN IMMEDIATE takes the lock first, and waits for it.
   */
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'));
  }

  /**
   * On a full disk and after some failures of it SQLite has rolled back on its own. ROLLBACK then says that there is no
   * transaction, which is harmless (https://www.sqlite.org/lang_transaction.html, "Response To Errors Within A
   * Transaction"), and must not take the place of the error that says what happened.
   */
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    try {
      await super.rollbackTransaction(connection);
    } catch (error) {
      if (!(error instanceof Error && /no transaction is active/.test(error.message))) throw error;
    }
  }
}

/** SQLite's result codes for what is the machine's or another program's doing, and no defect of a query. */
const reasons: [pattern: RegExp, reason: UnavailableReason][] = [
  [/^SQLITE_(BUSY|LOCKED)/, 'busy'],
  [/^SQLITE_FULL/, 'full'],
  [/^SQLITE_(IOERR|READONLY|CANTOPEN|NOMEM|PROTOCOL)/, 'failed'],
];

class TranslatingConnection implements DatabaseConnection {
  readonly #connection: DatabaseConnection;
  readonly #executed: (query: CompiledQuery) => void;

  constructor(connection: DatabaseConnection, executed: (query: CompiledQuery) => void) {
    this.#connection = connection;
    this.#executed = executed;
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    try {
      const result = await this.#connection.executeQuery<Row>(query);
      this.#executed(query);
      return result;
    } catch (error) {
      throw translated(error);
    }
  }

  streamQuery<Row>(query: CompiledQuery, chunkSize: number): AsyncIterableIterator<QueryResult<Row>> {
    return this.#connection.streamQuery(query, chunkSize);
  }
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
