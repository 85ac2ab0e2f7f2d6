import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DeviceAuthorization } from '../../src/domain/model.js';
import { presets } from '../../src/domain/presets.js';
import type { Database } from '../../src/domain/repositories.js';
import { testArtifacts } from './artifact-contract.js';
import { testAuditEvents } from './audit-contract.js';
import { testGithub } from './github-contract.js';
import { testIdentities } from './identity-contract.js';
import { testMemberships } from './membership-contract.js';
import { testUnclaimedWorkspaces } from './unclaimed-contract.js';

const now = 1_000_000_000_000;

/** What every database has to do. `create` gives a fresh one; all of its connections share the data. */
export function testDatabase({ create }: { create: () => Promise<{ connect: () => Promise<Database> }> }): void {
  let database: Database;
  let other: Database;
  beforeEach(async () => {
    const { connect } = await create();
    [database, other] = [await connect(), await connect()];
    await database.users.insert({ id: 'u1', email: 'ada@acme.example', name: 'Ada', createdAt: now });
  });
  afterEach(async () => {
    await database.close();
    await other.close();
  });

  const deviceAuthorization = (change: Partial<DeviceAuthorization> = {}): DeviceAuthorization => ({
    id: 'd1',
    deviceCodeHash: 'h1',
    userCode: 'BCDFGHJK',
    clientId: 'client',
    tokenName: null,
    hostName: 'laptop',
    ipAddress: null,
    status: 'pending',
    userId: null,
    intervalSeconds: 5,
    lastPolledAt: null,
    createdAt: now,
    expiresAt: now + 600_000,
    ...change,
  });

  /** How many of several attempts, made at once on both connections, were the one that changed the row. */
  async function winners(attempt: (database: Database) => Promise<boolean>): Promise<number> {
    const results = await Promise.all([database, other, database, other].map(attempt));
    return results.filter(Boolean).length;
  }

  describe('users and organizations', () => {
    it('keeps an e-mail address for one user', async () => {
      expect(await database.users.insert({ id: 'u2', email: 'ada@acme.example', name: 'Eve', createdAt: now })).toBe(
        false,
      );
      expect(await other.users.findByEmail('ada@acme.example')).toEqual({
        id: 'u1',
        email: 'ada@acme.example',
        name: 'Ada',
        createdAt: now,
      });
      expect(await database.users.findById('u2')).toBeNull();
    });

    it('replaces a password', async () => {
      expect(await database.users.passwordHash('u1')).toBeNull();
      await database.users.setPasswordHash('u1', 'first', now);
      await database.users.setPasswordHash('u1', 'second', now);
      expect(await database.users.passwordHash('u1')).toBe('second');
    });

    it('lists the organizations of a user with the role in each, and makes nobody a member twice', async () => {
      const acme = { id: 'o1', slug: 'acme', name: 'Acme', createdAt: now };
      expect(await database.organizations.insert(acme)).toBe(true);
      expect(await database.organizations.insert({ ...acme, id: 'o2' })).toBe(false);
      const membership = {
        userId: 'u1',
        organizationId: 'o1',
        role: 'admin',
        source: 'manual',
        createdAt: now + 1,
      } as const;
      expect(await database.organizations.addMember(membership)).toBe(true);
      expect(await database.organizations.addMember({ ...membership, role: 'owner' })).toBe(false);
      expect(await database.organizations.ofUser('u1')).toEqual([
        { organization: acme, membership: { ...membership, suspendedAt: null } },
      ]);
      expect(await database.organizations.membership('u1', 'o2')).toBeNull();
    });

    it('finds a workspace and its CI token with the organization, and keeps booleans booleans', async () => {
      const organization = { id: 'o1', slug: 'acme', name: 'Acme', createdAt: now };
      const workspace = {
        id: 'w1',
        organizationId: 'o1',
        name: 'shop',
        nxCloudId: 'x',
        createdAt: now,
        ...presets.default,
      };
      const token = {
        id: 't1',
        workspaceId: 'w1',
        name: 'ci',
        tokenHash: 'hash',
        level: 'read-only',
        legacy: true,
        createdAt: now,
        expiresAt: null,
        lastUsedAt: null,
        replacedAt: null,
      } as const;
      await database.organizations.insert(organization);
      await database.workspaces.insert(workspace);
      expect(await database.ciAccessTokens.insert(token)).toBe(true);
      expect(await database.ciAccessTokens.insert({ ...token, id: 't2' })).toBe(false);
      expect(await database.workspaces.findByNxCloudId('x')).toEqual({ workspace, organization });
      expect(await database.ciAccessTokens.findByHash('hash')).toEqual({ workspace, organization, token });
      expect(await database.ciAccessTokens.findByHash('none')).toBeNull();
    });
  });

  describe('device authorizations', () => {
    it('keeps a user code for one', async () => {
      expect(await database.deviceAuthorizations.insert(deviceAuthorization())).toBe(true);
      const same = deviceAuthorization({ id: 'd2', deviceCodeHash: 'h2' });
      expect(await database.deviceAuthorizations.insert(same)).toBe(false);
    });

    it('lets one of several racing polls redeem an approved one', async () => {
      await database.deviceAuthorizations.insert(deviceAuthorization({ status: 'approved', userId: 'u1' }));
      expect(await winners(({ deviceAuthorizations }) => deviceAuthorizations.redeem('d1', now))).toBe(1);
    });

    it('redeems none that is pending, denied or expired', async () => {
      await database.deviceAuthorizations.insert(deviceAuthorization());
      expect(await database.deviceAuthorizations.redeem('d1', now)).toBe(false);
      await database.deviceAuthorizations.decide('d1', { status: 'approved', userId: 'u1', at: now });
      expect(await database.deviceAuthorizations.redeem('d1', now + 600_000)).toBe(false);
    });

    it('takes one of two racing answers', async () => {
      await database.deviceAuthorizations.insert(deviceAuthorization());
      const decision = { status: 'denied', userId: 'u1', at: now } as const;
      expect(await winners(({ deviceAuthorizations }) => deviceAuthorizations.decide('d1', decision))).toBe(1);
      expect(await database.deviceAuthorizations.findPendingByUserCode('BCDFGHJK', now)).toBeNull();
    });

    it('counts the interval from the last poll, and from each poll that came too early', async () => {
      const { deviceAuthorizations } = database;
      await deviceAuthorizations.insert(deviceAuthorization());
      expect(await deviceAuthorizations.recordPoll('d1', { at: now, toleranceMs: 0 })).toBe(true);
      expect(await deviceAuthorizations.recordPoll('d1', { at: now + 4999, toleranceMs: 0 })).toBe(false);
      expect(await deviceAuthorizations.slowDown('d1', { at: now + 4999, addSeconds: 5 })).toBe(true);
      expect(await deviceAuthorizations.recordPoll('d1', { at: now + 14_998, toleranceMs: 0 })).toBe(false);
      expect(await deviceAuthorizations.recordPoll('d1', { at: now + 14_999, toleranceMs: 0 })).toBe(true);
      expect(await deviceAuthorizations.findByDeviceCodeHash('h1')).toMatchObject({ intervalSeconds: 10 });
    });

    it('cancels one that is pending, and no redeemed one', async () => {
      const { deviceAuthorizations } = database;
      await deviceAuthorizations.insert(deviceAuthorization());
      expect(await deviceAuthorizations.cancel('h1')).toBe(true);
      expect(await deviceAuthorizations.cancel('h1')).toBe(false);
    });

    it('removes the expired ones', async () => {
      const { deviceAuthorizations } = database;
      await deviceAuthorizations.insert(deviceAuthorization());
      await deviceAuthorizations.removeExpired(now + 599_999);
      expect(await deviceAuthorizations.findByDeviceCodeHash('h1')).not.toBeNull();
      await deviceAuthorizations.removeExpired(now + 600_000);
      expect(await deviceAuthorizations.findByDeviceCodeHash('h1')).toBeNull();
    });
  });

  describe('personal access tokens', () => {
    const token = {
      id: 'p1',
      userId: 'u1',
      name: 'laptop',
      tokenHash: 'hash',
      createdAt: now,
      lastUsedAt: null,
      expiresAt: now + 10,
      origin: { client: 'cli', hostName: 'laptop', ipAddress: '127.0.0.1' },
    };

    it('finds a token with its owner, and lists those that have not expired', async () => {
      await database.personalAccessTokens.insert(token);
      await database.personalAccessTokens.insert({ ...token, id: 'p2', tokenHash: 'other', expiresAt: null });
      expect(await database.personalAccessTokens.findByHash('hash')).toMatchObject({ token, user: { name: 'Ada' } });
      expect((await database.personalAccessTokens.ofUser('u1', now + 9)).map(({ id }) => id)).toEqual(['p1', 'p2']);
      expect((await database.personalAccessTokens.ofUser('u1', now + 10)).map(({ id }) => id)).toEqual(['p2']);
    });

    it('lets a use move the expiry, and never bring an expired token back', async () => {
      await database.personalAccessTokens.insert(token);
      await database.personalAccessTokens.recordUse('p1', { at: now + 9, expiresAt: now + 19 });
      await database.personalAccessTokens.recordUse('p1', { at: now + 19, expiresAt: now + 29 });
      expect((await database.personalAccessTokens.findByHash('hash'))?.token).toMatchObject({
        lastUsedAt: now + 9,
        expiresAt: now + 19,
      });
    });

    it('removes a token of its owner only', async () => {
      await database.personalAccessTokens.insert(token);
      expect(await database.personalAccessTokens.remove('p1', 'u2')).toBe(false);
      expect(await winners(({ personalAccessTokens }) => personalAccessTokens.remove('p1', 'u1'))).toBe(1);
    });
  });

  describe('sessions, invitations, attempts and settings', () => {
    it('lets an invitation be used once, and not when it has expired', async () => {
      await database.invitations.insert({
        invitationHash: 'i1',
        userId: 'u1',
        createdAt: now,
        expiresAt: now + 10,
        usedAt: null,
      });
      expect(await database.invitations.redeem('i1', now + 10)).toBe(false);
      expect(await winners(({ invitations }) => invitations.redeem('i1', now + 9))).toBe(1);
      expect((await database.invitations.findByHash('i1'))?.invitation.usedAt).toBe(now + 9);
    });

    it('removes sessions that are too old or too long unused', async () => {
      const session = { userId: 'u1', createdAt: now, lastSeenAt: now };
      await database.sessions.insert({ ...session, sessionHash: 'old', createdAt: now - 100 });
      await database.sessions.insert({ ...session, sessionHash: 'unused', lastSeenAt: now - 50 });
      await database.sessions.insert({ ...session, sessionHash: 'fine' });
      await database.sessions.removeExpired({ createdBefore: now - 100, seenBefore: now - 50 });
      expect(await database.sessions.findByHash('old')).toBeNull();
      expect(await database.sessions.findByHash('unused')).toBeNull();
      expect(await database.sessions.findByHash('fine')).toMatchObject({
        user: { id: 'u1' },
        session: { lastSeenAt: now },
      });
    });

    it('counts the attempts of one key in a window', async () => {
      const key = { kind: 'sign-in', subject: 'ada' };
      await database.attempts.insert({ ...key, id: 'a1', at: now });
      await database.attempts.insert({ ...key, id: 'a2', at: now + 5 });
      await database.attempts.insert({ ...key, id: 'a3', at: now + 5, subject: 'eve' });
      expect(await other.attempts.count(key, now - 1)).toBe(2);
      expect(await other.attempts.count(key, now)).toBe(1);
      expect(await other.attempts.oldest(key, now - 1)).toBe(now);
      expect(await other.attempts.oldest(key, now)).toBe(now + 5);
      expect(await other.attempts.oldest(key, now + 5)).toBeNull();
    });

    it('keeps the last value of a setting', async () => {
      await database.settings.set('public_url', 'http://a');
      await other.settings.set('public_url', 'http://b');
      expect(await database.settings.get('public_url')).toBe('http://b');
      expect(await database.settings.get('none')).toBeNull();
    });
  });

  describe('artifacts', () => {
    testArtifacts(
      () => database,
      () => other,
    );
  });

  describe('unclaimed workspaces', () => {
    testUnclaimedWorkspaces(
      () => database,
      () => other,
    );
  });

  describe('members', () => {
    testMemberships(
      () => database,
      () => other,
    );
  });

  describe('identities', () => {
    testIdentities(
      () => database,
      () => other,
    );
  });

  describe('GitHub', () => {
    testGithub(
      () => database,
      () => other,
    );
  });

  describe('audit events', () => {
    testAuditEvents(() => database);
  });

  it('undoes a whole transaction that fails', async () => {
    const failure = new Error('half way');
    const work = database.transaction(async ({ users, settings }) => {
      await users.insert({ id: 'u2', email: 'eve@acme.example', name: 'Eve', createdAt: now });
      await settings.set('name', 'value');
      throw failure;
    });
    await expect(work).rejects.toBe(failure);
    expect(await database.users.findById('u2')).toBeNull();
    expect(await other.settings.get('name')).toBeNull();
  });

  it('answers a ping', async () => {
    await expect(database.ping()).resolves.toBeUndefined();
  });
}
