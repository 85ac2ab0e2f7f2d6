import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recordToken } from '../../../test/support/ledger.js';
import { tempDir } from '../../../test/support/temp-dir.js';
import { openSqliteDatabase } from '../../src/database/sqlite.js';
import { createAccessCheck, type Access, type AccessCheck, type Credential } from '../../src/domain/access-check.js';
import { presets } from '../../src/domain/presets.js';
import type { Database } from '../../src/domain/repositories.js';
import { hashSecret, newToken } from '../../src/domain/secrets.js';
import { gate } from '../support/gate.js';

const day = 24 * 60 * 60 * 1000;
const nxCloudId = 'a'.repeat(24);
const anonymous: Credential = { kind: 'none' };

let database: Database;
/** Another process on the same database. */
let other: Database;
let now: number;
let accessCheck: AccessCheck;
beforeEach(async () => {
  const folder = tempDir();
  [database, other] = [await openSqliteDatabase(folder), await openSqliteDatabase(folder)];
  now = Date.parse('2026-11-21T12:00:00Z');
  accessCheck = createAccessCheck({ database, clock: () => now, tokenIdleDays: 90 });
  await database.organizations.insert({ id: 'o1', slug: 'acme', name: 'Acme', createdAt: now });
  await database.users.insert({ id: 'u1', email: 'ada@acme.example', name: 'Ada', createdAt: now });
  await database.organizations.addMember({
    userId: 'u1',
    organizationId: 'o1',
    role: 'member',
    source: 'manual',
    createdAt: now,
  });
  await database.workspaces.insert({
    id: 'w1',
    organizationId: 'o1',
    name: 'shop',
    nxCloudId,
    createdAt: now,
    ...presets.recommended,
  });
});
afterEach(async () => {
  await database.close();
  await other.close();
});

async function addCiToken(expiresAt: number | null = null): Promise<Credential> {
  const secret = newToken('ci');
  recordToken(secret);
  const token = { id: 'c1', workspaceId: 'w1', name: 'main', level: 'read-write', legacy: false } as const;
  await database.ciAccessTokens.insert({
    ...token,
    tokenHash: hashSecret(secret),
    createdAt: now,
    expiresAt,
    lastUsedAt: null,
    replacedAt: null,
  });
  return { kind: 'bearer', secret };
}

async function addPersonalToken(): Promise<Credential & { tokenHash: string }> {
  const secret = newToken('personal');
  recordToken(secret);
  const tokenHash = hashSecret(secret);
  await database.personalAccessTokens.insert({
    id: 'p1',
    userId: 'u1',
    name: 'laptop',
    tokenHash,
    createdAt: now,
    lastUsedAt: null,
    expiresAt: now + 90 * day,
    origin: { client: 'nxkey-cli', hostName: null, ipAddress: null },
  });
  return { kind: 'personal', secret, tokenHash };
}

const check = async (credential: Credential): Promise<Access> => await accessCheck.check(credential, nxCloudId);
const levelOf = async (credential: Credential) => (await check(credential)).decision.level;

describe('what is remembered about access', () => {
  it('answers at once, without asking the database again', async () => {
    const token = await addCiToken();
    expect(await check(token)).toMatchObject({
      decision: { level: 'read-write', scope: { kind: 'trusted' } },
      workspace: { id: 'w1', organizationId: 'o1' },
      actor: { kind: 'ci-token', id: 'c1', name: 'main' },
      writer: { kind: 'ci-token', id: 'c1' },
      refusal: null,
    });
    expect(accessCheck.lookups).toEqual({ warm: 0, cold: 1 });
    expect(accessCheck.check(token, nxCloudId)).not.toBeInstanceOf(Promise);
    expect(accessCheck.lookups).toEqual({ warm: 1, cold: 1 });
  });

  it.each([
    ['a token is revoked', (by: Database) => by.ciAccessTokens.remove('c1'), 'none'],
    [
      'a setting changes',
      (by: Database) => by.workspaces.setAccess('w1', { ...presets['open-source'], anonymousLevel: 'read-write' }),
      'read-write',
    ],
  ])('is forgotten when %s, here or in another process', async (_, change, expected) => {
    for (const by of [database, other]) {
      const token = await addCiToken();
      const asked = expected === 'none' ? token : anonymous;
      await by.workspaces.setAccess('w1', presets.recommended);
      const before = await levelOf(asked);
      expect(accessCheck.check(asked, nxCloudId)).not.toBeInstanceOf(Promise);
      await change(by);
      expect(await levelOf(asked)).toBe(expected);
      expect(before).not.toBe(expected);
      await by.ciAccessTokens.remove('c1');
    }
  });

  it('is forgotten with a transaction, once it is committed', async () => {
    const token = await addCiToken();
    await check(token);
    await other.transaction(async ({ ciAccessTokens }) => {
      await ciAccessTokens.remove('c1');
      expect(await levelOf(token)).toBe('read-write');
    });
    expect(await levelOf(token)).toBe('none');
  });

  it('outlives what has nothing to do with access: audit events, attempts, artifacts', async () => {
    const token = await addCiToken();
    await check(token);
    await database.attempts.insert({ id: 'a1', kind: 'sign-in', subject: 'x', at: now });
    await database.settings.set('public_url', 'http://a');
    await database.transaction(({ attempts }) => attempts.remove('a1'));
    await check(token);
    expect(accessCheck.lookups).toEqual({ warm: 1, cold: 1 });
  });

  it('is not what was read before a change and came back after it, when others have asked meanwhile', async () => {
    const token = await addCiToken();
    const found = gate();
    const mayGoOn = gate();
    const held: Database = {
      ...database,
      ciAccessTokens: {
        ...database.ciAccessTokens,
        async findByHash(tokenHash) {
          const row = await database.ciAccessTokens.findByHash(tokenHash);
          found.open();
          await mayGoOn.isOpen;
          return row;
        },
      },
    };
    accessCheck = createAccessCheck({ database: held, clock: () => now, tokenIdleDays: 90 });
    const begunBefore = levelOf(token);
    await found.isOpen;
    await other.ciAccessTokens.remove('c1');
    // With this one the check has seen the change. What comes back later belongs to the time before it.
    await levelOf(anonymous);
    mayGoOn.open();
    expect(await begunBefore).toBe('read-write');
    expect(await levelOf(token)).toBe('none');
  });

  it('is bounded, and what is used stays while others come and go', async () => {
    accessCheck = createAccessCheck({ database, clock: () => now, tokenIdleDays: 90, remembered: 10 });
    const token = await addCiToken();
    for (let round = 0; round < 100; round++) {
      await check(token);
      await accessCheck.check({ kind: 'bearer', secret: newToken('ci') }, nxCloudId);
      await accessCheck.check(anonymous, round.toString(16).padStart(24, '0'));
    }
    expect(accessCheck.lookups).toEqual({ warm: 99, cold: 201 });
  });
});

describe('a token', () => {
  it('that is no token by its form, or a damaged one, is never looked for', async () => {
    let searches = 0;
    const none = () => {
      searches++;
      return Promise.resolve(null);
    };
    const counting: Database = {
      ...database,
      ciAccessTokens: { ...database.ciAccessTokens, findByHash: none },
      personalAccessTokens: { ...database.personalAccessTokens, findByHash: none },
    };
    accessCheck = createAccessCheck({ database: counting, clock: () => now, tokenIdleDays: 90 });
    const damaged = newToken('ci').replace(/.$/, (last) => (last === 'a' ? 'b' : 'a'));
    for (const secret of ['hello', '', damaged, 'nxp_short', 'a'.repeat(10_000)]) {
      expect(await levelOf({ kind: 'bearer', secret })).toBe('none');
    }
    expect(searches).toBe(0);
    await check({ kind: 'bearer', secret: newToken('ci') });
    await check({ kind: 'personal', secret: newToken('personal') });
    expect(searches).toBe(2);
  });

  it('of CI ends at its expiry, also when it is remembered', async () => {
    const token = await addCiToken(now + 1000);
    expect(await levelOf(token)).toBe('read-write');
    now += 999;
    expect(await levelOf(token)).toBe('read-write');
    now += 1;
    expect((await check(token)).decision).toMatchObject({ level: 'none', unauthenticated: true });
  });

  it('of a person ends after ninety days without use, and each use prolongs it', async () => {
    const token = await addPersonalToken();
    for (let use = 0; use < 3; use++) {
      now += 89 * day;
      expect(await levelOf(token)).toBe('read-only');
    }
    now += 90 * day;
    expect((await check(token)).decision).toMatchObject({ level: 'none', unauthenticated: true });
  });

  it('has its uses written down together, and goes on when that has not happened yet', async () => {
    const token = await addPersonalToken();
    const ci = await addCiToken();
    now += 80 * day;
    await check(token);
    await check(ci);
    const stored = () => database.personalAccessTokens.findByHash(token.tokenHash);
    expect((await stored())?.token.lastUsedAt).toBeNull();

    // Everything is forgotten, and the use that is not written down yet still counts.
    await other.settings.set('public_url', 'http://a');
    now += 20 * day;
    expect(await levelOf(token)).toBe('read-only');

    await accessCheck.flush();
    const usedAt = now - 20 * day;
    expect((await stored())?.token).toMatchObject({ lastUsedAt: usedAt, expiresAt: usedAt + 90 * day });
    const [written] = await database.ciAccessTokens.ofWorkspace('w1');
    expect(written?.lastUsedAt).toBe(usedAt);
    await check(token);
    await accessCheck.flush();
    expect((await stored())?.token.lastUsedAt).toBe(now);
  });
});
