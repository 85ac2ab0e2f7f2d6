import type { Kysely } from 'kysely';
import type { AttemptRepository } from '../domain/repositories.js';
import type { Tables } from './schema.js';

export function createAttemptRepository(db: Kysely<Tables>): AttemptRepository {
  return {
    async insert({ id, kind, subject, at }) {
      await db.insertInto('attempts').values({ id, kind, subject, at }).execute();
    },
    async count({ kind, subject }, since) {
      const { count } = await db
        .selectFrom('attempts')
        .select((select) => select.fn.countAll<number | string | bigint>().as('count'))
        .where('kind', '=', kind)
        .where('subject', '=', subject)
        .where('at', '>', since)
        .executeTakeFirstOrThrow();
      return Number(count);
    },
    async oldest({ kind, subject }, since) {
      const query = db
        .selectFrom('attempts')
        .select('at')
        .where('kind', '=', kind)
        .where('subject', '=', subject)
        .where('at', '>', since)
        .orderBy('at')
        .limit(1);
      return (await query.executeTakeFirst())?.at ?? null;
    },
    async remove(id) {
      await db.deleteFrom('attempts').where('id', '=', id).execute();
    },
    async removeOlder(before) {
      await db.deleteFrom('attempts').where('at', '<=', before).execute();
    },
  };
}
