import type { GithubCounts } from './connections.js';
import type { GithubConnection } from './model.js';
import type { GithubContext } from './observations.js';
import { isStale } from './wanted-membership.js';

export async function githubCounts({ database, clock, staleAfterMs }: GithubContext): Promise<GithubCounts> {
  const now = clock();
  const all = await database.github.connections();
  const connections = { fine: 0, problem: 0, stale: 0, held: 0 };
  let heldMembers = 0;
  for (const connection of all) {
    connections[stateOf(connection, { now, staleAfterMs })]++;
    if (connection.heldAt !== null) {
      heldMembers += (await database.github.members.held(connection.organizationId)).length;
    }
  }
  const confirmations = all.map(({ confirmedAt, createdAt }) => now - (confirmedAt ?? createdAt));
  return {
    connections,
    oldestConfirmationMs: all.length === 0 ? null : Math.max(...confirmations),
    heldMembers,
    waitingChecks: await database.github.countChecks(),
  };
}

/** The worst that there is to say. */
function stateOf(
  connection: GithubConnection,
  times: { now: number; staleAfterMs: number },
): keyof GithubCounts['connections'] {
  if (isStale(connection, times)) return 'stale';
  if (connection.heldAt !== null) return 'held';
  return connection.problem === null ? 'fine' : 'problem';
}
