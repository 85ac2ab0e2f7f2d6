import { decideAccess, type AccessDecision, type AccessTarget, type Principal } from './decide-access.js';
import type { User } from './model.js';
import type { OrganizationRepository, Repositories, WorkspaceWithOrganization } from './repositories.js';

/** @param user `null` for nobody in particular */
export async function accessOf(
  user: User | null,
  { workspace, organization }: WorkspaceWithOrganization,
  { organizations }: Repositories,
): Promise<AccessDecision> {
  const target: AccessTarget = { ...workspace, organizationSlug: organization.slug };
  if (user === null) return decideAccess({ kind: 'anonymous' }, target);
  return decideAccess(await personIn(organization.id, user.id, organizations), target);
}

/** Somebody who has proved who they are, as far as an organization is concerned. */
export async function personIn(
  organizationId: string,
  userId: string,
  organizations: OrganizationRepository,
): Promise<Principal> {
  const membership = await organizations.membership(userId, organizationId);
  if (membership !== null) return { kind: 'person', role: membership.role };
  return { kind: 'person', role: null, suspended: await organizations.isSuspended(userId, organizationId) };
}
