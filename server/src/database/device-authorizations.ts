import type { Kysely } from 'kysely';
import type { DeviceAuthorizationRepository } from '../domain/repositories.js';
import { changed } from './rows.js';
import type { Tables } from './schema.js';

export function createDeviceAuthorizationRepository(db: Kysely<Tables>): DeviceAuthorizationRepository {
  const pending = (id: string) =>
    db.updateTable('deviceAuthorizations').where('id', '=', id).where('status', '=', 'pending');

  return {
    async insert(authorization) {
      const insert = db.insertInto('deviceAuthorizations').values(authorization);
      return changed(await insert.onConflict((conflict) => conflict.column('userCode').doNothing()).executeTakeFirst());
    },
    async findByDeviceCodeHash(deviceCodeHash) {
      const query = db.selectFrom('deviceAuthorizations').selectAll().where('deviceCodeHash', '=', deviceCodeHash);
      return (await query.executeTakeFirst()) ?? null;
    },
    async findPendingByUserCode(userCode, now) {
      const query = db
        .selectFrom('deviceAuthorizations')
        .selectAll()
        .where('userCode', '=', userCode)
        .where('status', '=', 'pending')
        .where('expiresAt', '>', now);
      return (await query.executeTakeFirst()) ?? null;
    },
    async decide(id, { status, userId, at }) {
      return changed(await pending(id).set({ status, userId }).where('expiresAt', '>', at).executeTakeFirst());
    },
    async recordPoll(id, { at, toleranceMs }) {
      const update = pending(id)
        .set({ lastPolledAt: at })
        .where((is) =>
          is.or([
            is('lastPolledAt', 'is', null),
            is(is('lastPolledAt', '+', is('intervalSeconds', '*', 1000)), '<=', at + toleranceMs),
          ]),
        );
      return changed(await update.executeTakeFirst());
    },
    async slowDown(id, { at, addSeconds }) {
      const update = pending(id).set((column) => ({
        lastPolledAt: at,
        intervalSeconds: column('intervalSeconds', '+', addSeconds),
      }));
      return changed(await update.executeTakeFirst());
    },
    async redeem(id, at) {
      const update = db
        .updateTable('deviceAuthorizations')
        .set({ status: 'redeemed' })
        .where('id', '=', id)
        .where('status', '=', 'approved')
        .where('expiresAt', '>', at);
      return changed(await update.executeTakeFirst());
    },
    async cancel(deviceCodeHash) {
      const update = db
        .updateTable('deviceAuthorizations')
        .set({ status: 'cancelled' })
        .where('deviceCodeHash', '=', deviceCodeHash)
        .where('status', 'in', ['pending', 'approved']);
      return changed(await update.executeTakeFirst());
    },
    async cancelOfUser(userId) {
      await db
        .updateTable('deviceAuthorizations')
        .set({ status: 'cancelled' })
        .where('userId', '=', userId)
        .where('status', '=', 'approved')
        .execute();
    },
    async removeExpired(before) {
      await db.deleteFrom('deviceAuthorizations').where('expiresAt', '<=', before).execute();
    },
  };
}
