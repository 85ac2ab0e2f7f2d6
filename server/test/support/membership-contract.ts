import { beforeEach, expect, it } from 'vitest';
import type { Role } from '../../../src/protocol/wire-types.js';
import type { Database } from '../../src/domain/repositories.js';

const now = 1_000_000_000_000;

/** What every database has to do with members. Both are of one database, which has the user u1. */
export function testMemberships(database: () => Database, other: () => Database): void {
  async function addMember(userId: string, role: Role): Promise<void> {
    const { users, organizations } = database();
    await users.insert({ id: userId, email: `${userId}@acme.example`, name: userId, createdAt: now });
    await organizations.addMember({ userId, organizationId: 'o1', role, source: 'manual', createdAt: now });
  }
  const roles = async () => (await database().organizations.members('o1')).map(({ membership }) => membership.role);

  beforeEach(async () => {
    await database().organizations.insert({ id: 'o1', slug: 'acme', name: 'Acme', createdAt: now });
    await addMember('u2', 'owner');
  });

  it('lists members by e-mail address, and says who can sign in', async () => {
    await addMember('u3', 'member');
    await database().users.setPasswordHash('u3', 'hash', now);
    const members = await database().organizations.members('o1');
    expect(members.map(({ user, membership, active }) => [user.email, membership.role, active])).toEqual([
      ['u2@acme.example', 'owner', false],
      ['u3@acme.example', 'member', true],
    ]);
    expect(await database().organizations.member('u3', 'o1')).toEqual(members[1]);
    expect(await database().organizations.member('u1', 'o1')).toBeNull();
    expect(await database().organizations.size('o1')).toEqual({ members: 2, workspaces: 0 });
  });

  it('keeps the last owner, whatever is asked, and lets everybody else go once', async () => {
    const { organizations } = database();
    await addMember('u3', 'member');
    expect(await organizations.removeMember('u2', 'o1')).toBe(false);
    expect(await organizations.setRole('u2', 'o1', 'admin')).toBe(false);
    expect(await organizations.setRole('u2', 'o1', 'owner')).toBe(true);
    expect(await organizations.removeMember('u3', 'o1')).toBe(true);
    expect(await organizations.removeMember('u3', 'o1')).toBe(false);
    expect(await organizations.setRole('u3', 'o1', 'owner')).toBe(false);
    expect(await roles()).toEqual(['owner']);
  });

  it('keeps one of two owners who are removed or demoted at the same moment', async () => {
    await addMember('u3', 'owner');
    const done = await Promise.all([
      database().organizations.removeMember('u2', 'o1'),
      other().organizations.setRole('u3', 'o1', 'member'),
    ]);
    expect(done.filter(Boolean)).toHaveLength(1);
    expect((await roles()).filter((role) => role === 'owner')).toHaveLength(1);
  });

  it('lets the source of a membership do to it what it will, and nobody else', async () => {
    const { organizations } = database();
    const key = { userId: 'u1', organizationId: 'o1', source: 'github' } as const;
    await organizations.addMember({ ...key, role: 'owner', createdAt: now });
    for (const manual of [
      { ...key, userId: 'u2' },
      { ...key, source: 'oidc' as const },
    ]) {
      expect(await organizations.ofSource.setRole(manual, 'member')).toBe(false);
      expect(await organizations.ofSource.suspend(manual, now)).toBe(false);
      expect(await organizations.ofSource.remove(manual)).toBe(false);
    }
    expect(await organizations.ofSource.suspend(key, now + 1)).toBe(true);
    expect(await organizations.ofSource.suspend(key, now + 2)).toBe(false);
    expect(await organizations.membership('u1', 'o1')).toBeNull();
    expect(await organizations.isSuspended('u1', 'o1')).toBe(true);
    expect(await organizations.ofUser('u1')).toEqual([]);
    expect((await organizations.member('u1', 'o1'))?.membership.suspendedAt).toBe(now + 1);
    expect(await organizations.ofSource.restore(key)).toBe(true);
    expect(await organizations.ofSource.restore(key)).toBe(false);
    expect(await organizations.isSuspended('u1', 'o1')).toBe(false);
    expect(await organizations.ofSource.all('o1', 'github')).toMatchObject([{ userId: 'u1', role: 'owner' }]);
    expect(await organizations.removeMember('u2', 'o1')).toBe(true);
    expect(await organizations.ofSource.remove(key)).toBe(true);
    expect(await roles()).toEqual([]);
  });

  it('finds the memberships of people who are linked to none of some issuers', async () => {
    const { organizations, identities } = database();
    for (const userId of ['u3', 'u4']) {
      await addMember(userId, 'member');
      await organizations.removeMember(userId, 'o1');
      const key = { userId, organizationId: 'o1', source: 'oidc' } as const;
      await organizations.addMember({ ...key, role: 'member', createdAt: now });
    }
    const identity = { issuer: 'https://new.example', subject: '3', userId: 'u3', label: 'u3', createdAt: now };
    const never = { lastSignInAt: null, sealedRefreshToken: null, checkedAt: null, askedAt: null };
    await identities.insert({ ...identity, ...never });
    await identities.insert({ ...identity, ...never, issuer: 'https://old.example', subject: '4', userId: 'u4' });
    const found = async (...issuers: string[]) =>
      (await organizations.ofSource.notLinkedTo(issuers, 'oidc', 10)).map(({ userId }) => userId);
    expect(await found('https://new.example')).toEqual(['u4']);
    expect(await found('https://new.example', 'https://old.example')).toEqual([]);
    expect(await found()).toEqual(['u3', 'u4']);
    expect(await organizations.ofSource.notLinkedTo([], 'github', 10)).toEqual([]);
    expect(await organizations.ofSource.notLinkedTo([], 'oidc', 1)).toHaveLength(1);
    await organizations.ofSource.suspend({ userId: 'u4', organizationId: 'o1', source: 'oidc' }, now);
    expect(await found('https://new.example')).toEqual([]);
  });

  it('makes a membership one by hand, whoever made it, and keeps the last owner', async () => {
    const { organizations } = database();
    const key = { userId: 'u1', organizationId: 'o1', source: 'oidc' } as const;
    await organizations.addMember({ ...key, role: 'member', createdAt: now });
    await organizations.ofSource.suspend(key, now);
    expect(await organizations.makeManual('u1', 'o1', 'owner')).toBe(true);
    const made = await organizations.membership('u1', 'o1');
    expect(made).toMatchObject({ role: 'owner', source: 'manual', suspendedAt: null });
    expect(await organizations.ofSource.remove(key)).toBe(false);
    expect(await organizations.makeManual('u2', 'o1', 'admin')).toBe(true);
    expect(await organizations.makeManual('u1', 'o1', 'member')).toBe(false);
    expect(await organizations.makeManual('u3', 'o1', 'owner')).toBe(false);
  });

  it('knows the organizations that nobody owns, or only with a membership that is suspended', async () => {
    const { organizations } = database();
    await organizations.insert({ id: 'o2', slug: 'tools', name: 'Tools', createdAt: now });
    await organizations.addMember({
      userId: 'u2',
      organizationId: 'o2',
      role: 'admin',
      source: 'manual',
      createdAt: now,
    });
    expect((await organizations.withoutOwner()).map(({ slug }) => slug)).toEqual(['tools']);
    expect([await organizations.hasOwner('o1'), await organizations.hasOwner('o2')]).toEqual([true, false]);
    const key = { userId: 'u1', organizationId: 'o2', source: 'github' } as const;
    await organizations.addMember({ ...key, role: 'owner', createdAt: now });
    expect(await organizations.withoutOwner()).toEqual([]);
    await organizations.ofSource.suspend(key, now);
    expect(await organizations.hasOwner('o2')).toBe(false);
    expect((await organizations.withoutOwner()).map(({ slug }) => slug)).toEqual(['tools']);
  });

  it('takes nobody whose membership is suspended for the last owner', async () => {
    const key = { userId: 'u1', organizationId: 'o1', source: 'github' } as const;
    await database().organizations.addMember({ ...key, role: 'owner', createdAt: now });
    await database().organizations.ofSource.suspend(key, now);
    expect(await database().organizations.removeMember('u2', 'o1')).toBe(false);
  });
}
