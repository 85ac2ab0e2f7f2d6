import type { Kysely } from 'kysely';
import type { Identity } from '../domain/model.js';
import type { IdentityRepository } from '../domain/repositories.js';
import { changed } from './rows.js';
import type { Tables } from './schema.js';

export function createIdentityRepository(db: Kysely<Tables>): IdentityRepository {
  const update = ({ issuer, subject }: Pick<Identity, 'issuer' | 'subject'>) =>
    db.updateTable('identities').where('issuer', '=', issuer).where('subject', '=', subject);
  const withUsers = () =>
    db
      .selectFrom('identities')
      .innerJoin('users', 'users.id', 'identities.userId')
      .selectAll('identities')
      .select(['users.email', 'users.name', 'users.createdAt as userSince']);

  return {
    async insert(identity) {
      const insert = db.insertInto('identities').values(identity);
      return changed(
        await insert.onConflict((conflict) => conflict.columns(['issuer', 'subject']).doNothing()).executeTakeFirst(),
      );
    },
    async find(issuer, subject) {
      const query = withUsers().where('issuer', '=', issuer).where('subject', '=', subject);
      const row = await query.executeTakeFirst();
      return row === undefined ? null : fromRow(row);
    },
    async ofUser(userId) {
      const query = db.selectFrom('identities').selectAll().where('userId', '=', userId);
      return await query.orderBy('issuer').orderBy('subject').execute();
    },
    async recordSignIn(identity, { at, sealedRefreshToken }) {
      const values = { label: identity.label, lastSignInAt: at, checkedAt: at, askedAt: at };
      const token = sealedRefreshToken === null ? {} : { sealedRefreshToken };
      await update(identity)
        .set({ ...values, ...token })
        .execute();
    },
    async recordCheck(identity, { at, former, sealedRefreshToken }) {
      const query = update(identity).set({ checkedAt: at, sealedRefreshToken });
      return changed(await query.where('sealedRefreshToken', '=', former).executeTakeFirst());
    },
    async forgetRefreshToken(identity, former) {
      const query = update(identity).set({ sealedRefreshToken: null });
      return changed(await query.where('sealedRefreshToken', '=', former).executeTakeFirst());
    },
    async due(issuer, before, limit) {
      const query = withUsers()
        .where('issuer', '=', issuer)
        .where('sealedRefreshToken', 'is not', null)
        .where((is) => is.or([is('askedAt', 'is', null), is('askedAt', '<=', before)]));
      // Whether NULL comes first or last is another thing in each database.
      const inOrder = query
        .orderBy((is) => is('askedAt', 'is not', null))
        .orderBy('askedAt')
        .orderBy('subject');
      return (await inOrder.limit(limit).execute()).map(fromRow);
    },
    async beginCheck(identity, { at, former, before }) {
      const query = update(identity)
        .set({ askedAt: at })
        .where('sealedRefreshToken', '=', former)
        .where((is) => is.or([is('askedAt', 'is', null), is('askedAt', '<=', before)]));
      return changed(await query.executeTakeFirst());
    },
    async remove({ issuer, subject, userId }) {
      const remove = db.deleteFrom('identities').where('issuer', '=', issuer).where('subject', '=', subject);
      return changed(await remove.where('userId', '=', userId).executeTakeFirst());
    },
  };
}

function fromRow({
  email,
  name,
  userSince,
  ...identity
}: Identity & { email: string; name: string; userSince: number }) {
  return { identity, user: { id: identity.userId, email, name, createdAt: userSince } };
}
