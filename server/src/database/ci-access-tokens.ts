import type { Kysely, Selectable } from 'kysely';
import type { CiAccessToken } from '../domain/model.js';
import type { CiAccessTokenRepository } from '../domain/repositories.js';
import { changed } from './rows.js';
import type { Tables } from './schema.js';
import { withOrganization } from './workspaces.js';

export function createCiAccessTokenRepository(db: Kysely<Tables>): CiAccessTokenRepository {
  const tokens = db.selectFrom('ciAccessTokens').selectAll();

  async function withWorkspace(token: Selectable<Tables['ciAccessTokens']> | undefined) {
    if (token === undefined) return null;
    const query = db.selectFrom('workspaces').selectAll().where('id', '=', token.workspaceId);
    const found = await withOrganization(db, await query.executeTakeFirst());
    return found === null ? null : { ...found, token: fromRow(token) };
  }

  return {
    async insert(token) {
      const insert = db.insertInto('ciAccessTokens').values({ ...token, legacy: token.legacy ? 1 : 0 });
      return changed(
        await insert.onConflict((conflict) => conflict.column('tokenHash').doNothing()).executeTakeFirst(),
      );
    },
    async findByHash(tokenHash) {
      return await withWorkspace(await tokens.where('tokenHash', '=', tokenHash).executeTakeFirst());
    },
    async findById(id) {
      return await withWorkspace(await tokens.where('id', '=', id).executeTakeFirst());
    },
    async ofWorkspace(workspaceId) {
      const query = db.selectFrom('ciAccessTokens').selectAll().where('workspaceId', '=', workspaceId);
      return (await query.orderBy('createdAt', 'desc').orderBy('id').execute()).map(fromRow);
    },
    async recordUse(id, at) {
      await db
        .updateTable('ciAccessTokens')
        .set({ lastUsedAt: at })
        .where('id', '=', id)
        .where((is) => is.or([is('lastUsedAt', 'is', null), is('lastUsedAt', '<', at)]))
        .execute();
    },
    async rename(id, name) {
      return changed(await db.updateTable('ciAccessTokens').set({ name }).where('id', '=', id).executeTakeFirst());
    },
    async end(id, expiresAt) {
      const update = db
        .updateTable('ciAccessTokens')
        .set({ expiresAt })
        .where('id', '=', id)
        .where((is) => is.or([is('expiresAt', 'is', null), is('expiresAt', '>', expiresAt)]));
      return changed(await update.executeTakeFirst());
    },
    async replace(id, { at, expiresAt }) {
      const update = db
        .updateTable('ciAccessTokens')
        .set((is) => ({
          replacedAt: at,
          expiresAt: is.case().when('expiresAt', '<', expiresAt).then(is.ref('expiresAt')).else(expiresAt).end(),
        }))
        .where('id', '=', id)
        .where('replacedAt', 'is', null);
      return changed(await update.executeTakeFirst());
    },
    async restore(id, expiresAt) {
      const update = db
        .updateTable('ciAccessTokens')
        .set({ replacedAt: null, expiresAt })
        .where('id', '=', id)
        .where('replacedAt', 'is not', null);
      return changed(await update.executeTakeFirst());
    },
    async remove(id) {
      return changed(await db.deleteFrom('ciAccessTokens').where('id', '=', id).executeTakeFirst());
    },
  };
}

function fromRow(row: Selectable<Tables['ciAccessTokens']>): CiAccessToken {
  return { ...row, legacy: row.legacy === 1 };
}
