import { expressionBuilder, type Kysely } from 'kysely';
import type { Membership, User } from '../domain/model.js';
import type { Member, OrganizationRepository, SourcedMembershipKey } from '../domain/repositories.js';
import { changed } from './rows.js';
import type { Tables } from './schema.js';

export function createOrganizationRepository(db: Kysely<Tables>): OrganizationRepository {
  const owners = (organizationId: string) =>
    db
      .selectFrom('memberships')
      .where('organizationId', '=', organizationId)
      .where('role', '=', 'owner')
      .where('suspendedAt', 'is', null);

  const members = (organizationId: string) =>
    db
      .selectFrom('memberships')
      .innerJoin('users', 'users.id', 'memberships.userId')
      .leftJoin('passwordCredentials', 'passwordCredentials.userId', 'users.id')
      .selectAll('users')
      .select((is) => [
        'memberships.role',
        'memberships.source',
        'memberships.createdAt as memberSince',
        'memberships.suspendedAt',
        is
          .or([
            is('passwordCredentials.userId', 'is not', null),
            is.exists(is.selectFrom('identities').select('userId').whereRef('identities.userId', '=', 'users.id')),
          ])
          .as('active'),
      ])
      .where('memberships.organizationId', '=', organizationId);

  return {
    async insert(organization) {
      const insert = db.insertInto('organizations').values(organization);
      return changed(await insert.onConflict((conflict) => conflict.column('slug').doNothing()).executeTakeFirst());
    },
    async findBySlug(slug) {
      return (await db.selectFrom('organizations').selectAll().where('slug', '=', slug).executeTakeFirst()) ?? null;
    },
    async all() {
      return await db.selectFrom('organizations').selectAll().orderBy('slug').execute();
    },
    async addMember(membership) {
      const insert = db.insertInto('memberships').values(membership);
      return changed(
        await insert
          .onConflict((conflict) => conflict.columns(['userId', 'organizationId']).doNothing())
          .executeTakeFirst(),
      );
    },
    async membership(userId, organizationId) {
      const query = db
        .selectFrom('memberships')
        .selectAll()
        .where('userId', '=', userId)
        .where('organizationId', '=', organizationId)
        .where('suspendedAt', 'is', null);
      return (await query.executeTakeFirst()) ?? null;
    },
    async isSuspended(userId, organizationId) {
      const query = db.selectFrom('memberships').select('userId').where('userId', '=', userId);
      const suspended = query.where('organizationId', '=', organizationId).where('suspendedAt', 'is not', null);
      return (await suspended.executeTakeFirst()) !== undefined;
    },
    async ofUser(userId) {
      const rows = await db
        .selectFrom('memberships')
        .innerJoin('organizations', 'organizations.id', 'memberships.organizationId')
        .selectAll('organizations')
        .select(['memberships.role', 'memberships.source', 'memberships.createdAt as memberSince'])
        .where('memberships.userId', '=', userId)
        .where('memberships.suspendedAt', 'is', null)
        .orderBy('organizations.slug')
        .execute();
      return rows.map(({ role, source, memberSince, ...organization }) => ({
        organization,
        membership: {
          userId,
          organizationId: organization.id,
          role,
          source,
          createdAt: memberSince,
          suspendedAt: null,
        },
      }));
    },
    async member(userId, organizationId) {
      const row = await members(organizationId).where('users.id', '=', userId).executeTakeFirst();
      return row === undefined ? null : memberFromRow(organizationId, row);
    },
    async members(organizationId) {
      const rows = await members(organizationId).orderBy('users.email').execute();
      return rows.map((row) => memberFromRow(organizationId, row));
    },
    async size(organizationId) {
      const count = async (table: 'memberships' | 'workspaces') => {
        const query = db
          .selectFrom(table)
          .select((select) => select.fn.countAll<number | string | bigint>().as('count'))
          .where('organizationId', '=', organizationId);
        return Number((await query.executeTakeFirstOrThrow()).count);
      };
      return { members: await count('memberships'), workspaces: await count('workspaces') };
    },
    async setRole(userId, organizationId, role) {
      return await change(userId, organizationId, { role });
    },
    async makeManual(userId, organizationId, role) {
      return await change(userId, organizationId, { role, source: 'manual', suspendedAt: null });
    },
    async removeMember(userId, organizationId) {
      const remove = db
        .deleteFrom('memberships')
        .where('userId', '=', userId)
        .where('organizationId', '=', organizationId)
        .where(notTheLast(userId, organizationId));
      return changed(await remove.executeTakeFirst());
    },
    async hasOwner(organizationId) {
      return (await owners(organizationId).select('userId').limit(1).executeTakeFirst()) !== undefined;
    },
    async withoutOwner() {
      const query = db.selectFrom('organizations').selectAll().orderBy('slug');
      return await query
        .where((is) =>
          is.not(
            is.exists(
              is
                .selectFrom('memberships')
                .select('userId')
                .whereRef('memberships.organizationId', '=', 'organizations.id')
                .where('role', '=', 'owner')
                .where('suspendedAt', 'is', null),
            ),
          ),
        )
        .execute();
    },
    ofSource: {
      async setRole(key, role) {
        return changed(await sourced(key).set({ role }).where('role', '!=', role).executeTakeFirst());
      },
      async remove({ userId, organizationId, source }) {
        const remove = db.deleteFrom('memberships').where('userId', '=', userId);
        return changed(
          await remove.where('organizationId', '=', organizationId).where('source', '=', source).executeTakeFirst(),
        );
      },
      async suspend(key, suspendedAt) {
        return changed(await sourced(key).set({ suspendedAt }).where('suspendedAt', 'is', null).executeTakeFirst());
      },
      async restore(key) {
        const restored = sourced(key).set({ suspendedAt: null }).where('suspendedAt', 'is not', null);
        return changed(await restored.executeTakeFirst());
      },
      async all(organizationId, source) {
        const query = db.selectFrom('memberships').selectAll().where('organizationId', '=', organizationId);
        return await query.where('source', '=', source).orderBy('userId').execute();
      },
      async ofUser(userId, source) {
        const query = db.selectFrom('memberships').selectAll().where('userId', '=', userId);
        return await query.where('source', '=', source).orderBy('organizationId').execute();
      },
      async notLinkedTo(issuers, source, limit) {
        const query = db.selectFrom('memberships').selectAll().where('source', '=', source);
        return await query
          .where('suspendedAt', 'is', null)
          .where((is) =>
            is.not(
              is.exists(
                is
                  .selectFrom('identities')
                  .select('identities.userId')
                  .whereRef('identities.userId', '=', 'memberships.userId')
                  .where('issuer', 'in', issuers),
              ),
            ),
          )
          .orderBy('userId')
          .orderBy('organizationId')
          .limit(limit)
          .execute();
      },
    },
  };

  function sourced({ userId, organizationId, source }: SourcedMembershipKey) {
    return db
      .updateTable('memberships')
      .where('userId', '=', userId)
      .where('organizationId', '=', organizationId)
      .where('source', '=', source);
  }

  /** A last owner stays one. */
  async function change(
    userId: string,
    organizationId: string,
    values: Pick<Membership, 'role'> & Partial<Pick<Membership, 'source' | 'suspendedAt'>>,
  ): Promise<boolean> {
    let update = db
      .updateTable('memberships')
      .set(values)
      .where('userId', '=', userId)
      .where('organizationId', '=', organizationId);
    if (values.role !== 'owner') update = update.where(notTheLast(userId, organizationId));
    return changed(await update.executeTakeFirst());
  }

  /** Somebody else owns it as well, or this one does not. */
  function notTheLast(userId: string, organizationId: string) {
    const is = expressionBuilder<Tables, 'memberships'>();
    return is.or([
      is.exists(owners(organizationId).select('userId').where('userId', '!=', userId)),
      is.not(is.exists(owners(organizationId).select('userId').where('userId', '=', userId))),
    ]);
  }
}

function memberFromRow(
  organizationId: string,
  { role, source, memberSince, suspendedAt, active, ...user }: MemberRow,
): Member {
  return {
    user,
    membership: { userId: user.id, organizationId, role, source, createdAt: memberSince, suspendedAt },
    // SQLite has no booleans.
    active: Boolean(active),
  };
}

interface MemberRow extends User {
  role: Membership['role'];
  source: Membership['source'];
  memberSince: number;
  suspendedAt: number | null;
  active: boolean | 0 | 1;
}
