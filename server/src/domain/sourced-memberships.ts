import type { Role } from '../../../src/protocol/wire-types.js';
import { recordEvent, type Initiator } from './audit-log.js';
import type { Clock, Membership, User } from './model.js';
import type { Repositories, SyncedSource } from './repositories.js';

/** What a source (GitHub, an identity provider) says that somebody is in an organization; `null` for no member. */
export type SourcedRole = { role: Role; isSuspended: boolean } | null;

export function isOwner(wanted: SourcedRole): boolean {
  return wanted?.role === 'owner' && !wanted.isSuspended;
}

export interface SourcedChange {
  user: Pick<User, 'id' | 'email'>;
  organizationId: string;
  source: SyncedSource;
  /** Of the membership of that source as it is now; `null` for none. */
  current: Pick<Membership, 'role' | 'suspendedAt'> | null;
  wanted: SourcedRole;
  /** The source, as the actor of what is written down. */
  initiator: Initiator;
  /** "GitHub: removed from acme by webhook delivery …": how the source came to say so. */
  cause: string;
}

/**
 * Makes a membership that a source keeps what the source says, with the audit events for it, in the caller's transaction.
 * A membership of another source is left as it is: somebody who was added by hand stays what they were made.
 *
 * Whoever loses a membership loses their sessions and the logins that they have approved and nobody has redeemed, too;
 * their personal access tokens stay, and open other organizations only.
 *
 * What a source takes away is gone, even when nobody is left who owns the organization: that is written down as well.
 */
export async function settleMembership(change: SourcedChange, context: SettlingContext): Promise<void> {
  await settle(change, context);
  const { user, organizationId, current, wanted, initiator, cause } = change;
  const { repositories, clock } = context;
  const owned = current?.role === 'owner' && current.suspendedAt === null;
  if (!owned || isOwner(wanted) || (await repositories.organizations.hasOwner(organizationId))) return;
  const event = {
    action: 'organization.without-owner',
    organizationId,
    target: user.email,
    details: { cause },
  } as const;
  await recordEvent(repositories, clock, initiator, event);
}

interface SettlingContext {
  repositories: Repositories;
  clock: Clock;
}

async function settle(
  { user, organizationId, source, current, wanted, initiator, cause }: SourcedChange,
  { repositories, clock }: SettlingContext,
): Promise<void> {
  const { organizations, sessions, deviceAuthorizations } = repositories;
  const key = { userId: user.id, organizationId, source };
  const record = async (
    action: 'member.added' | 'member.role-changed' | 'member.removed' | 'member.suspended' | 'member.restored',
    details: Record<string, string>,
  ) => {
    const event = { action, organizationId, target: user.email, details: { ...details, cause } };
    await recordEvent(repositories, clock, initiator, event);
  };

  if (wanted === null) {
    if (current === null || !(await organizations.ofSource.remove(key))) return;
    await sessions.removeOfUser(user.id);
    await deviceAuthorizations.cancelOfUser(user.id);
    await record('member.removed', { role: current.role, source });
    return;
  }
  const { role, isSuspended } = wanted;
  if (current === null) {
    if (!(await organizations.addMember({ ...key, role, createdAt: clock() }))) return;
    await record('member.added', { role, source });
  } else if (await organizations.ofSource.setRole(key, role)) {
    await record('member.role-changed', { 'role.old': current.role, 'role.new': role });
  }
  if (isSuspended) {
    if (await organizations.ofSource.suspend(key, clock())) await record('member.suspended', { source });
  } else if (await organizations.ofSource.restore(key)) {
    await record('member.restored', { source });
  }
}
