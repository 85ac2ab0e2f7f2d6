import type { Kysely } from 'kysely';
import type { CiAccessTokenRepository } from '../domain/repositories.js';
import { changed } from './rows.js';
import type { Tables } from './schema.js';
import { withOrganization } from './workspaces.js';

export function createCiAccessTokenRepository(db: Kysely<Tables>): CiAccessTokenRepository {
  return {
    async insert(token) {
      const insert = db.insertInto('ciAccessTokens').values({ ...token, legacy: token.legacy ? 1 : 0 });
      return changed(
        await insert.onConflict((conflict) => conflict.column('tokenHash').doNothing()).executeTakeFirst(),
      );
    },
    async findByHash(tokenHash) {
      const token = await db
        .selectFrom('ciAccessTokens')
        .selectAll()
        .where('tokenHash', '=', tokenHash)
        .executeTakeFirst();
      if (token === undefined) return null;
      const query = db.selectFrom('workspaces').selectAll().where('id', '=', token.workspaceId);
      const found = await withOrganization(db, await query.executeTakeFirst());
      return found === null ? null : { ...found, token: { ...token, legacy: token.legacy === 1 } };
    },
  };
}
