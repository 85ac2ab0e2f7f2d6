import type { ExpressionBuilder, Kysely, Selectable } from 'kysely';
import type { GithubMember } from '../domain/github/model.js';
import type { GithubMemberRepository, Standing } from '../domain/github/repository.js';
import { changed } from './rows.js';
import type { Tables } from './schema.js';

export function createGithubMemberRepository(db: Kysely<Tables>): GithubMemberRepository {
  const members = (organizationId: string) =>
    db.selectFrom('githubMembers').selectAll().where('organizationId', '=', organizationId);
  /** With the accounts here that are linked to them. */
  const accounts = (organizationId: string, issuer: string) =>
    db
      .selectFrom('githubMembers')
      .innerJoin('identities', (join) =>
        join.onRef('identities.subject', '=', 'githubMembers.githubUserId').on('identities.issuer', '=', issuer),
      )
      .where('githubMembers.organizationId', '=', organizationId)
      .where('githubMembers.isPresent', '=', 1);

  return {
    async find(organizationId, githubUserId) {
      const row = await members(organizationId).where('githubUserId', '=', githubUserId).executeTakeFirst();
      return row === undefined ? null : fromRow(row);
    },
    async findAll(organizationId, githubUserIds) {
      if (githubUserIds.length === 0) return [];
      return (await members(organizationId).where('githubUserId', 'in', githubUserIds).execute()).map(fromRow);
    },
    async present(organizationId, after, limit) {
      const query = members(organizationId).where('isPresent', '=', 1).where('githubUserId', '>', after);
      return (await query.orderBy('githubUserId').limit(limit).execute()).map(fromRow);
    },
    async held(organizationId) {
      const query = members(organizationId).where('isHeld', '=', 1);
      return (await query.orderBy('login').orderBy('githubUserId').execute()).map(fromRow);
    },
    async heldEmails(organizationId, issuer) {
      const query = accounts(organizationId, issuer)
        .innerJoin('users', 'users.id', 'identities.userId')
        .select(['githubMembers.githubUserId', 'users.email'])
        .where('githubMembers.isHeld', '=', 1);
      return new Map((await query.execute()).map(({ githubUserId, email }) => [githubUserId, email]));
    },
    async observe(observed) {
      if (observed.length === 0) return;
      await db
        .insertInto('githubMembers')
        .values(observed.map(toRow))
        .onConflict((conflict) =>
          conflict
            .columns(['organizationId', 'githubUserId'])
            .doUpdateSet((is) => ({
              login: is.ref('excluded.login'),
              isAdmin: is.ref('excluded.isAdmin'),
              isPresent: is.ref('excluded.isPresent'),
              isHeld: is.ref('excluded.isHeld'),
              observedAt: is.ref('excluded.observedAt'),
            }))
            .whereRef('githubMembers.observedAt', '<', 'excluded.observedAt'),
        )
        .execute();
    },
    async hold(organizationId, githubUserIds, observedAt) {
      await db
        .updateTable('githubMembers')
        .set({ isHeld: 1, observedAt })
        .where('organizationId', '=', organizationId)
        .where('githubUserId', 'in', githubUserIds)
        .where('isPresent', '=', 1)
        .where('observedAt', '<', observedAt)
        .execute();
    },
    async setHeldAt(organizationId, heldAt) {
      const update = db.updateTable('githubConnections').set({ heldAt });
      await update.where('organizationId', '=', organizationId).execute();
    },
    async clearHeldAt(organizationId, heldAt) {
      const update = db.updateTable('githubConnections').set({ heldAt: null });
      return changed(
        await update.where('organizationId', '=', organizationId).where('heldAt', '=', heldAt).executeTakeFirst(),
      );
    },
    async latestObservation(organizationId) {
      const query = db
        .selectFrom('githubMembers')
        .select((select) => select.fn.max('observedAt').as('latest'))
        .where('organizationId', '=', organizationId);
      return (await query.executeTakeFirst())?.latest ?? 0;
    },
    async count(organizationId, issuer) {
      const query = db
        .selectFrom('githubMembers')
        .select(({ fn }) => [fn.countAll<number | string>().as('present'), fn.sum<number | null>('isHeld').as('held')])
        .where('organizationId', '=', organizationId)
        .where('isPresent', '=', 1);
      const { present, held } = await query.executeTakeFirstOrThrow();
      const linked = accounts(organizationId, issuer).select(({ fn }) => fn.countAll<number | string>().as('count'));
      const { count } = await linked.executeTakeFirstOrThrow();
      const suspended = db
        .selectFrom('memberships')
        .select(({ fn }) => fn.countAll<number | string>().as('count'))
        .where('organizationId', '=', organizationId)
        .where('source', '=', 'github')
        .where('suspendedAt', 'is not', null);
      return {
        present: Number(present),
        withAccount: Number(count),
        suspended: Number((await suspended.executeTakeFirstOrThrow()).count),
        held: held ?? 0,
      };
    },
    async removeAbsentBefore(before) {
      await db.deleteFrom('githubMembers').where('isPresent', '=', 0).where('observedAt', '<', before).execute();
    },

    async linkedUsers(issuer, githubUserIds) {
      if (githubUserIds.length === 0) return [];
      const query = db.selectFrom('identities').select('userId').distinct().where('issuer', '=', issuer);
      return (await query.where('subject', 'in', githubUserIds).execute()).map(({ userId }) => userId);
    },
    async accounts(organizationId, issuer, after, limit) {
      return await accounts(organizationId, issuer)
        .select(['githubMembers.githubUserId', 'identities.userId'])
        .where('githubMembers.githubUserId', '>', after)
        .orderBy('githubMembers.githubUserId')
        .limit(limit)
        .execute();
    },
    async withoutGround(organizationId, issuer, limit) {
      const rows = await db
        .selectFrom('memberships')
        .select('userId')
        .where('organizationId', '=', organizationId)
        .where('source', '=', 'github')
        .where((is) => is.not(is.exists(accountOfMember(is, organizationId, issuer))))
        .limit(limit)
        .execute();
      return rows.map(({ userId }) => userId);
    },
    async standings(organizationId, issuer, userIds) {
      if (userIds.length === 0) return [];
      const people = await db
        .selectFrom('users')
        .leftJoin('memberships', (join) =>
          join.onRef('memberships.userId', '=', 'users.id').on('memberships.organizationId', '=', organizationId),
        )
        .select(['users.id', 'users.email', 'memberships.role', 'memberships.source', 'memberships.suspendedAt'])
        .where('users.id', 'in', userIds)
        .execute();
      const linked = await accounts(organizationId, issuer)
        .leftJoin('githubTeamMembers', (join) =>
          join
            .onRef('githubTeamMembers.organizationId', '=', 'githubMembers.organizationId')
            .onRef('githubTeamMembers.githubUserId', '=', 'githubMembers.githubUserId')
            .on('githubTeamMembers.isPresent', '=', 1),
        )
        .leftJoin('githubTeamRoles', (join) =>
          join
            .onRef('githubTeamRoles.organizationId', '=', 'githubTeamMembers.organizationId')
            .onRef('githubTeamRoles.teamId', '=', 'githubTeamMembers.teamId'),
        )
        .select([
          'identities.userId',
          'githubMembers.githubUserId',
          'githubMembers.isAdmin',
          'githubMembers.isHeld',
          'githubTeamRoles.role',
        ])
        .where('identities.userId', 'in', userIds)
        .execute();
      return people.map((person) => standingOf(person, linked));
    },
  };
}

/** The accounts of the member that the query around this one is about. */
function accountOfMember(is: ExpressionBuilder<Tables, 'memberships'>, organizationId: string, issuer: string) {
  return is
    .selectFrom('identities')
    .innerJoin('githubMembers', 'githubMembers.githubUserId', 'identities.subject')
    .select('identities.userId')
    .whereRef('identities.userId', '=', 'memberships.userId')
    .where('identities.issuer', '=', issuer)
    .where('githubMembers.organizationId', '=', organizationId)
    .where('githubMembers.isPresent', '=', 1);
}

type PersonRow = { id: string; email: string } & {
  [Column in 'role' | 'source' | 'suspendedAt']: Selectable<Tables['memberships']>[Column] | null;
};

interface AccountRow {
  userId: string;
  githubUserId: string;
  isAdmin: 0 | 1;
  isHeld: 0 | 1;
  role: Selectable<Tables['githubTeamRoles']>['role'] | null;
}

function standingOf({ id, email, role, source, suspendedAt }: PersonRow, linked: readonly AccountRow[]): Standing {
  const accounts = new Map<string, Standing['accounts'][number]>();
  for (const row of linked) {
    if (row.userId !== id) continue;
    const account = accounts.get(row.githubUserId) ?? {
      isAdmin: row.isAdmin === 1,
      isHeld: row.isHeld === 1,
      teamRoles: [],
    };
    if (row.role !== null) account.teamRoles.push(row.role);
    accounts.set(row.githubUserId, account);
  }
  const membership = role === null || source === null ? null : { role, source, suspendedAt };
  return { user: { id, email }, membership, accounts: [...accounts.values()] };
}

function toRow({ isAdmin, isPresent, isHeld, ...rest }: GithubMember): Tables['githubMembers'] {
  return { ...rest, isAdmin: isAdmin ? 1 : 0, isPresent: isPresent ? 1 : 0, isHeld: isHeld ? 1 : 0 };
}

function fromRow({ isAdmin, isPresent, isHeld, ...rest }: Selectable<Tables['githubMembers']>): GithubMember {
  return { ...rest, isAdmin: isAdmin === 1, isPresent: isPresent === 1, isHeld: isHeld === 1 };
}
