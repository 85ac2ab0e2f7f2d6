import type { Kysely, Selectable } from 'kysely';
import type { GithubTeamMemberRepository, TeamMember } from '../domain/github/repository.js';
import type { Tables } from './schema.js';

export function createGithubTeamMemberRepository(db: Kysely<Tables>): GithubTeamMemberRepository {
  const teamMembers = (organizationId: string, teamId: string) =>
    db
      .selectFrom('githubTeamMembers')
      .selectAll()
      .where('organizationId', '=', organizationId)
      .where('teamId', '=', teamId);
  const leave = (organizationId: string, observedAt: number) =>
    db
      .updateTable('githubTeamMembers')
      .set({ isPresent: 0, observedAt })
      .where('organizationId', '=', organizationId)
      .where('isPresent', '=', 1);

  return {
    async observe(observed) {
      if (observed.length === 0) return;
      await db
        .insertInto('githubTeamMembers')
        .values(observed.map(({ isPresent, ...rest }) => ({ ...rest, isPresent: isPresent ? (1 as const) : 0 })))
        .onConflict((conflict) =>
          conflict
            .columns(['organizationId', 'teamId', 'githubUserId'])
            .doUpdateSet((is) => ({
              isPresent: is.ref('excluded.isPresent'),
              observedAt: is.ref('excluded.observedAt'),
            }))
            .whereRef('githubTeamMembers.observedAt', '<', 'excluded.observedAt'),
        )
        .execute();
    },
    async findAll(organizationId, teamId, githubUserIds) {
      if (githubUserIds.length === 0) return [];
      const query = teamMembers(organizationId, teamId).where('githubUserId', 'in', githubUserIds);
      return (await query.execute()).map(fromRow);
    },
    async present(organizationId, teamId, after, limit) {
      const query = teamMembers(organizationId, teamId).where('isPresent', '=', 1).where('githubUserId', '>', after);
      return (await query.orderBy('githubUserId').limit(limit).execute()).map(fromRow);
    },
    async leaveAll(organizationId, githubUserIds, observedAt) {
      await leave(organizationId, observedAt).where('githubUserId', 'in', githubUserIds).execute();
    },
    async empty(organizationId, teamId, observedAt) {
      await leave(organizationId, observedAt).where('teamId', '=', teamId).execute();
    },
    async removeAbsentBefore(before) {
      await db.deleteFrom('githubTeamMembers').where('isPresent', '=', 0).where('observedAt', '<', before).execute();
    },
  };
}

function fromRow({ isPresent, ...rest }: Selectable<Tables['githubTeamMembers']>): TeamMember {
  return { ...rest, isPresent: isPresent === 1 };
}
