import type { Role } from '../../../../src/protocol/wire-types.js';
import { hasRole } from '../roles.js';
import type { SourcedRole } from '../sourced-memberships.js';
import type { GithubConnection } from './model.js';
import type { Standing, StandingAccount } from './repository.js';

/**
 * Whether GitHub has not said for too long who the members are. Nobody keeps access on the word of a GitHub that does
 * not answer, and nobody loses the membership for it either: it is suspended.
 */
export function isStale(
  { confirmedAt, createdAt }: Pick<GithubConnection, 'confirmedAt' | 'createdAt'>,
  { now, staleAfterMs }: { now: number; staleAfterMs: number },
): boolean {
  return now - (confirmedAt ?? createdAt) > staleAfterMs;
}

/** The membership that somebody has by GitHub; `null` for none. */
export function wantedMembership(
  { accounts, membership }: Standing,
  { adminRole }: Pick<GithubConnection, 'adminRole'>,
  stale: boolean,
): SourcedRole {
  const current = membership?.source === 'github' ? membership : null;
  const sure = accounts.filter(({ isHeld }) => !isHeld);
  if (sure.length > 0) return { role: highestRole(sure, adminRole), isSuspended: stale };
  // Held: what they have waits for an owner. That is no reason to give them anything, and no confirmation either.
  if (accounts.length === 0 || current === null) return null;
  return { role: current.role, isSuspended: stale || current.suspendedAt !== null };
}

/** Whether there is anything to do. A membership of another source is nobody's business here. */
export function differs({ membership }: Standing, wanted: SourcedRole): boolean {
  if (membership !== null && membership.source !== 'github') return false;
  if (membership === null || wanted === null) return (membership === null) !== (wanted === null);
  return membership.role !== wanted.role || (membership.suspendedAt !== null) !== wanted.isSuspended;
}

function highestRole(accounts: readonly StandingAccount[], adminRole: Role): Role {
  const roles = accounts.flatMap(({ isAdmin, teamRoles }) => (isAdmin ? [adminRole, ...teamRoles] : teamRoles));
  return roles.reduce<Role>((highest, role) => (hasRole(role, highest) ? role : highest), 'member');
}
