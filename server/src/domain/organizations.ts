import { recordEvent, type Initiator } from './audit-log.js';
import type { Organization } from './model.js';
import { RefusedChange } from './refused-change.js';
import type { Repositories } from './repositories.js';
import { newId } from './secrets.js';
import type { Services } from './services.js';

export interface NewOrganization {
  slug: string;
  name: string;
  /** Its first owner. */
  ownerId: string;
}

/** @throws {RefusedChange} when the slug is taken */
export async function createOrganization(
  request: NewOrganization,
  initiator: Initiator,
  { database, clock }: Services,
): Promise<Organization> {
  return await database.transaction((repositories) => insertOrganization(request, initiator, { repositories, clock }));
}

/** The same, as a part of a larger change. */
export async function insertOrganization(
  { slug, name, ownerId }: NewOrganization,
  initiator: Initiator,
  { repositories, clock }: { repositories: Repositories; clock: Services['clock'] },
): Promise<Organization> {
  const { organizations, users } = repositories;
  const organization = { id: newId(), slug, name, createdAt: clock() };
  if (!(await organizations.insert(organization))) {
    throw new RefusedChange('conflict', `There already is an organization ${slug}.`, {
      remedy: 'Choose another name.',
    });
  }
  const owner = await users.findById(ownerId);
  if (owner === null) throw new RefusedChange('not-found', 'The person who is to own it is not known any more.');
  const role = 'owner';
  await organizations.addMember({
    userId: ownerId,
    organizationId: organization.id,
    role,
    source: 'manual',
    createdAt: clock(),
  });
  const organizationId = organization.id;
  await recordEvent(repositories, clock, initiator, { action: 'organization.created', organizationId, target: slug });
  const details = { role, source: 'manual' };
  await recordEvent(repositories, clock, initiator, {
    action: 'member.added',
    organizationId,
    target: owner.email,
    details,
  });
  return organization;
}

/** @throws {RefusedChange} when there is none */
export async function requireOrganization(slug: string, { organizations }: Repositories): Promise<Organization> {
  const organization = await organizations.findBySlug(slug);
  if (organization === null) {
    throw new RefusedChange('not-found', `There is no organization ${slug}.`, {
      remedy: 'The organizations are those of the workspaces: nxkey-server workspace list --help',
    });
  }
  return organization;
}
