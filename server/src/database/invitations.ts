import type { Kysely } from 'kysely';
import type { InvitationRepository } from '../domain/repositories.js';
import { changed } from './rows.js';
import type { Tables } from './schema.js';

export function createInvitationRepository(db: Kysely<Tables>): InvitationRepository {
  return {
    async insert(invitation) {
      await db.insertInto('invitations').values(invitation).execute();
    },
    async findByHash(invitationHash) {
      const row = await db
        .selectFrom('invitations')
        .innerJoin('users', 'users.id', 'invitations.userId')
        .selectAll('users')
        .select(['invitations.createdAt as invitedAt', 'invitations.expiresAt', 'invitations.usedAt'])
        .where('invitationHash', '=', invitationHash)
        .executeTakeFirst();
      if (row === undefined) return null;
      const { invitedAt, expiresAt, usedAt, ...user } = row;
      return { user, invitation: { invitationHash, userId: user.id, createdAt: invitedAt, expiresAt, usedAt } };
    },
    async redeem(invitationHash, at) {
      const update = db
        .updateTable('invitations')
        .set({ usedAt: at })
        .where('invitationHash', '=', invitationHash)
        .where('usedAt', 'is', null)
        .where('expiresAt', '>', at);
      return changed(await update.executeTakeFirst());
    },
    async removeOfUser(userId) {
      await db.deleteFrom('invitations').where('userId', '=', userId).execute();
    },
    async removeExpired(before) {
      await db.deleteFrom('invitations').where('expiresAt', '<=', before).execute();
    },
  };
}
