import { decideAccess, type AccessDecision, type AccessTarget } from './decide-access.js';
import type { User } from './model.js';
import type { Repositories, WorkspaceWithOrganization } from './repositories.js';

/** @param user `null` for nobody in particular */
export async function accessOf(
  user: User | null,
  { workspace, organization }: WorkspaceWithOrganization,
  { organizations }: Repositories,
): Promise<AccessDecision> {
  const target: AccessTarget = { ...workspace, organizationSlug: organization.slug };
  if (user === null) return decideAccess({ kind: 'anonymous' }, target);
  const membership = await organizations.membership(user.id, organization.id);
  return decideAccess({ kind: 'person', role: membership?.role ?? null }, target);
}
