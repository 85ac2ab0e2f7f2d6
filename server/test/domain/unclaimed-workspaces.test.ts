import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recordToken } from '../../../test/support/ledger.js';
import { tempDir } from '../../../test/support/temp-dir.js';
import { openTestDatabase } from '../support/test-database.js';
import { byUser } from '../../src/domain/audit-log.js';
import { removeExpired } from '../../src/domain/clean-up.js';
import { displayNameForm } from '../../src/domain/names.js';
import type { Database } from '../../src/domain/repositories.js';
import {
  createUnclaimedWorkspaces,
  workspaceNameFrom,
  type UnclaimedWorkspaceOptions,
  type UnclaimedWorkspaces,
} from '../../src/domain/unclaimed-workspaces.js';

const [minute, hour, day] = [60_000, 3_600_000, 24 * 3_600_000];
const office = '192.0.2.7';
const ada = byUser({ id: 'u1', email: 'ada@acme.example' }, { ipAddress: office, requestId: 'r1' });
const acme = { name: 'Shop', organizationId: 'o1', preset: 'recommended' } as const;

let folder: string;
let now: number;
let databases: Database[];
let unclaimed: UnclaimedWorkspaces;

async function another(options: Partial<UnclaimedWorkspaceOptions> = {}): Promise<UnclaimedWorkspaces> {
  const database = await openTestDatabase(folder);
  databases.push(database);
  return createUnclaimedWorkspaces({ database, clock: () => now, isOff: false, ...options });
}

beforeEach(async () => {
  [folder, now, databases] = [tempDir(), Date.parse('2026-11-21T12:00:00Z'), []];
  unclaimed = await another();
  await databases[0]?.organizations.insert({ id: 'o1', slug: 'acme', name: 'Acme', createdAt: now });
});
afterEach(async () => {
  for (const database of databases) await database.close();
});

async function connect(ipAddress = office): Promise<string> {
  const creation = await unclaimed.create({ name: 'shop', ipAddress });
  if (creation.kind !== 'created') throw new Error(creation.kind);
  return creation.nxCloudId;
}

async function claimCode(nxCloudId: string): Promise<string> {
  const code = await unclaimed.handOutClaimCode(nxCloudId, office);
  if (code === null) throw new Error('no code');
  recordToken(code);
  return code;
}

describe('the code that claims a workspace', () => {
  it('has 256 random bits, and is known here by its hash alone', async () => {
    const nxCloudId = await connect();
    const code = await claimCode(nxCloudId);
    expect(code).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(await claimCode(await connect())).not.toBe(code);
    expect(JSON.stringify(await unclaimed.find(nxCloudId))).not.toContain(code);
  });

  it('is handed out once, also when several ask at the same time', async () => {
    const nxCloudId = await connect();
    const elsewhere = await another();
    const asked = [unclaimed, elsewhere, unclaimed, elsewhere];
    const codes = await Promise.all(asked.map((server) => server.handOutClaimCode(nxCloudId, office)));
    const [code, ...others] = codes.filter((answer) => answer !== null);
    recordToken(code ?? '');
    expect(others).toEqual([]);
    expect(await unclaimed.findByClaimCode(code ?? '')).toMatchObject({ nxCloudId });
  });

  it('is handed out for ten minutes, since afterwards the nxCloudId may be public', async () => {
    const nxCloudId = await connect();
    now += 10 * minute;
    expect(await unclaimed.handOutClaimCode(nxCloudId, office)).toBeNull();
    now--;
    expect(await claimCode(nxCloudId)).not.toBe('');
  });

  it('is handed out to the network that the workspace comes from', async () => {
    const nxCloudId = await connect('2001:db8::1');
    for (const ipAddress of [office, '2001:db8:0:1::1']) {
      expect(await unclaimed.handOutClaimCode(nxCloudId, ipAddress)).toBeNull();
    }
    const code = await unclaimed.handOutClaimCode(nxCloudId, '2001:db8::2');
    recordToken(code ?? '');
    expect(code).not.toBeNull();
  });

  it('is handed out for no nxCloudId that is not waiting for its owner', async () => {
    expect(await unclaimed.handOutClaimCode('f'.repeat(24), office)).toBeNull();
    const nxCloudId = await connect();
    await unclaimed.claim(await claimCode(nxCloudId), acme, ada);
    expect(await unclaimed.handOutClaimCode(nxCloudId, office)).toBeNull();
  });
});

describe('claiming', () => {
  it('makes it a workspace of the organization, with its nxCloudId, and the name and preset chosen', async () => {
    const nxCloudId = await connect();
    const workspace = await unclaimed.claim(await claimCode(nxCloudId), acme, ada);
    const [database] = databases;
    expect(await database?.workspaces.findByNxCloudId(nxCloudId)).toMatchObject({
      workspace: { ...workspace, name: 'Shop', patOptIn: true, anonymousLevel: 'none', patLevel: 'read-only' },
      organization: { slug: 'acme' },
    });
    expect(await unclaimed.find(nxCloudId)).toBeNull();
    expect(await database?.auditEvents.find({ limit: 10 })).toMatchObject([
      {
        action: 'workspace.claimed',
        actor: { name: 'ada@acme.example' },
        organizationId: 'o1',
        workspaceId: workspace?.id,
        target: 'Shop',
        details: { nxCloudId, preset: 'recommended', connectedFrom: office },
      },
    ]);
  });

  it('lets one of several who claim at the same time have it', async () => {
    const code = await claimCode(await connect());
    const claims = await Promise.all([1, 2, 3, 4].map(() => unclaimed.claim(code, acme, ada)));
    expect(claims.filter((workspace) => workspace !== null)).toHaveLength(1);
    expect(await databases[0]?.workspaces.all()).toHaveLength(1);
    expect(await databases[0]?.auditEvents.find({ limit: 10 })).toHaveLength(1);
  });

  it('leaves it unclaimed when it cannot become a workspace', async () => {
    const nxCloudId = await connect();
    const code = await claimCode(nxCloudId);
    await expect(unclaimed.claim(code, { ...acme, organizationId: 'none' }, ada)).rejects.toThrow();
    expect(await unclaimed.claim(code, acme, ada)).toMatchObject({ nxCloudId });
  });

  it('takes no code that nobody was given', async () => {
    await connect();
    expect(await unclaimed.claim('invented', acme, ada)).toBeNull();
    expect(await unclaimed.findByClaimCode('')).toBeNull();
  });

  it('is possible for three days; then the workspace is gone, and what is kept of it soon, too', async () => {
    const nxCloudId = await connect();
    const code = await claimCode(nxCloudId);
    const [database] = databases;
    if (database === undefined) throw new Error('no database');
    now += 3 * day - 1;
    await removeExpired(database, now);
    expect(await unclaimed.findByClaimCode(code)).toMatchObject({ nxCloudId });
    now++;
    expect(await unclaimed.find(nxCloudId)).toBeNull();
    expect(await unclaimed.findByClaimCode(code)).toBeNull();
    expect(await unclaimed.claim(code, acme, ada)).toBeNull();
    expect(await database.unclaimedWorkspaces.count()).toBe(1);
    await removeExpired(database, now);
    expect(await database.unclaimedWorkspaces.count()).toBe(0);
  });
});

describe('limits', () => {
  it('lets one network make twenty in an hour', async () => {
    for (let made = 0; made < 20; made++) await connect('2001:db8::1');
    now += hour - minute;
    const refused = { kind: 'too-many', retryAfterMs: minute };
    expect(await unclaimed.create({ name: 'shop', ipAddress: '2001:db8::2' })).toEqual(refused);
    expect(await connect(office)).toMatch(/^[0-9a-f]{24}$/);
    now += minute;
    expect(await connect('2001:db8::2')).toMatch(/^[0-9a-f]{24}$/);
  });

  it('makes no more when too many wait for their owners, until some are claimed', async () => {
    unclaimed = await another({ max: 2 });
    const first = await connect('192.0.2.1');
    await connect('192.0.2.2');
    const creations = [3, 4, 5].map((host) => unclaimed.create({ name: 'shop', ipAddress: `192.0.2.${host}` }));
    expect(await Promise.all(creations)).toEqual(Array(3).fill({ kind: 'full' }));
    expect(await databases[0]?.unclaimedWorkspaces.count()).toBe(2);
    await databases[0]?.unclaimedWorkspaces.remove(first);
    expect(await connect('192.0.2.3')).toMatch(/^[0-9a-f]{24}$/);
  });

  it('makes none where the operator has switched it off, and lets those there are be claimed', async () => {
    const code = await claimCode(await connect());
    const off = await another({ isOff: true });
    expect(await off.create({ name: 'shop', ipAddress: office })).toEqual({ kind: 'off' });
    expect(await off.claim(code, acme, ada)).not.toBeNull();
  });
});

describe('the name from a package.json', () => {
  it.each([
    ['shop', 'shop'],
    ['@acme/shop', '@acme/shop'],
    ['  shop ', 'shop'],
    ['sh\u0000o\np\u202E', 'shop'],
    ['', 'my-workspace'],
    [' \t', 'my-workspace'],
    ['\u200B', 'my-workspace'],
    ['x'.repeat(200), 'x'.repeat(100)],
    [`${'x'.repeat(99)}😀`, 'x'.repeat(99)],
    [`${'x'.repeat(99)} y`, 'x'.repeat(99)],
    ['<b>shop</b>', '<b>shop</b>'],
  ])('%j is %j', (sent, name) => {
    expect(workspaceNameFrom(sent)).toBe(name);
    expect(displayNameForm.matches(name)).toBe(true);
  });
});
