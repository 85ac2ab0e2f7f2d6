import { Buffer } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recordOutput, recordToken } from '../../../test/support/ledger.js';
import { nxkeyServer, type Result } from '../support/command-line.js';
import { httpClient } from '../support/http.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

/** The operator's commands for organizations, members, rotation and the audit log, beside a running server. */

let server: TestServer;
beforeEach(async () => {
  server = await startTestServer();
});
afterEach(() => server.close());

const { request } = httpClient(() => server.url);

async function run(argv: string[], input = ''): Promise<Result> {
  return await nxkeyServer([...argv, '--data', server.dataFolder], input, { clock: server.now });
}

async function json(...argv: string[]): Promise<unknown> {
  const { exitCode, stdout } = await run([...argv, '--json']);
  expect(exitCode).toBe(0);
  return JSON.parse(stdout);
}

const onAcme = ['--org', 'acme'];

describe('nxkey-server member', () => {
  it('says whose membership came from GitHub, and opens nothing for now', async () => {
    const grace = await server.addUser({ email: 'grace@acme.example', name: 'Grace', role: null });
    const { organizations } = server.services.database;
    const key = { userId: grace.id, organizationId: server.organizationId, source: 'github' } as const;
    await organizations.addMember({ ...key, role: 'member', createdAt: server.now() });
    await organizations.ofSource.suspend(key, server.now());
    expect((await run(['member', 'list', ...onAcme])).stdout).toContain(
      'grace@acme.example  member  github  suspended  Grace\n',
    );
    expect(await json('member', 'list', ...onAcme)).toMatchObject({
      members: [
        { email: 'ada@acme.example', source: 'manual', suspendedAt: null },
        { source: 'github', suspendedAt: new Date(server.now()).toISOString() },
      ],
    });
  });

  it('lists members and ends a membership, which the next request sees', async () => {
    const grace = await server.addUser({ email: 'grace@acme.example', name: 'Grace' });
    const token = await server.addToken(grace);
    expect((await run(['member', 'list', ...onAcme])).stdout).toBe(
      'ada@acme.example    owner   manual  active  Ada Example\ngrace@acme.example  member  manual  active  Grace\n',
    );
    expect((await request('/api/v1/organizations/acme', { token })).status).toBe(200);
    expect(await json('member', 'remove', ...onAcme, '--email', 'Grace@acme.example')).toMatchObject({
      email: 'grace@acme.example',
      role: 'member',
    });
    expect((await request('/api/v1/organizations/acme', { token })).status).toBe(404);
    expect(await json('member', 'list', ...onAcme)).toMatchObject({ members: [{ email: 'ada@acme.example' }] });
    const again = await run(['member', 'remove', ...onAcme, '--email', 'grace@acme.example']);
    expect(again).toMatchObject({ exitCode: 1, stderr: 'error: acme has no such member.\n' });
  });

  it('gives an organization an owner again, by hand, so that GitHub takes nothing away any more', async () => {
    const grace = await server.addUser({ email: 'grace@acme.example', name: 'Grace', role: null });
    const { organizations } = server.services.database;
    const key = { userId: grace.id, organizationId: server.organizationId, source: 'github' } as const;
    await organizations.addMember({ ...key, role: 'admin', createdAt: server.now() });
    await organizations.ofSource.suspend(key, server.now());
    const role = ['member', 'role', ...onAcme, '--email', 'grace@acme.example', '--role'];
    expect(await run([...role, 'owner'])).toMatchObject({
      exitCode: 0,
      stdout: 'grace@acme.example\n',
      stderr:
        'grace@acme.example is an owner of acme.\nThe membership is one by hand now: remove them here when they leave.\n',
    });
    expect(await organizations.membership(grace.id, server.organizationId)).toMatchObject({
      role: 'owner',
      source: 'manual',
    });
    const [event] = await server.services.database.auditEvents.find({ limit: 1 });
    expect(event).toMatchObject({
      action: 'member.role-changed',
      actor: { kind: 'operator' },
      target: 'grace@acme.example',
      details: { 'role.old': 'admin', 'role.new': 'owner', 'source.old': 'github', 'source.new': 'manual' },
    });
    expect(await json(...role, 'member')).toMatchObject({ email: 'grace@acme.example', role: 'member' });
    const last = await run(['member', 'role', ...onAcme, '--email', 'ada@acme.example', '--role', 'admin']);
    expect(last).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('the last owner of acme') as string });
  });

  it('keeps the last owner, and knows no organization that is not there', async () => {
    const owner = await run(['member', 'remove', ...onAcme, '--email', 'ada@acme.example']);
    expect(owner).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('the last owner of acme') as string });
    const none = await run(['member', 'list', '--org', 'none']);
    expect(none).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('There is no organization none.') as string,
    });
  });
});

describe('nxkey-server org and workspace create', () => {
  it('make another organization and its workspace, with the recommended settings', async () => {
    const flags = ['--org', 'tools', '--name', 'Build tools', '--owner', 'ada@acme.example'];
    expect(await json('org', 'create', ...flags)).toEqual({
      slug: 'tools',
      name: 'Build tools',
      owner: 'ada@acme.example',
    });
    const made = await run(['workspace', 'create', '--org', 'tools', '--name', 'site']);
    expect(made.stderr).toContain('Made the workspace site of tools. Only CI access tokens write');
    expect(await request(`/api/v1/workspaces/${made.stdout.trim()}/access`)).toMatchObject({
      status: 200,
      body: { level: 'none' },
    });
    const open = await run(['workspace', 'create', '--org', 'tools', '--name', 'open', '--preset', 'default']);
    expect(open.stderr).toContain('whoever knows the nxCloudId reads and writes the cache');
    const again = await run(['org', 'create', ...flags]);
    expect(again).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('already is an organization tools') as string,
    });
  });
});

describe('nxkey-server ci-token', () => {
  const works = async (token: string) => (await request('/api/v1/ci-token', { token })).status === 200;
  const create = async (...flags: string[]) => {
    const named = ['--workspace', server.workspace.nxCloudId, '--name', 'main', '--access', 'read-only'];
    const made = (await json('ci-token', 'create', ...named, ...flags)) as { id: string; token: string };
    recordToken(made.token);
    return made;
  };

  it('create makes one that ends', async () => {
    const { token } = await create('--expires', '2h');
    server.passTime(2 * 3_600_000 - 1);
    expect(await works(token)).toBe(true);
    server.passTime(1);
    expect(await works(token)).toBe(false);
  });

  it('rotate makes a new one; the old one ends when its grace is over', async () => {
    const old = await create();
    const { exitCode, stdout, stderr } = await run(['ci-token', 'rotate', '--id', old.id, '--grace', '30m']);
    const token = stdout.trim();
    recordToken(token);
    expect(exitCode).toBe(0);
    expect(stderr).toContain(`The old one ends on ${new Date(server.now() + 30 * 60_000).toISOString()}.`);
    server.passTime(30 * 60_000);
    expect([await works(old.token), await works(token)]).toEqual([false, true]);
    const again = await run(['ci-token', 'rotate', '--id', old.id]);
    expect(again).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('has been replaced already') as string,
    });
  });

  it('rotate without a grace ends the old one at once', async () => {
    const old = await create();
    const rotated = await run(['ci-token', 'rotate', '--id', old.id, '--grace', '0']);
    recordToken(rotated.stdout.trim());
    expect(rotated.stderr).toContain('The old one has ended.');
    expect(await works(old.token)).toBe(false);
  });

  it.each([
    [['ci-token', 'rotate', '--id', 'x', '--grace', '31d'], 2, 'It may be at most 30d.'],
    [['ci-token', 'rotate', '--id', 'x', '--grace', 'soon'], 2, 'such as 30m, 24h, 90d or 2w'],
    [['ci-token', 'rotate', '--id', 'x'], 1, 'There is no CI access token with that id.'],
  ])('refuses %j', async (argv, exitCode, message) => {
    expect(await run(argv)).toMatchObject({ exitCode, stdout: '', stderr: expect.stringContaining(message) as string });
  });
});

describe('nxkey-server audit', () => {
  interface Line {
    action: string;
    actor: { kind: string; id: null; name: string };
    target: string;
    organization: string | null;
    workspace: { name: string } | null;
  }
  async function lines(...flags: string[]): Promise<Line[]> {
    const { exitCode, stdout } = await run(['audit', '--json', ...flags]);
    expect(exitCode).toBe(0);
    recordOutput('nxkey-server audit', stdout);
    return stdout
      .trim()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Line);
  }

  it('tells of what operators do, by the name of the system’s user', async () => {
    const legacy = Buffer.from(`${randomUUID()}|read-write`).toString('base64');
    recordToken(legacy);
    const onShop = ['--workspace', server.workspace.nxCloudId];
    await run(['ci-token', 'import', ...onShop, '--name', 'nx.json', '--token-stdin'], legacy);
    await run(['workspace', 'set', ...onShop, '--anonymous', 'none']);
    const invitation = ['--name', 'Grace', '--public-url', 'https://nxkey.acme.example'];
    const added = await run(['user', 'add', ...onAcme, '--email', 'grace@acme.example', ...invitation]);
    recordToken(added.stdout.trim().split('/').at(-1) ?? '');
    const token = await run(['pat', 'create', '--email', 'ada@acme.example']);
    recordToken(token.stdout.trim());
    await run(['member', 'remove', ...onAcme, '--email', 'grace@acme.example']);

    const found = await lines();
    expect(found.map(({ action }) => action).sort()).toEqual([
      'ci-token.imported',
      'member.added',
      'member.removed',
      'pat.created',
      'user.invited',
      'workspace.changed',
    ]);
    for (const { actor } of found) expect(actor).toEqual({ kind: 'operator', id: null, name: 'root' });
    expect(found.find(({ action }) => action === 'workspace.changed')).toMatchObject({
      organization: 'acme',
      workspace: { name: 'shop' },
      target: 'shop',
    });
  });

  it('shows the newest first as a table, and as much as asked for', async () => {
    for (const level of ['none', 'read-only', 'read-write']) {
      server.passTime(1000);
      await run(['workspace', 'set', '--workspace', server.workspace.nxCloudId, '--anonymous', level]);
    }
    const { stdout, stderr } = await run(['audit', ...onAcme, '--limit', '2']);
    expect(stdout).toBe(
      '2026-11-21T12:00:03.000Z  workspace.changed  root  -  shop  shop anonymousLevel.old=read-only anonymousLevel.new=read-write\n' +
        '2026-11-21T12:00:02.000Z  workspace.changed  root  -  shop  shop anonymousLevel.old=none anonymousLevel.new=read-only\n',
    );
    expect(stderr).toBe('There are more; --limit 2 was reached.\n');
    server.passTime(60_000);
    expect(await lines('--since', '1m')).toHaveLength(1);
    expect(await lines('--action', 'ci-token.created', 'workspace.changed')).toHaveLength(3);
    expect(await lines('--actor', 'ROO')).toHaveLength(3);
  });

  it('says when there is nothing, and which actions there are', async () => {
    expect(await run(['audit', '--action', 'cache.purged'])).toMatchObject({
      exitCode: 0,
      stdout: '',
      stderr: 'Nothing of that kind is in the audit log.\n',
    });
    expect(await run(['audit', '--action', 'everything'])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('Allowed choices are user.signed-in') as string,
    });
  });
});
