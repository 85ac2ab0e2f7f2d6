import type { Kysely } from 'kysely';
import type { OrganizationRepository } from '../domain/repositories.js';
import { changed } from './rows.js';
import type { Tables } from './schema.js';

export function createOrganizationRepository(db: Kysely<Tables>): OrganizationRepository {
  return {
    async insert(organization) {
      const insert = db.insertInto('organizations').values(organization);
      return changed(await insert.onConflict((conflict) => conflict.column('slug').doNothing()).executeTakeFirst());
    },
    async findBySlug(slug) {
      return (await db.selectFrom('organizations').selectAll().where('slug', '=', slug).executeTakeFirst()) ?? null;
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
        .where('organizationId', '=', organizationId);
      return (await query.executeTakeFirst()) ?? null;
    },
    async ofUser(userId) {
      const rows = await db
        .selectFrom('memberships')
        .innerJoin('organizations', 'organizations.id', 'memberships.organizationId')
        .selectAll('organizations')
        .select(['memberships.role', 'memberships.source', 'memberships.createdAt as memberSince'])
        .where('memberships.userId', '=', userId)
        .orderBy('organizations.slug')
        .execute();
      return rows.map(({ role, source, memberSince, ...organization }) => ({
        organization,
        membership: { userId, organizationId: organization.id, role, source, createdAt: memberSince },
      }));
    },
  };
}
