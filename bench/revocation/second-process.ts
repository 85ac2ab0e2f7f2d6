/** Revokes CI access tokens in the database of a running server, as an operator's command beside it does. */
import { openSqliteDatabase } from '../../server/src/database/sqlite.js';

const database = await openSqliteDatabase(process.argv[2] ?? '');
process.on('message', (id: unknown) => {
  database.ciAccessTokens.remove(String(id)).then(
    (removed) => process.send?.({ id, removed }),
    (error: unknown) => {
      throw error;
    },
  );
});
process.on('disconnect', () => void database.close());
process.send?.('ready');
