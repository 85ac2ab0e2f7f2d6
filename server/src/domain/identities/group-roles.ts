import type { Role } from '../../../../src/protocol/wire-types.js';
import { slugForm } from '../names.js';
import { hasRole } from '../roles.js';

/** Everybody at the provider is in it. */
export const everybody = '*';

/** What the members of a provider's group are in an organization here. */
export interface GroupRole {
  group: string;
  organizationSlug: string;
  role: Role;
}

export type GroupRolesResult = { ok: true; groupRoles: GroupRole[] } | { ok: false; reason: string };

const roles: readonly string[] = ['owner', 'admin', 'member'] satisfies Role[];

/** `*=acme:member platform=acme:admin "On call"=ops:member`: separated by white space, commas or semicolons. */
export function parseGroupRoles(text: string): GroupRolesResult {
  const groupRoles: GroupRole[] = [];
  for (const [entry] of text.matchAll(/(?:"[^"]*"|[^\s,;"])+|"/g)) {
    const [, quoted, plain, slug = '', role = ''] = /^(?:"([^"]+)"|([^"=]+))=([^:]*):(.*)$/.exec(entry) ?? [];
    const group = quoted ?? plain;
    if (group === undefined) {
      return {
        ok: false,
        reason: `"${entry}" is not of the form group=organization:role; a name with blanks or = has to stand in double quotes`,
      };
    }
    if (!slugForm.matches(slug)) return { ok: false, reason: `"${slug}" in "${entry}" is no organization` };
    if (!isRole(role)) return { ok: false, reason: `"${role}" in "${entry}" is none of ${roles.join(', ')}` };
    groupRoles.push({ group, organizationSlug: slug, role });
  }
  return { ok: true, groupRoles };
}

function isRole(text: string): text is Role {
  return roles.includes(text);
}

/** The highest role that the groups give in each organization, with the group that gives it; by slug. */
export function rolesOf(
  groups: readonly string[],
  groupRoles: readonly GroupRole[],
): ReadonlyMap<string, Pick<GroupRole, 'group' | 'role'>> {
  const found = new Map<string, Pick<GroupRole, 'group' | 'role'>>();
  for (const { group, organizationSlug, role } of groupRoles) {
    if (group !== everybody && !groups.includes(group)) continue;
    const before = found.get(organizationSlug);
    if (before === undefined || !hasRole(before.role, role)) found.set(organizationSlug, { group, role });
  }
  return found;
}
