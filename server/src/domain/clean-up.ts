import { longestWindowMs } from './attempt-limits.js';
import type { Repositories } from './repositories.js';
import { sessionTimes } from './sign-in.js';
import { unclaimedLifetimeMs } from './unclaimed-workspaces.js';

const day = 24 * 60 * 60 * 1000;

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
}
