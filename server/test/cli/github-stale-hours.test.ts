import { generateKeyPairSync } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { recordToken } from '../../../test/support/ledger.js';
import { tempDir } from '../../../test/support/temp-dir.js';
import { openSqliteDatabase } from '../../src/database/sqlite.js';
import { nxkeyServer } from '../support/command-line.js';

const hour = 3_600_000;
const organizationId = 'o1';
const now = Date.parse('2026-11-21T12:00:00Z');
const secret = 'a-secret-of-the-app-that-nobody-may-see';
recordToken(secret);

const withGithub = {
  NXKEY_GITHUB_APP_ID: '12345',
  NXKEY_GITHUB_PRIVATE_KEY: generateKeyPairSync('rsa', { modulusLength: 2048 })
    .privateKey.export({ type: 'pkcs1', format: 'pem' })
    .toString(),
  NXKEY_GITHUB_WEBHOOK_SECRET: secret,
  NXKEY_GITHUB_CLIENT_ID: 'Iv1.client',
  NXKEY_GITHUB_CLIENT_SECRET: secret,
};

let data: string;
beforeEach(() => {
  data = tempDir();
});

/** Grace is a member of `acme` by a GitHub that last said so as many hours ago. */
async function connect(hoursAgo: number): Promise<void> {
  const database = await openSqliteDatabase(data);
  await database.organizations.insert({ id: organizationId, slug: 'acme', name: 'Acme', createdAt: 1 });
  await database.users.insert({ id: 'u2', email: 'grace@acme.example', name: 'Grace', createdAt: 1 });
  await database.organizations.addMember({
    userId: 'u2',
    organizationId,
    role: 'member',
    source: 'github',
    createdAt: 1,
  });
  await database.github.insertConnection({
    ...{ organizationId, issuer: 'https://github.com', githubOrganizationId: '700', login: 'acme-inc' },
    ...{ installationId: '9', installationState: 'active', adminRole: 'admin', createdAt: 1 },
    ...{ confirmedAt: now - hoursAgo * hour, problem: null, problemAt: null, heldAt: null },
  });
  await database.close();
}

/** Starts the server, and stops it at once. */
const start = (flags: string[], environment: Record<string, string> = {}) =>
  nxkeyServer(['start', '--data', data, '--port', '0', '--log-level', 'error', ...flags], '', {
    environment,
    clock: () => now,
    signal: AbortSignal.abort(),
  });

/** Why Grace's membership is suspended; `null` when it is not. */
async function suspension(): Promise<string | null> {
  const database = await openSqliteDatabase(data);
  const [event] = (await database.auditEvents.find({ limit: 9 })).filter(({ action }) => action === 'member.suspended');
  expect(await database.organizations.isSuspended('u2', organizationId)).toBe(event !== undefined);
  await database.close();
  return event === undefined ? null : String(event.details['cause']);
}
const because = (hours: number) => `GitHub: has not said for ${hours} hours who the members of acme-inc are`;

describe.each([
  ['with GitHub', withGithub],
  ['set up without GitHub', {}],
])('nxkey-server start --github-stale-hours, %s,', (_what, environment) => {
  it.each<[string[], hoursAgo: number, string | null]>([
    [['--github-stale-hours', '4'], 5, because(4)],
    [['--github-stale-hours', '6'], 5, null],
    [['--github-stale-hours=1'], 5, because(1)],
    [['--github-stale-hours', '8760'], 8759, null],
    [[], 23, null],
    [[], 25, because(24)],
  ])('%j: members whom GitHub confirmed %i hours ago', async (flags, hoursAgo, cause) => {
    await connect(hoursAgo);
    expect(await start(flags, environment)).toMatchObject({ exitCode: 0 });
    expect(await suspension()).toBe(cause);
  });
});

it.each(['0', '-1', '8761', '1.5', '1e3', '24h', 'never', ''])(
  'is refused as --github-stale-hours: %j',
  async (hours) => {
    await connect(9000);
    const { exitCode, stdout, stderr } = await start(['--github-stale-hours', hours]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain('--github-stale-hours');
    expect(stderr).toContain('It has to be a whole number from 1 to 8760.');
    expect(await suspension()).toBeNull();
  },
);

it('needs a number', async () => {
  const { exitCode, stderr } = await start(['--github-stale-hours']);
  expect(exitCode).toBe(2);
  expect(stderr).toContain("option '--github-stale-hours <hours>' argument missing");
});
