import type { Kysely } from 'kysely';
import type { SessionRepository } from '../domain/repositories.js';
import type { Tables } from './schema.js';

export function createSessionRepository(db: Kysely<Tables>): SessionRepository {
  return {
    async insert(session) {
      await db.insertInto('sessions').values(session).execute();
    },
    async findByHash(sessionHash) {
      const row = await db
        .selectFrom('sessions')
        .innerJoin('users', 'users.id', 'sessions.userId')
        .selectAll('users')
        .select(['sessions.createdAt as begunAt', 'sessions.lastSeenAt'])
        .where('sessionHash', '=', sessionHash)
        .executeTakeFirst();
      if (row === undefined) return null;
      const { begunAt, lastSeenAt, ...user } = row;
      return { user, session: { sessionHash, userId: user.id, createdAt: begunAt, lastSeenAt } };
    },
    async recordUse(sessionHash, lastSeenAt) {
      await db.updateTable('sessions').set({ lastSeenAt }).where('sessionHash', '=', sessionHash).execute();
    },
    async remove(sessionHash) {
      await db.deleteFrom('sessions').where('sessionHash', '=', sessionHash).execute();
    },
    async removeOfUser(userId) {
      await db.deleteFrom('sessions').where('userId', '=', userId).execute();
    },
    async removeExpired({ createdBefore, seenBefore }) {
      await db
        .deleteFrom('sessions')
        .where((is) => is.or([is('createdAt', '<=', createdBefore), is('lastSeenAt', '<=', seenBefore)]))
        .execute();
    },
  };
}
