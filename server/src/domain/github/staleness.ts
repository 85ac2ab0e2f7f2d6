import type { Clock } from '../model.js';
import type { Database } from '../repositories.js';
import { settleMembership } from '../sourced-memberships.js';
import type { GithubConnection } from './model.js';
import { byGithub, chunkSize, pause } from './observations.js';
import { isStale } from './wanted-membership.js';

const hour = 60 * 60_000;

export const defaultStaleAfterMs = 24 * hour;

/**
 * Suspends the memberships that GitHub has not confirmed for too long, also when the server knows no GitHub (any more).
 * The next complete reconciliation restores those that it finds.
 */
export async function suspendStale({
  database,
  clock,
  staleAfterMs,
}: {
  database: Database;
  clock: Clock;
  staleAfterMs: number;
}): Promise<void> {
  const isTooOld = (connection: GithubConnection) => isStale(connection, { now: clock(), staleAfterMs });
  for (const connection of await database.github.connections()) {
    if (!isTooOld(connection)) continue;
    while (await suspendSome(connection)) await pause();
  }

  /** `false`: there are none left. */
  async function suspendSome({ organizationId }: GithubConnection): Promise<boolean> {
    return await database.transaction(async (repositories) => {
      const connection = await repositories.github.connection(organizationId);
      if (connection === null || !isTooOld(connection)) return false;
      const memberships = await repositories.organizations.ofSource.all(organizationId, 'github');
      const active = memberships.filter(({ suspendedAt }) => suspendedAt === null).slice(0, chunkSize);
      const users = await repositories.users.findByIds(active.map(({ userId }) => userId));
      const emails = new Map(users.map(({ id, email }) => [id, email]));
      const hours = Math.floor(staleAfterMs / hour);
      for (const { userId, role, suspendedAt } of active) {
        await settleMembership(
          {
            user: { id: userId, email: emails.get(userId) ?? userId },
            organizationId,
            source: 'github',
            current: { role, suspendedAt },
            wanted: { role, isSuspended: true },
            initiator: byGithub(connection),
            cause: `GitHub: has not said for ${hours} hours who the members of ${connection.login} are`,
          },
          { repositories, clock },
        );
      }
      return active.length === chunkSize;
    });
  }
}
