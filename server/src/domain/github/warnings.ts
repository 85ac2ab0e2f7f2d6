import type { MemberCounts } from './connections.js';
import type { GithubConnection } from './model.js';
import { isStale } from './wanted-membership.js';

export interface WarningsContext {
  now: number;
  staleAfterMs: number;
  /** The organization here. */
  slug: string;
  /** Of the GitHub that the server is configured for. */
  issuer: string;
}

/** What owners have to know about a connection, and what to do. */
export function connectionWarnings(
  connection: GithubConnection,
  { held, suspended }: MemberCounts,
  { now, staleAfterMs, slug, issuer }: WarningsContext,
): string[] {
  const { login, problem, confirmedAt, createdAt } = connection;
  const warnings: string[] = [];
  if (connection.issuer !== issuer) {
    warnings.push(
      `${slug} is connected to ${login} of ${connection.issuer}, and this server is set up for ${issuer}: ` +
        `nobody asks who its members are. Disconnect it: npx nxkey org disconnect-github --org ${slug}`,
    );
  }
  if (held > 0) {
    warnings.push(
      `${people(held)} gone from ${login} at once, more than half of its members. Nobody is removed here until an ` +
        `owner has looked at them: npx nxkey org confirm-removals --org ${slug}`,
    );
  }
  const since = minuteOf(confirmedAt ?? createdAt);
  if (isStale(connection, { now, staleAfterMs })) {
    warnings.push(
      `GitHub has not said since ${since} who the members of ${login} are, so ${memberships(suspended)} suspended ` +
        `until it does.${problem === null ? '' : ` ${problem}`}`,
    );
  } else if (problem !== null) {
    const until = minuteOf((confirmedAt ?? createdAt) + staleAfterMs);
    warnings.push(`${problem} The members as of ${since} stay until ${until}; then they are suspended.`);
  }
  return warnings;
}

/** As people read it: `2026-12-01 09:30 UTC`. */
function minuteOf(time: number): string {
  return `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

function people(count: number): string {
  return count === 1 ? 'One person is' : `${count} people are`;
}

function memberships(count: number): string {
  return count === 1 ? 'one membership is' : `${count} memberships are`;
}
