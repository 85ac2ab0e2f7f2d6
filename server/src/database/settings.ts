import type { Kysely } from 'kysely';
import type { SettingRepository } from '../domain/repositories.js';
import type { Tables } from './schema.js';

export function createSettingRepository(db: Kysely<Tables>): SettingRepository {
  return {
    async get(name) {
      return (
        (await db.selectFrom('settings').select('value').where('name', '=', name).executeTakeFirst())?.value ?? null
      );
    },
    async set(name, value) {
      await db
        .insertInto('settings')
        .values({ name, value })
        .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
        .execute();
    },
  };
}
