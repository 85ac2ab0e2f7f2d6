import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recordToken } from '../../../test/support/ledger.js';
import { nxkeyServer, type Result } from '../support/command-line.js';
import { Person } from '../support/person.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

/** Commands of the operator, beside a server that runs on the same data folder. */

let server: TestServer;
beforeEach(async () => {
  server = await startTestServer();
});
afterEach(() => server.close());

async function run(...argv: string[]): Promise<Result> {
  return await nxkeyServer([...argv, '--data', server.dataFolder], '', { clock: server.now });
}

async function json(...argv: string[]): Promise<unknown> {
  const { exitCode, stdout } = await run(...argv, '--json');
  expect(exitCode).toBe(0);
  return JSON.parse(stdout);
}

async function get(path: string, token?: string): Promise<{ status: number; body: unknown }> {
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(server.url + path, { headers });
  return { status: response.status, body: await response.json() };
}

describe('nxkey-server ci-token', () => {
  const onWorkspace = () => ['--workspace', server.workspace.nxCloudId];

  async function create(name: string): Promise<string> {
    const { stdout } = await run('ci-token', 'create', ...onWorkspace(), '--name', name, '--access', 'read-only');
    recordToken(stdout.trim());
    return stdout.trim();
  }

  it('lists the tokens of a workspace, without the tokens', async () => {
    const secret = await create('pull requests');
    const legacy = Buffer.from('7d8c0f5e-1111-4222-8333-444455556688|read-write').toString('base64');
    recordToken(legacy);
    server.passTime(1000);
    const imported = { workspaceId: server.workspace.id, name: 'nx.json', secret: legacy };
    await server.services.ciAccessTokens.importLegacy(imported);

    const { tokens } = (await json('ci-token', 'list', ...onWorkspace())) as { tokens: { id: string }[] };
    expect(tokens).toEqual([
      {
        id: expect.any(String) as string,
        name: 'nx.json',
        accessLevel: 'read-write',
        imported: true,
        createdAt: '2026-11-21T12:00:01.000Z',
        expiresAt: null,
        lastUsedAt: null,
      },
      expect.objectContaining({ name: 'pull requests', accessLevel: 'read-only', imported: false }),
    ]);
    const { stdout } = await run('ci-token', 'list', ...onWorkspace());
    expect(stdout).toBe(
      `${tokens[0]?.id ?? ''}  read-write  imported  2026-11-21  nx.json\n` +
        `${tokens[1]?.id ?? ''}  read-only   created   2026-11-21  pull requests\n`,
    );
    expect(stdout).not.toContain(secret);
  });

  it('says when there are none', async () => {
    expect(await run('ci-token', 'list', ...onWorkspace())).toMatchObject({
      exitCode: 0,
      stdout: '',
      stderr: 'shop has no CI access tokens.\n',
    });
    expect(await json('ci-token', 'list', ...onWorkspace())).toEqual({ tokens: [] });
  });

  it('revokes one by its id: the next request with it is refused, the others work on', async () => {
    const [committed, current] = [await create('committed'), await create('current')];
    const { tokens } = (await json('ci-token', 'list', ...onWorkspace())) as { tokens: { id: string; name: string }[] };
    const id = tokens.find(({ name }) => name === 'committed')?.id ?? '';
    expect((await get('/api/v1/ci-token', committed)).status).toBe(200);
    expect(await json('ci-token', 'revoke', '--id', id)).toEqual({ id });
    expect((await get('/api/v1/ci-token', committed)).status).toBe(401);
    expect((await get('/api/v1/ci-token', current)).status).toBe(200);
    expect((await run('ci-token', 'revoke', '--id', id)).exitCode).toBe(1);
  });
});

describe('nxkey-server workspace', () => {
  const set = (...change: string[]) => ['workspace', 'set', '--workspace', server.workspace.nxCloudId, ...change];
  const anonymousLevel = async () => (await get(`/api/v1/workspaces/${server.workspace.nxCloudId}/access`)).body;

  it('lists all, by organization and name', async () => {
    const { nxCloudId } = await server.addWorkspace('docs', 'not opted in');
    expect(await json('workspace', 'list')).toEqual({
      workspaces: [
        expect.objectContaining({ nxCloudId, name: 'docs', organization: 'acme', patOptIn: false }),
        {
          nxCloudId: server.workspace.nxCloudId,
          name: 'shop',
          organization: 'acme',
          patOptIn: true,
          anonymousLevel: 'read-write',
          patLevel: 'read-write',
        },
      ],
    });
    expect((await run('workspace', 'list')).stdout).toBe(
      `${nxCloudId}  acme  docs  not opted in to personal access tokens\n` +
        `${server.workspace.nxCloudId}  acme  shop  anonymous read-write, personal access tokens read-write\n`,
    );
  });

  it('changes who may use the cache, from the next request on', async () => {
    expect(await anonymousLevel()).toMatchObject({ level: 'read-write' });
    expect(await json(...set('--anonymous', 'none'))).toMatchObject({
      anonymousLevel: 'none',
      patLevel: 'read-write',
    });
    expect(await anonymousLevel()).toMatchObject({ level: 'none' });
  });

  it('takes a level that is given before that of the preset', async () => {
    expect(await json(...set('--preset', 'recommended', '--anonymous', 'read-only'))).toMatchObject({
      anonymousLevel: 'read-only',
      patLevel: 'read-only',
    });
  });

  it('says what stays open', async () => {
    expect((await run(...set('--pat', 'read-only'))).stderr).toContain('whoever knows the nxCloudId reads and writes');
    expect((await run(...set('--anonymous', 'read-only'))).stderr).toBe('');
  });

  it('opts in by a preset only', async () => {
    const { nxCloudId } = await server.addWorkspace('docs', 'not opted in');
    const docs = ['workspace', 'set', '--workspace', nxCloudId];
    const level = await run(...docs, '--anonymous', 'read-only');
    expect(level).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('--preset does that') as string });
    expect(await json(...docs, '--preset', 'open-source')).toMatchObject({
      patOptIn: true,
      anonymousLevel: 'read-only',
    });
  });
});

describe('nxkey-server user reset-password', () => {
  async function reset(): Promise<string> {
    const flags = ['--email', server.owner.email.toUpperCase(), '--public-url', 'https://nxkey.acme.example'];
    const { stdout } = await run('user', 'reset-password', ...flags);
    recordToken(stdout.trim());
    return new URL(stdout.trim()).pathname;
  }

  it('makes a link for a new password; the old one works until then, and no session afterwards', async () => {
    const password = 'another horse battery';
    recordToken(password);
    const elsewhere = new Person(server.url);
    await elsewhere.signIn(server.owner);
    const token = await server.addToken(server.owner);
    const [older, link] = [await reset(), await reset()];
    expect((await new Person(server.url).get(older)).status).toBe(404);
    expect((await new Person(server.url).signIn(server.owner)).path).toBe('/tokens');
    expect((await elsewhere.get('/tokens')).path).toBe('/tokens');

    const person = new Person(server.url);
    const page = await person.submit(await person.get(link), { password, password_again: password });
    expect(page.path).toBe('/tokens');
    expect((await elsewhere.get('/tokens')).path).toContain('/sign-in');
    expect((await new Person(server.url).signIn(server.owner)).status).toBe(400);
    expect((await new Person(server.url).signIn({ ...server.owner, password })).path).toBe('/tokens');
    expect((await new Person(server.url).get(link)).status).toBe(404);
    // As its help says.
    expect((await get('/api/v1/me', token)).status).toBe(200);
  });
});
