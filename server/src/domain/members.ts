import type { MembershipSource, Role } from '../../../src/protocol/wire-types.js';
import { changeDetails, recordEvent, type Initiator } from './audit-log.js';
import type { Organization, User } from './model.js';
import { normalizeEmail } from './names.js';
import { RefusedChange } from './refused-change.js';
import type { Member, Repositories } from './repositories.js';
import { hasRole, mayManage, roleWithArticle } from './roles.js';
import { newId } from './secrets.js';
import type { Services } from './services.js';

export interface NewMember {
  email: string;
  /** Used only for somebody who is new to the server. Default: what stands before the @. */
  name?: string | undefined;
  role: Role;
}

export interface NewInvitation {
  /** Of the link with which the person chooses a password. */
  secret: string;
  expiresAt: number;
}

/**
 * Makes a person a member. Who has no password yet gets an invitation, also when they are a member already: that is
 * how a lost or expired link is replaced.
 *
 * Whoever has the link becomes that person. So it is handed only to somebody who may give and take away everything
 * that the person has: nobody gets the link of an owner but owners, or of somebody whom another organization invited.
 *
 * @returns the invitation; `null` for somebody who can sign in already
 * @throws {RefusedChange}
 */
export async function addMember(
  organization: Organization,
  { email, name, role }: NewMember,
  initiator: Initiator,
  { database, clock, invitations }: Services,
): Promise<{ member: Member; invitation: NewInvitation | null }> {
  const now = clock();
  const address = normalizeEmail(email);
  return await database.transaction(async (repositories) => {
    const { users, organizations } = repositories;
    const manager = await managerRole(initiator, organization, repositories);
    requireRight(manager, role, organization);
    await users.insert({ id: newId(), email: address, name: name ?? nameFrom(address), createdAt: now });
    const user = await users.findByEmail(address);
    if (user === null) throw new Error('a user that was just written is not there');

    const membership = { userId: user.id, organizationId: organization.id, role, source: 'manual' as const };
    const added = await organizations.addMember({ ...membership, createdAt: now });
    const member = await requireMember(organization, user.id, repositories);
    if (added) {
      const details = { role, source: membership.source };
      const event = { action: 'member.added', organizationId: organization.id, target: address, details } as const;
      await recordEvent(repositories, clock, initiator, event);
    }
    if (member.active) {
      if (added) return { member, invitation: null };
      throw new RefusedChange('conflict', `${address} already is a member of ${organization.slug} and can sign in.`, {
        remedy: 'They sign in as they always do.',
      });
    }
    requireRight(manager, member.membership.role, organization);
    await refuseForeignInvitation(user, organization, initiator, repositories);
    const from = { ...initiator, organizationId: organization.id };
    return { member, invitation: await invitations.create(user, from, repositories) };
  });
}

/** @throws {RefusedChange} also when the person is the last owner, who cannot be made anything else */
export async function changeRole(
  organization: Organization,
  userId: string,
  role: Role,
  initiator: Initiator,
  { database, clock, github, identityProviders }: Services,
): Promise<Member> {
  return await database.transaction(async (repositories) => {
    const manager = await managerRole(initiator, organization, repositories);
    const member = await requireMember(organization, userId, repositories);
    await refuseFromGithub(member, organization, repositories, github);
    refuseRoleFromGroups(member, organization, identityProviders);
    const before = member.membership.role;
    if (before === role) return member;
    requireRight(manager, before, organization);
    requireRight(manager, role, organization);
    if (!(await repositories.organizations.setRole(userId, organization.id, role)))
      throw lastOwner(member, organization);
    await recordEvent(repositories, clock, initiator, {
      action: 'member.role-changed',
      organizationId: organization.id,
      target: member.user.email,
      details: { 'role.old': before, 'role.new': role },
    });
    return { ...member, membership: { ...member.membership, role } };
  });
}

/**
 * For the operator: gives a role that nothing elsewhere takes away. A membership that GitHub or an identity provider has
 * made, and perhaps suspended, is one by hand from then on.
 *
 * @returns the member, and who had made the membership before
 * @throws {RefusedChange} also when the person is the last owner, who cannot be made anything else
 */
export async function giveRoleByHand(
  organization: Organization,
  userId: string,
  role: Role,
  initiator: Initiator,
  { database, clock }: Pick<Services, 'database' | 'clock'>,
): Promise<{ member: Member; source: MembershipSource }> {
  return await database.transaction(async (repositories) => {
    const member = await requireMember(organization, userId, repositories);
    const { role: before, source } = member.membership;
    if (!(await repositories.organizations.makeManual(userId, organization.id, role))) {
      throw lastOwner(member, organization);
    }
    const details = changeDetails({ role: before, source }, { role, source: 'manual' });
    if (details !== null) {
      const event = {
        action: 'member.role-changed',
        organizationId: organization.id,
        target: member.user.email,
      } as const;
      await recordEvent(repositories, clock, initiator, { ...event, details });
    }
    return { member: await requireMember(organization, userId, repositories), source };
  });
}

/**
 * Ends a membership, and with it the access to the caches of all workspaces of the organization, from the next request
 * on. The person keeps other organizations, and the personal access tokens, which open only those. Anybody may leave.
 * Who was a member by hand and is in the GitHub organization as well stays one, because of that.
 *
 * @throws {RefusedChange} also when the person is the last owner
 */
export async function removeMember(
  organization: Organization,
  userId: string,
  initiator: Initiator,
  { database, clock, github }: Services,
): Promise<Member> {
  return await database.transaction(async (repositories) => {
    const { organizations, invitations } = repositories;
    const manager = await managerRole(initiator, organization, repositories);
    const member = await requireMember(organization, userId, repositories);
    await refuseFromGithub(member, organization, repositories, github);
    const leaves = initiator.actor.id === userId;
    if (!leaves) requireRight(manager, member.membership.role, organization);
    if (!(await organizations.removeMember(userId, organization.id))) throw lastOwner(member, organization);
    // Nobody shall come in later with a link that was meant for this membership.
    if (!member.active && (await organizations.ofUser(userId)).length === 0) await invitations.removeOfUser(userId);
    await recordEvent(repositories, clock, initiator, {
      action: 'member.removed',
      organizationId: organization.id,
      target: member.user.email,
      details: { role: member.membership.role },
    });
    await github?.onManualMembershipEnded(repositories, organization, userId);
    return member;
  });
}

/**
 * What the initiator is in the organization at this moment, inside the transaction: of two who take each other's role
 * away at once, the second has none any more. The operator may do what an owner may.
 */
async function managerRole(
  { actor }: Initiator,
  organization: Organization,
  { organizations }: Repositories,
): Promise<Role> {
  if (actor.kind === 'operator') return 'owner';
  const membership = actor.id === null ? null : await organizations.membership(actor.id, organization.id);
  if (membership === null) throw new RefusedChange('not-found', `You are not a member of ${organization.slug}.`);
  return membership.role;
}

function requireRight(manager: Role, role: Role, organization: Organization): void {
  if (mayManage(manager, role)) return;
  throw new RefusedChange(
    'forbidden',
    hasRole(manager, 'admin')
      ? `You are an admin of ${organization.slug}: only its owners give, change and take away the role of an owner.`
      : `You are ${roleWithArticle[manager]} of ${organization.slug}: only its owners and admins manage others.`,
  );
}

async function requireMember(
  organization: Organization,
  userId: string,
  { organizations }: Repositories,
): Promise<Member> {
  const member = await organizations.member(userId, organization.id);
  if (member === null) throw new RefusedChange('not-found', `${organization.slug} has no such member.`);
  return member;
}

/**
 * What GitHub says would undo the change with the next reconciliation. Where nobody asks GitHub any more, it is all that
 * can be done.
 */
async function refuseFromGithub(
  { user, membership }: Member,
  { id, slug }: Organization,
  repositories: Repositories,
  github: Services['github'],
): Promise<void> {
  if (membership.source !== 'github' || github === null) return;
  const connection = await repositories.github.connection(id);
  if (connection?.issuer !== github.issuer) return;
  const { login } = connection;
  throw new RefusedChange(
    'conflict',
    `${user.email} is a member of ${slug} because of the GitHub organization ${login}, and stays one until they ` +
      `leave that. Remove them from ${login} at GitHub, or change there which teams they are in.`,
  );
}

/** The next check would undo it. It would undo a removal as well, but not every provider can be asked: then it lasts. */
function refuseRoleFromGroups(
  { user, membership }: Member,
  { slug }: Organization,
  identityProviders: Services['identityProviders'],
): void {
  const provider = identityProviders.find(({ key }) => key === 'oidc');
  if (membership.source !== 'oidc' || membership.suspendedAt !== null || provider === undefined) return;
  throw new RefusedChange(
    'conflict',
    `${user.email} has that role in ${slug} because of their groups at ${provider.name}. Change there which groups they are in.`,
  );
}

async function refuseForeignInvitation(
  user: User,
  organization: Organization,
  { actor }: Initiator,
  { organizations }: Repositories,
): Promise<void> {
  if (actor.kind === 'operator') return;
  const memberships = await organizations.ofUser(user.id);
  if (memberships.every(({ membership }) => membership.organizationId === organization.id)) return;
  throw new RefusedChange(
    'conflict',
    `${user.email} has been invited by another organization and cannot sign in yet; add them once they can.`,
  );
}

function lastOwner({ user }: Member, { slug }: Organization): RefusedChange {
  return new RefusedChange(
    'conflict',
    `${user.email} is the last owner of ${slug}, and an organization has to have one. Make somebody else an owner first.`,
  );
}

function nameFrom(email: string): string {
  return email.slice(0, email.lastIndexOf('@')).slice(0, 100);
}
