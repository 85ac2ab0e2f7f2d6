import type { ExpressionBuilder, Kysely, Selectable } from 'kysely';
import type { PageMemory, RememberedPage } from '../domain/github/gateway.js';
import type { GithubCheck } from '../domain/github/model.js';
import type { GithubRepository } from '../domain/github/repository.js';
import { createGithubMemberRepository } from './github-members.js';
import { createGithubTeamMemberRepository } from './github-team-members.js';
import { changed } from './rows.js';
import type { Tables } from './schema.js';

export function createGithubRepository(db: Kysely<Tables>): GithubRepository {
  const connections = () => db.selectFrom('githubConnections').selectAll();
  const updateConnection = (organizationId: string) =>
    db.updateTable('githubConnections').where('organizationId', '=', organizationId);

  /** Owners for another reason than GitHub. */
  const otherOwners = (organizationId: string) =>
    db
      .selectFrom('memberships')
      .select('userId')
      .where('organizationId', '=', organizationId)
      .where('role', '=', 'owner')
      .where('source', '!=', 'github')
      .where('suspendedAt', 'is', null);

  return {
    async insertConnection(connection) {
      const insert = db.insertInto('githubConnections').values(connection);
      return changed(
        await insert.onConflict((conflict) => conflict.column('organizationId').doNothing()).executeTakeFirst(),
      );
    },
    async connection(organizationId) {
      return (await connections().where('organizationId', '=', organizationId).executeTakeFirst()) ?? null;
    },
    async connections() {
      return await connections().orderBy('organizationId').execute();
    },
    async connectionsTo(issuer, githubOrganizationId) {
      const query = connections().where('githubOrganizationId', '=', githubOrganizationId);
      return await query.where('issuer', '=', issuer).orderBy('organizationId').execute();
    },
    async connectionsOfInstallation(issuer, installationId) {
      const query = connections().where('installationId', '=', installationId);
      return await query.where('issuer', '=', issuer).orderBy('organizationId').execute();
    },
    async changeConnection(organizationId, change) {
      if (Object.keys(change).length > 0) await updateConnection(organizationId).set(change).execute();
    },
    async setInstallationState(organizationId, installationState) {
      const update = updateConnection(organizationId).set({ installationState });
      return changed(await update.where('installationState', '!=', installationState).executeTakeFirst());
    },
    async confirm(organizationId, confirmedAt) {
      await updateConnection(organizationId).set({ confirmedAt, problem: null, problemAt: null }).execute();
    },
    async recordProblem(organizationId, problem, problemAt) {
      await updateConnection(organizationId).set({ problem, problemAt }).execute();
    },
    async isOwnedOtherwise(organizationId) {
      return (await otherOwners(organizationId).limit(1).executeTakeFirst()) !== undefined;
    },
    async removeConnection(organizationId) {
      const remove = db.deleteFrom('githubConnections').where('organizationId', '=', organizationId);
      return changed(await remove.where((is) => is.exists(otherOwners(organizationId))).executeTakeFirst());
    },

    async teamRoles(organizationId) {
      const query = db.selectFrom('githubTeamRoles').select(['teamId', 'slug', 'role']);
      return await query.where('organizationId', '=', organizationId).orderBy('slug').execute();
    },
    async setTeamRoles(organizationId, teamRoles) {
      await db.deleteFrom('githubTeamRoles').where('organizationId', '=', organizationId).execute();
      const rows = teamRoles.map((teamRole) => ({ organizationId, ...teamRole }));
      if (rows.length > 0) await db.insertInto('githubTeamRoles').values(rows).execute();
      let forget = db.deleteFrom('githubTeamMembers').where('organizationId', '=', organizationId);
      const kept = teamRoles.map(({ teamId }) => teamId);
      if (kept.length > 0) forget = forget.where('teamId', 'not in', kept);
      await forget.execute();
    },
    async renameTeam(organizationId, teamId, slug) {
      const update = db.updateTable('githubTeamRoles').set({ slug }).where('organizationId', '=', organizationId);
      await update.where('teamId', '=', teamId).execute();
    },

    members: createGithubMemberRepository(db),
    teamMembers: createGithubTeamMemberRepository(db),
    pages: (organizationId) => createPageMemory(db, organizationId),

    async queueCheck(check) {
      const { organizationId, githubUserId, ...values } = check;
      await db
        .insertInto('githubChecks')
        .values({ organizationId, githubUserId, ...values })
        .onConflict((conflict) => conflict.columns(['organizationId', 'githubUserId']).doUpdateSet(values))
        .execute();
    },
    async dueChecks(issuer, now, limit) {
      const query = db
        .selectFrom('githubChecks')
        .innerJoin('githubConnections', 'githubConnections.organizationId', 'githubChecks.organizationId')
        .selectAll('githubChecks')
        .where('githubConnections.issuer', '=', issuer)
        .where('dueAt', '<=', now);
      return await query.orderBy('dueAt').limit(limit).execute();
    },
    async countChecks() {
      const query = db
        .selectFrom('githubChecks')
        .select((select) => select.fn.countAll<number | string | bigint>().as('count'));
      return Number((await query.executeTakeFirstOrThrow()).count);
    },
    async postponeCheck(check, dueAt) {
      const update = db.updateTable('githubChecks').set({ dueAt, attempts: check.attempts + 1 });
      return changed(await update.where((is) => isSameCheck(is, check)).executeTakeFirst());
    },
    async removeCheck(check) {
      const remove = db.deleteFrom('githubChecks').where((is) => isSameCheck(is, check));
      return changed(await remove.executeTakeFirst());
    },
    async removeChecksBefore(organizationId, queuedBefore) {
      const remove = db.deleteFrom('githubChecks').where('organizationId', '=', organizationId);
      await remove.where('queuedAt', '<', queuedBefore).execute();
    },

    async insertDelivery(deliveryId, receivedAt) {
      const insert = db.insertInto('githubDeliveries').values({ deliveryId, receivedAt });
      return changed(
        await insert.onConflict((conflict) => conflict.column('deliveryId').doNothing()).executeTakeFirst(),
      );
    },
    async removeDeliveriesBefore(before) {
      await db.deleteFrom('githubDeliveries').where('receivedAt', '<', before).execute();
    },
  };
}

function isSameCheck(
  is: ExpressionBuilder<Tables, 'githubChecks'>,
  { organizationId, githubUserId, queuedAt }: GithubCheck,
) {
  return is.and([
    is('organizationId', '=', organizationId),
    is('githubUserId', '=', githubUserId),
    is('queuedAt', '=', queuedAt),
  ]);
}

function createPageMemory(db: Kysely<Tables>, organizationId: string): PageMemory {
  return {
    async find(list, page) {
      const query = db.selectFrom('githubPages').selectAll().where('organizationId', '=', organizationId);
      const row = await query.where('list', '=', list).where('page', '=', page).executeTakeFirst();
      return row === undefined ? null : fromRow(row);
    },
    async keep(list, page, { etag, ...rest }) {
      const values = { etag, content: JSON.stringify(rest) };
      await db
        .insertInto('githubPages')
        .columns(['organizationId', 'list', 'page', 'etag', 'content'])
        // Nothing when the organization has been disconnected meanwhile.
        .expression((is) =>
          is
            .selectFrom('githubConnections')
            .select('organizationId')
            .select([is.val(list).as('list'), is.val(page).as('page')])
            .select([is.val(values.etag).as('etag'), is.val(values.content).as('content')])
            .where('organizationId', '=', organizationId),
        )
        .onConflict((conflict) => conflict.columns(['organizationId', 'list', 'page']).doUpdateSet(values))
        .execute();
    },
    async forgetFrom(list, page) {
      const remove = db.deleteFrom('githubPages').where('organizationId', '=', organizationId);
      await remove.where('list', '=', list).where('page', '>=', page).execute();
    },
  };
}

function fromRow({ etag, content }: Selectable<Tables['githubPages']>): RememberedPage {
  // This program alone writes it, and any other content would be a damaged database.
  const { people, hasNext } = JSON.parse(content) as Omit<RememberedPage, 'etag'>;
  return { etag, people, hasNext };
}
