import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { paths } from '../../../src/protocol/paths.js';
import { recordToken } from '../../../test/support/ledger.js';
import { httpClient, type Answer } from '../support/http.js';
import { startTestServer, type TestServer, type TestServerOptions } from '../support/test-server.js';

const minute = 60_000;
const created = '/nx-cloud/v2/create-org-and-workspace';

let server: TestServer;
async function restart(options: TestServerOptions): Promise<void> {
  await server.close();
  server = await startTestServer(options);
}
beforeEach(async () => {
  server = await startTestServer();
});
afterEach(() => server.close());

const { request } = httpClient(() => server.url);

/** As Nx posts. */
async function post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  return await request(path, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: { accept: 'application/json, text/plain, */*', 'content-type': 'application/json', ...headers },
  });
}

async function connect(workspaceName: unknown = 'shop', headers: Record<string, string> = {}): Promise<string> {
  const body = { workspaceName, installationSource: 'nx-connect', nxInitDate: '2026-11-21T12:00:00.000Z' };
  const answer = await post(created, body, headers);
  expect(answer).toMatchObject({ status: 200, body: { url: `${server.url}/connect/new` } });
  return (answer.body as { nxCloudId: string }).nxCloudId;
}

async function onboard(accessToken: unknown, headers: Record<string, string> = {}): Promise<unknown> {
  const body = { type: 'MANUAL', source: 'nx-connect', accessToken, selectedRepositoryName: null };
  const answer = await post('/nx-cloud/onboarding', body, headers);
  expect(answer.status).toBe(200);
  recordToken(String(answer.body).length > 20 ? String(answer.body) : '');
  return answer.body;
}

const aCode = expect.stringMatching(/^[\w-]{43}$/) as string;

describe('what nx connect asks', () => {
  it('makes a workspace that nobody owns, and the link that claims it in a second answer', async () => {
    const nxCloudId = await connect('@acme/shop');
    expect(nxCloudId).toMatch(/^[0-9a-f]{24}$/);
    const { unclaimedWorkspaces, database } = server.services;
    const expected = { name: '@acme/shop', ipAddress: '127.0.0.1', createdAt: server.now() };
    expect(await unclaimedWorkspaces.find(nxCloudId)).toMatchObject(expected);
    expect(await database.workspaces.findByNxCloudId(nxCloudId)).toBeNull();
    expect(await onboard(nxCloudId)).toEqual(aCode);
  });

  it('gives the link once: whoever has the nxCloudId from the repository cannot claim', async () => {
    const nxCloudId = await connect();
    expect(await onboard(nxCloudId)).toEqual(aCode);
    expect(await onboard(nxCloudId)).toBe('new');
  });

  it('gives no link to another address, nor ten minutes later', async () => {
    await restart({ trustedProxyHops: 1 });
    const [office, elsewhere] = [{ 'x-forwarded-for': '192.0.2.7' }, { 'x-forwarded-for': '198.51.100.1' }];
    const nxCloudId = await connect('shop', office);
    expect(await onboard(nxCloudId, elsewhere)).toBe('new');
    server.passTime(10 * minute);
    expect(await onboard(nxCloudId, office)).toBe('new');
  });

  it('gives no link that claims anything where Nx does not say what', async () => {
    await connect();
    for (const nothing of [null, undefined, '', 'f'.repeat(24), 7, ['x'], 'x'.repeat(5000)]) {
      expect(await onboard(nothing)).toBe('new');
    }
  });

  it('says where somebody owns the workspace already, by its nxCloudId or its CI access token', async () => {
    const claimed = (body: object) => post('/nx-cloud/is-workspace-claimed', body);
    const { nxCloudId } = server.workspace;
    const token = await server.addCiToken('read-write');
    expect(await onboard(nxCloudId)).toBe('claimed');
    expect(await onboard(token)).toBe('claimed');
    expect(await claimed({ nxCloudId })).toMatchObject({ status: 200, body: true });
    expect(await claimed({ nxCloudAccessToken: token })).toMatchObject({ status: 200, body: true });
    const notClaimed = [{ nxCloudId: await connect() }, { nxCloudAccessToken: 'x' }, { nxCloudId: 'f'.repeat(24) }, {}];
    for (const body of notClaimed) expect(await claimed(body)).toMatchObject({ status: 200, body: false });
  });

  it('has Nx 19.7 to 20 ask for a link, and no version leave it all to a GitHub app', async () => {
    expect((await request('/nx-cloud/system/features')).body).toEqual({ isGithubIntegrationEnabled: false });
    expect((await request('/nx-cloud/system/version')).body).toEqual({ version: '2406.11.5' });
    expect((await post('/nx-cloud/stats', { command: 'connect' })).status).toBe(204);
  });

  it('gives Nx 17 to 19.6 no token for nx.json, and says what to do', async () => {
    const answer = await post('/nx-cloud/create-org-and-workspace', { workspaceName: 'shop' });
    const message = expect.stringContaining(`Sign in at ${server.url}/connect/new`) as string;
    expect(answer).toMatchObject({ status: 200, body: { message } });
    expect(await server.services.database.unclaimedWorkspaces.count()).toBe(0);
  });

  it('takes whatever Nx sends as a name', async () => {
    const name = async (sent: unknown) => (await server.services.unclaimedWorkspaces.find(await connect(sent)))?.name;
    expect(await name('x'.repeat(200))).toBe('x'.repeat(100));
    expect(await name('a\u0000b\n')).toBe('ab');
    for (const noName of [null, 7, {}, '', 'x'.repeat(2000)]) expect(await name(noName)).toBe('my-workspace');
  });

  it.each([
    ['not JSON', '{', {}, 400],
    ['no object', '[]', {}, 400],
    ['a form of another site', 'workspaceName=shop', { 'content-type': 'text/plain' }, 415],
    ['too large', JSON.stringify({ workspaceName: 'x'.repeat(20_000) }), {}, 413],
  ])('refuses a body that is %s', async (_, body, headers, status) => {
    for (const path of [created, '/nx-cloud/onboarding', '/nx-cloud/is-workspace-claimed']) {
      expect(await post(path, body, headers)).toMatchObject({ status, type: 'application/problem+json' });
    }
    expect(await server.services.database.unclaimedWorkspaces.count()).toBe(0);
  });
});

describe('when nx connect may make no workspace', () => {
  // Of an answer with another status Nx prints nothing but the status.
  const refused = (sentence: string) => ({
    status: 200,
    body: { message: expect.stringContaining(sentence) as string },
  });

  it('says how long to wait after twenty from one address', async () => {
    for (let made = 0; made < 20; made++) await connect();
    server.passTime(2 * minute);
    expect(await post(created, {})).toMatchObject(refused('the next one is possible in 58 minutes'));
    server.passTime(58 * minute);
    await connect();
  });

  it('says whom to ask where the operator has switched it off', async () => {
    await restart({ nxConnect: false });
    expect(await post(created, {})).toMatchObject(refused('Ask an owner or admin of your organization'));
    expect(await server.services.database.unclaimedWorkspaces.count()).toBe(0);
    expect(await onboard(null)).toBe('new');
  });
});

describe('until somebody has claimed the workspace', () => {
  it('says so to everybody who asks what they may do, and tells no code', async () => {
    const nxCloudId = await connect();
    const code = String(await onboard(nxCloudId));
    for (const token of [undefined, await server.addToken(server.owner)]) {
      const answer = await request(paths.workspaceAccess(nxCloudId), token === undefined ? {} : { token });
      expect(answer).toEqual({
        status: 200,
        type: 'application/json',
        body: {
          nxCloudId,
          level: 'none',
          because:
            'nobody has claimed this workspace yet: open the link that "nx connect" printed; without it, an owner or ' +
            `admin makes another workspace at ${server.url}/connect/new`,
          claimed: false,
        },
      });
      expect(JSON.stringify(answer)).not.toContain(code);
    }
    server.passTime(3 * 24 * 60 * minute);
    expect((await request(paths.workspaceAccess(nxCloudId))).status).toBe(404);
  });

  it('has a cache for nobody, and fails nobody’s build', async () => {
    const nxCloudId = await connect();
    const artifact = `${paths.remoteCache(nxCloudId)}/v1/cache/1`;
    for (const token of [undefined, await server.addToken(server.owner)]) {
      const sent = token === undefined ? {} : { token };
      expect((await request(artifact, { ...sent, method: 'PUT', body: 'x' })).status).toBe(403);
      expect((await request(artifact, sent)).status).toBe(404);
    }
    expect((await request(artifact, { token: await server.addCiToken('read-write') })).status).toBe(401);
  });
});
