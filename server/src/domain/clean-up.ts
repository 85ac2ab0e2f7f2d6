import { longestWindowMs } from './attempt-limits.js';
import type { Repositories } from './repositories.js';
import { sessionTimes } from './sign-in.js';
import { unclaimedLifetimeMs } from './unclaimed-workspaces.js';

const day = 24 * 60 * 60 * 1000;

/** A webhook that was here once is known for that long. GitHub itself lets one be delivered again for three days. */
const deliveryDays = 30;
/** Nothing that GitHub was asked before somebody left is answered later than that. */
const absentDays = 1;

/**
 * Removes what no answer depends on any more. Expired device authorizations stay for a day, so that a client that
 * slept for a while still hears `expired_token` and not that its code never existed.
 */
export async function removeExpired(repositories: Repositories, now: number): Promise<void> {
  await repositories.deviceAuthorizations.removeExpired(now - day);
  await repositories.sessions.removeExpired({
    createdBefore: now - sessionTimes.absoluteMs,
    seenBefore: now - sessionTimes.idleMs,
  });
  await repositories.invitations.removeExpired(now);
  await repositories.attempts.removeOlder(now - longestWindowMs);
  await repositories.personalAccessTokens.removeExpired(now);
  await repositories.unclaimedWorkspaces.removeOlder(now - unclaimedLifetimeMs);
  await repositories.github.removeDeliveriesBefore(now - deliveryDays * day);
  await repositories.github.members.removeAbsentBefore(now - absentDays * day);
  await repositories.github.teamMembers.removeAbsentBefore(now - absentDays * day);
}
