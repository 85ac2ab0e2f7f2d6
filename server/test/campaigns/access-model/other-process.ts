import { join } from 'node:path';
import { CamelCasePlugin, Kysely, SqliteDialect } from 'kysely';
import Libsql from 'libsql';
import type { Tables } from '../../../src/database/schema.js';

/**
 * Another process on the same data folder, as an operator's command is one: a connection of its own, without the
 * server's repositories, so that what the server keeps in memory can hear of a change through the file alone.
 */
export function openOtherProcess(dataFolder: string): Kysely<Tables> {
  const connection = new Libsql(join(dataFolder, 'nxkey.db'));
  connection.pragma('busy_timeout = 5000');
  connection.pragma('foreign_keys = ON');
  return new Kysely<Tables>({
    dialect: new SqliteDialect({ database: connection }),
    plugins: [new CamelCasePlugin()],
  });
}
