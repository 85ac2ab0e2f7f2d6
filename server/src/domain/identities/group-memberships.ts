import type { Initiator, RequestSource } from '../audit-log.js';
import type { Clock, User } from '../model.js';
import type { Repositories } from '../repositories.js';
import { settleMembership } from '../sourced-memberships.js';
import { everybody, rolesOf } from './group-roles.js';
import type { IdentityProvider } from './provider.js';

const source = 'oidc';

/** The provider, as who does something. */
export function byProvider(
  { name }: Pick<IdentityProvider, 'name'>,
  { ipAddress, requestId }: RequestSource,
): Initiator {
  return { actor: { kind: 'identity-provider', id: null, name }, ipAddress, requestId };
}

/** When nobody asked: the server looked by itself. */
export const unasked: RequestSource = { ipAddress: null, requestId: null };

export interface GroupMemberships {
  /**
   * Makes the memberships that groups give those of the groups that somebody is in now. Others are left alone.
   *
   * @param when follows "Acme SSO: in the group platform, ": how the provider came to say so
   */
  settle(
    user: Pick<User, 'id' | 'email'>,
    provider: IdentityProvider,
    groups: readonly string[],
    occasion: { when: string; source: RequestSource },
    repositories: Repositories,
  ): Promise<void>;
  /** Ends them all. */
  end(
    user: Pick<User, 'id' | 'email'>,
    change: { initiator: Initiator; cause: string },
    repositories: Repositories,
  ): Promise<void>;
  /** They open nothing until the provider lets the person sign in again. */
  suspend(
    user: Pick<User, 'id' | 'email'>,
    change: { initiator: Initiator; cause: string },
    repositories: Repositories,
  ): Promise<void>;
}

/** @param onUnknownOrganization a configured role names an organization that there is not; called once for each */
export function createGroupMemberships(clock: Clock, onUnknownOrganization: (slug: string) => void): GroupMemberships {
  const unknown = new Set<string>();

  return {
    async settle(user, provider, groups, { when, source: from }, repositories) {
      const wanted = new Map<string, { role: 'owner' | 'admin' | 'member'; group: string }>();
      for (const [slug, role] of rolesOf(groups, provider.groupRoles)) {
        const organization = await repositories.organizations.findBySlug(slug);
        if (organization !== null) wanted.set(organization.id, role);
        else if (!unknown.has(slug)) {
          unknown.add(slug);
          onUnknownOrganization(slug);
        }
      }
      const known = await repositories.organizations.ofSource.ofUser(user.id, source);
      const initiator = byProvider(provider, from);
      for (const organizationId of new Set([
        ...wanted.keys(),
        ...known.map((membership) => membership.organizationId),
      ])) {
        const to = wanted.get(organizationId);
        const current = known.find((membership) => membership.organizationId === organizationId) ?? null;
        const cause = `${provider.name}: ${to === undefined ? 'in no group for this organization any more' : inGroup(to.group)}, ${when}`;
        const change = { user, organizationId, source, current, initiator, cause } as const;
        const role = to === undefined ? null : { role: to.role, isSuspended: false };
        await settleMembership({ ...change, wanted: role }, { repositories, clock });
      }
    },

    async end(user, { initiator, cause }, repositories) {
      for (const current of await repositories.organizations.ofSource.ofUser(user.id, source)) {
        const change = { user, organizationId: current.organizationId, source, current, initiator, cause } as const;
        await settleMembership({ ...change, wanted: null }, { repositories, clock });
      }
    },

    async suspend(user, { initiator, cause }, repositories) {
      for (const current of await repositories.organizations.ofSource.ofUser(user.id, source)) {
        const change = { user, organizationId: current.organizationId, source, current, initiator, cause } as const;
        const wanted = { role: current.role, isSuspended: true };
        await settleMembership({ ...change, wanted }, { repositories, clock });
      }
    },
  };
}

function inGroup(group: string): string {
  return group === everybody ? 'may sign in' : `in the group ${group}`;
}
