import type { Kysely } from 'kysely';
import type { UserRepository } from '../domain/repositories.js';
import { changed } from './rows.js';
import type { Tables } from './schema.js';

export function createUserRepository(db: Kysely<Tables>): UserRepository {
  return {
    async insert(user) {
      const insert = db.insertInto('users').values(user);
      return changed(await insert.onConflict((conflict) => conflict.column('email').doNothing()).executeTakeFirst());
    },
    async findById(id) {
      return (await db.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst()) ?? null;
    },
    async findByIds(ids) {
      if (ids.length === 0) return [];
      return await db.selectFrom('users').selectAll().where('id', 'in', ids).execute();
    },
    async findByEmail(email) {
      return (await db.selectFrom('users').selectAll().where('email', '=', email).executeTakeFirst()) ?? null;
    },
    async passwordHash(userId) {
      const query = db.selectFrom('passwordCredentials').select('passwordHash').where('userId', '=', userId);
      return (await query.executeTakeFirst())?.passwordHash ?? null;
    },
    async setPasswordHash(userId, passwordHash, updatedAt) {
      await db
        .insertInto('passwordCredentials')
        .values({ userId, passwordHash, updatedAt })
        .onConflict((conflict) => conflict.column('userId').doUpdateSet({ passwordHash, updatedAt }))
        .execute();
    },
  };
}
