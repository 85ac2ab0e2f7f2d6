import type { Role } from '../../../src/protocol/wire-types.js';

const rank: Record<Role, number> = { member: 0, admin: 1, owner: 2 };

export function hasRole(role: Role, needed: Role): boolean {
  return rank[role] >= rank[needed];
}

/** Whether somebody may give a role to others, and change or take away theirs: admins all but that of an owner. */
export function mayManage(manager: Role, role: Role): boolean {
  return manager === 'owner' || (manager === 'admin' && role !== 'owner');
}

export const roleWithArticle: Record<Role, string> = { owner: 'an owner', admin: 'an admin', member: 'a member' };
