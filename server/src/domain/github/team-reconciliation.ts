import type { GithubPerson } from './gateway.js';
import { organizationRef } from './installation.js';
import type { GithubConnection, GithubTeamRole } from './model.js';
import { asItIsNow, chunkSize, pause, settleAccounts, type GithubContext } from './observations.js';

export interface TeamReconciliation {
  /** As of when GitHub is asked. */
  begunAt: number;
  /** See `SettleReason`. */
  how: string;
}

/**
 * Asks GitHub who is in a team with a role here, and makes the roles follow.
 *
 * @throws {GithubUnavailable} and then nobody has left the team
 */
export async function reconcileTeam(
  connection: GithubConnection,
  { teamId }: GithubTeamRole,
  { begunAt, how }: TeamReconciliation,
  context: GithubContext,
): Promise<void> {
  const { database, gateway, stamps } = context;
  const { organizationId } = connection;
  const { teamMembers, members } = database.github;

  async function observe(people: readonly GithubPerson[], isPresent: boolean, observedAt: number): Promise<void> {
    if (people.length === 0) return;
    await database.transaction(async (repositories) => {
      const current = await asItIsNow(connection, repositories);
      if (current === null || (current.confirmedAt ?? 0) >= observedAt) return;
      const ids = people.map(({ githubUserId }) => githubUserId);
      await repositories.github.teamMembers.observe(
        ids.map((githubUserId) => ({ organizationId, teamId, githubUserId, isPresent, observedAt })),
      );
      await settleAccounts(repositories, current, ids, { how }, context);
    });
  }

  const listed = new Set<string>();
  for await (const { people } of gateway.teamMembers(
    organizationRef(connection),
    teamId,
    database.github.pages(organizationId),
  )) {
    for (const { githubUserId } of people) listed.add(githubUserId);
    const ids = people.map(({ githubUserId }) => githubUserId);
    const known = await teamMembers.findAll(organizationId, teamId, ids);
    const same = new Set(
      known
        .filter(({ isPresent, observedAt }) => isPresent || observedAt >= begunAt)
        .map(({ githubUserId }) => githubUserId),
    );
    await observe(
      people.filter(({ githubUserId }) => !same.has(githubUserId)),
      true,
      begunAt,
    );
    await pause();
  }

  let after = '';
  for (;;) {
    const present = await teamMembers.present(organizationId, teamId, after, chunkSize);
    const gone = present.filter((member) => member.observedAt < begunAt && !listed.has(member.githubUserId));
    for (const { githubUserId } of gone) {
      // A list that changes while it is read in pages may leave somebody out.
      const login = (await members.find(organizationId, githubUserId))?.login ?? '';
      const observedAt = stamps.next(begunAt);
      const isThere = await gateway.isTeamMember(organizationRef(connection), teamId, { login, githubUserId });
      await observe([{ githubUserId, login }], isThere, observedAt);
    }
    const last = present.at(-1);
    if (last === undefined || present.length < chunkSize) return;
    after = last.githubUserId;
    await pause();
  }
}
