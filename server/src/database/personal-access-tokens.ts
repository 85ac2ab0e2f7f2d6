import type { Kysely, Selectable } from 'kysely';
import type { PersonalAccessToken } from '../domain/model.js';
import type { PersonalAccessTokenRepository } from '../domain/repositories.js';
import { changed } from './rows.js';
import type { Tables } from './schema.js';

export function createPersonalAccessTokenRepository(db: Kysely<Tables>): PersonalAccessTokenRepository {
  return {
    async insert({ origin, ...token }) {
      await db
        .insertInto('personalAccessTokens')
        .values({
          ...token,
          originClient: origin.client,
          originHostName: origin.hostName,
          originIpAddress: origin.ipAddress,
        })
        .execute();
    },
    async findByHash(tokenHash) {
      const row = await db
        .selectFrom('personalAccessTokens')
        .innerJoin('users', 'users.id', 'personalAccessTokens.userId')
        .selectAll('personalAccessTokens')
        .select(['users.email', 'users.name as userName', 'users.createdAt as userCreatedAt'])
        .where('tokenHash', '=', tokenHash)
        .executeTakeFirst();
      if (row === undefined) return null;
      const { email, userName, userCreatedAt, ...token } = row;
      return {
        token: fromRow(token),
        user: { id: token.userId, email, name: userName, createdAt: userCreatedAt },
      };
    },
    async ofUser(userId, now) {
      const rows = await db
        .selectFrom('personalAccessTokens')
        .selectAll()
        .where('userId', '=', userId)
        .where((is) => is.or([is('expiresAt', 'is', null), is('expiresAt', '>', now)]))
        .orderBy('createdAt', 'desc')
        .orderBy('id')
        .execute();
      return rows.map(fromRow);
    },
    async recordUse(id, { at, expiresAt }) {
      await db
        .updateTable('personalAccessTokens')
        .set({ lastUsedAt: at, expiresAt })
        .where('id', '=', id)
        .where((is) => is.or([is('expiresAt', 'is', null), is('expiresAt', '>', at)]))
        .execute();
    },
    async remove(id, userId) {
      const remove = db.deleteFrom('personalAccessTokens').where('id', '=', id).where('userId', '=', userId);
      return changed(await remove.executeTakeFirst());
    },
    async removeByHash(tokenHash) {
      return changed(await db.deleteFrom('personalAccessTokens').where('tokenHash', '=', tokenHash).executeTakeFirst());
    },
    async removeOfUser(userId) {
      const remove = db.deleteFrom('personalAccessTokens').where('userId', '=', userId);
      return Number((await remove.executeTakeFirst()).numDeletedRows);
    },
    async removeExpired(before) {
      await db.deleteFrom('personalAccessTokens').where('expiresAt', '<=', before).execute();
    },
  };
}

function fromRow(row: Selectable<Tables['personalAccessTokens']>): PersonalAccessToken {
  const { originClient, originHostName, originIpAddress, ...token } = row;
  return { ...token, origin: { client: originClient, hostName: originHostName, ipAddress: originIpAddress } };
}
