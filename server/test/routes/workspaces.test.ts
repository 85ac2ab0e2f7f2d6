import { Buffer } from 'node:buffer';
import { createHash, randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recordToken } from '../../../test/support/ledger.js';
import { paths } from '../../../src/protocol/paths.js';
import type { CiAccessTokenInfo, CreatedCiAccessToken, WorkspaceInfo } from '../../../src/protocol/wire-types.js';
import { administrator, type Administrator } from '../support/administration.js';
import { httpClient } from '../support/http.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const day = 24 * 60 * 60 * 1000;

let server: TestServer;
let ada: Administrator;
beforeEach(async () => {
  server = await startTestServer();
  ada = await administrator(server, server.owner);
});
afterEach(() => server.close());

const { request } = httpClient(() => server.url);
const iso = (time: number) => new Date(time).toISOString();

describe('a workspace', () => {
  it('begins with the recommended settings, or those of a preset, and warns when it is open', async () => {
    const make = async (body: object) => ada.ask('POST', paths.workspaces('acme'), body);
    expect(await make({ name: 'docs' })).toMatchObject({
      status: 201,
      body: { access: { patOptIn: true, anonymousLevel: 'none', patLevel: 'read-only' }, warning: null },
    });
    const open = (await make({ name: 'playground', preset: 'default' })).body as WorkspaceInfo;
    expect(open.warning).toContain('whoever knows the nxCloudId reads and writes the cache');
    expect(open.nxCloudId).toMatch(/^[0-9a-f]{24}$/);
    expect((await ada.ask('GET', paths.workspace(open.nxCloudId))).body).toEqual(open);
    expect((await ada.ask('GET', paths.workspaces('acme'))).body).toMatchObject({
      workspaces: [{ name: 'docs' }, { name: 'playground' }, { name: 'shop' }],
    });
  });

  it('changes from the next request on, and keeps what is not given', async () => {
    const { nxCloudId } = server.workspace;
    const level = async () => (await request(paths.workspaceAccess(nxCloudId))).body;
    expect(await level()).toMatchObject({ level: 'read-write' });
    const change = (body: object) => ada.ask('PATCH', paths.workspace(nxCloudId), body);
    expect(await change({ preset: 'recommended', anonymousLevel: 'read-only', name: 'store' })).toMatchObject({
      status: 200,
      body: { name: 'store', access: { patOptIn: true, anonymousLevel: 'read-only', patLevel: 'read-only' } },
    });
    expect(await level()).toMatchObject({ level: 'read-only' });
    expect((await change({ patOptIn: false })).body).toMatchObject({
      name: 'store',
      access: { anonymousLevel: 'read-only' },
    });
    expect(await level()).toMatchObject({ level: 'none' });
  });

  it.each([
    [{ preset: 'open' }, 'preset', 'has to be one of default, recommended, open-source'],
    [{ anonymousLevel: 'all' }, 'anonymousLevel', 'has to be none, read-only or read-write'],
    [{ patLevel: 'none' }, 'patLevel', 'has to be read-only or read-write'],
    [{ patOptIn: 'yes' }, 'patOptIn', 'has to be true or false'],
    [{ name: ' ' }, 'name', 'has to be 1 to 100 characters'],
    [[], 'body', 'has to be a JSON object'],
  ])('is not changed by a body of the wrong shape: %j', async (body, field, detail) => {
    expect(await ada.ask('PATCH', paths.workspace(server.workspace.nxCloudId), body)).toMatchObject({
      status: 400,
      body: { errors: [{ field, detail: expect.stringContaining(detail) as string }] },
    });
  });
});

describe('a CI access token', () => {
  const tokens = () => paths.ciTokens(server.workspace.nxCloudId);
  async function create(body: object = {}): Promise<CreatedCiAccessToken> {
    const answer = await ada.ask('POST', tokens(), { name: 'main', accessLevel: 'read-write', ...body });
    expect(answer.status).toBe(201);
    return answer.body as CreatedCiAccessToken;
  }
  async function rotate(id: string, graceSeconds: number): Promise<CreatedCiAccessToken> {
    const answer = await ada.ask('POST', paths.ciTokenRotation(server.workspace.nxCloudId, id), { graceSeconds });
    expect(answer.status).toBe(201);
    return answer.body as CreatedCiAccessToken;
  }
  const works = async (token: string) => (await request(paths.ciToken, { token })).status === 200;

  it('is shown once, listed without its secret, and ends when it expires', async () => {
    const { token, info, previous } = await create({ expiresAt: iso(server.now() + day) });
    expect(previous).toBeNull();
    expect(await works(token)).toBe(true);
    const { body } = await ada.ask('GET', tokens());
    expect(body).toEqual({ tokens: [info] });
    expect(JSON.stringify(body)).not.toContain(token);
    server.passTime(day);
    expect(await works(token)).toBe(false);
    expect((await ada.ask('GET', tokens())).body).toEqual({ tokens: [info] });
  });

  it.each([
    [{ expiresAt: '2026-11-21T11:59:59Z' }, 'expiresAt', 'has to be in the future'],
    [{ expiresAt: 'tomorrow' }, 'expiresAt', 'has to be a time such as'],
    [{ accessLevel: 'none' }, 'accessLevel', 'has to be read-only or read-write'],
    [{ name: '' }, 'name', 'has to be 1 to 100 characters'],
  ])('is not made with %j', async (body, field, detail) => {
    const request = { name: 'main', accessLevel: 'read-only', ...body };
    expect(await ada.ask('POST', tokens(), request)).toMatchObject({
      status: 400,
      body: { errors: [{ field, detail: expect.stringContaining(detail) as string }] },
    });
    expect((await ada.ask('GET', tokens())).body).toEqual({ tokens: [] });
  });

  it('is rotated into one of the same name, access and length of life, and works on for the grace', async () => {
    const old = await create({ accessLevel: 'read-only', expiresAt: iso(server.now() + 90 * day) });
    server.passTime(day);
    const rotated = await rotate(old.info.id, 3600);
    expect(rotated.info).toMatchObject({
      name: 'main',
      accessLevel: 'read-only',
      expiresAt: iso(server.now() + 90 * day),
    });
    expect(rotated.previous).toMatchObject({ id: old.info.id, expiresAt: iso(server.now() + 3_600_000) });
    expect([await works(old.token), await works(rotated.token)]).toEqual([true, true]);
    server.passTime(3_600_000);
    expect([await works(old.token), await works(rotated.token)]).toEqual([false, true]);
  });

  it('never lives longer by its grace, and ends at once without one', async () => {
    const dying = await create({ expiresAt: iso(server.now() + 60_000) });
    expect((await rotate(dying.info.id, 3600)).previous).toMatchObject({ expiresAt: dying.info.expiresAt });
    const stolen = await create();
    const { previous, info } = await rotate(stolen.info.id, 0);
    expect(previous).toBeNull();
    expect(info.expiresAt).toBeNull();
    expect(await works(stolen.token)).toBe(false);
  });

  it('is rotated once, also by two at the same moment', async () => {
    const { info } = await create();
    const path = paths.ciTokenRotation(server.workspace.nxCloudId, info.id);
    const answers = await Promise.all([1, 2].map(() => ada.ask('POST', path, { graceSeconds: 60 })));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
    expect((await ada.ask('GET', tokens())).body).toMatchObject({ tokens: { length: 2 } });
  });

  it('has a grace of at most 30 days', async () => {
    const { info } = await create();
    const path = paths.ciTokenRotation(server.workspace.nxCloudId, info.id);
    for (const graceSeconds of [-1, 1.5, 30 * 86_400 + 1, '60', undefined]) {
      expect(await ada.ask('POST', path, { graceSeconds })).toMatchObject({
        status: 400,
        body: { errors: [{ field: 'graceSeconds' }] },
      });
    }
  });

  const change = (id: string, body: object, nxCloudId = server.workspace.nxCloudId) =>
    ada.ask('PATCH', paths.ciTokenById(nxCloudId, id), body);

  it('gets another name, and an end that is never later than the one it has', async () => {
    const { token, info } = await create();
    expect(await change(info.id, { name: 'nightly' })).toMatchObject({
      status: 200,
      body: { ...info, name: 'nightly' },
    });
    const until = iso(server.now() + 3_600_000);
    expect((await change(info.id, { graceSeconds: 3600 })).body).toMatchObject({ name: 'nightly', expiresAt: until });
    server.passTime(60_000);
    expect((await change(info.id, { graceSeconds: 3600 })).body).toMatchObject({ expiresAt: until });
    expect((await change(info.id, {})).body).toMatchObject({ name: 'nightly', expiresAt: until });
    expect(await works(token)).toBe(true);
    server.passTime(3_600_000 - 60_000);
    expect(await works(token)).toBe(false);
  });

  it('ends at once without a grace, and is still listed', async () => {
    const { token, info } = await create();
    expect((await change(info.id, { graceSeconds: 0, name: 'gone' })).body).toMatchObject({
      expiresAt: iso(server.now()),
    });
    expect(await works(token)).toBe(false);
    expect((await ada.ask('GET', tokens())).body).toMatchObject({ tokens: [{ id: info.id, name: 'gone' }] });
  });

  it.each([
    [{ graceSeconds: -1 }, 'graceSeconds', 'has to be 0 or more'],
    [{ graceSeconds: 30 * 86_400 + 1 }, 'graceSeconds', 'which is 30 days'],
    [{ name: ' ' }, 'name', 'has to be 1 to 100 characters'],
    [{ expiresAt: null }, 'body', 'there is no field "expiresAt" here'],
  ])('is not changed by %j', async (body, field, detail) => {
    const { info } = await create();
    expect(await change(info.id, body)).toMatchObject({
      status: 400,
      body: { errors: [{ field, detail: expect.stringContaining(detail) as string }] },
    });
    expect((await ada.ask('GET', tokens())).body).toEqual({ tokens: [info] });
  });

  it('is not changed from another workspace, nor once it is revoked', async () => {
    const { info } = await create();
    const other = await server.addWorkspace('docs', 'default');
    expect((await change(info.id, { graceSeconds: 0 }, other.nxCloudId)).status).toBe(404);
    expect((await ada.ask('GET', tokens())).body).toEqual({ tokens: [info] });
    await ada.ask('DELETE', paths.ciTokenById(server.workspace.nxCloudId, info.id));
    expect((await change(info.id, { name: 'x' })).status).toBe(404);
  });

  it('is found by the SHA-256 of its text, which opens nothing', async () => {
    const { token, info } = await create();
    expect(info.sha256).toBe(createHash('sha256').update(token).digest('hex'));
    expect(await works(info.sha256)).toBe(false);
  });

  it('is revoked once, and of its own workspace only', async () => {
    const { token, info } = await create();
    const other = await server.addWorkspace('docs', 'default');
    expect((await ada.ask('DELETE', paths.ciTokenById(other.nxCloudId, info.id))).status).toBe(404);
    expect((await ada.ask('POST', paths.ciTokenRotation(other.nxCloudId, info.id), { graceSeconds: 0 })).status).toBe(
      404,
    );
    expect(await works(token)).toBe(true);
    const path = paths.ciTokenById(server.workspace.nxCloudId, info.id);
    const answers = await Promise.all([ada.ask('DELETE', path), ada.ask('DELETE', path)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 404]);
    expect(await works(token)).toBe(false);
  });

  it('may be imported in the form of nx.json, once, with the access that it says', async () => {
    const token = Buffer.from(`${randomUUID()}|read-write`).toString('base64');
    recordToken(token);
    const path = paths.ciTokenImport(server.workspace.nxCloudId);
    const imported = await ada.ask('POST', path, { name: 'nx.json', token });
    expect(imported).toMatchObject({ status: 201, body: { name: 'nx.json', accessLevel: 'read-write', legacy: true } });
    expect((imported.body as CiAccessTokenInfo).expiresAt).toBeNull();
    expect(await works(token)).toBe(true);
    expect(await ada.ask('POST', path, { name: 'again', token })).toMatchObject({
      status: 409,
      body: { detail: 'This token has been imported before.' },
    });
    expect(await ada.ask('POST', path, { name: 'x', token: 'something' })).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'token', detail: expect.stringContaining('no token in the form') as string }] },
    });
  });
});

describe('the cache of a workspace', () => {
  const put = async (hash: string, body: string, token: string) => {
    const path = `${paths.remoteCache(server.workspace.nxCloudId)}/v1/cache/${hash}`;
    const headers = { 'content-type': 'application/octet-stream' };
    expect((await request(path, { method: 'PUT', body, headers, token })).status).toBe(200);
  };
  const stats = () => ada.ask('GET', paths.cacheStats(server.workspace.nxCloudId));
  const purge = (body: object) => ada.ask('POST', paths.cachePurge(server.workspace.nxCloudId), body);

  it('says what is in it and who wrote it, by name, and is purged by writer, hash and scope', async () => {
    const [main, pull] = [
      await server.addCiToken('read-write', { name: 'main' }),
      await server.addCiToken('read-only', { name: 'pr' }),
    ];
    await put('aaaa', 'twelve bytes', main);
    await put('bbbb', 'five!', ada.token);
    await put('cccc', 'six by', pull);
    const { body } = await stats();
    expect(body).toMatchObject({
      artifacts: 3,
      bytes: 23,
      scopes: { trusted: { artifacts: 2, bytes: 17 }, isolated: { artifacts: 1, bytes: 6 } },
      writers: [
        { writer: { kind: 'ci-token', name: 'main' }, bytes: 12 },
        { writer: { kind: 'ci-token', name: 'pr' }, bytes: 6 },
        { writer: { kind: 'user', id: ada.user.id, name: 'ada@acme.example' }, bytes: 5 },
      ],
    });
    expect((await purge({ writer: { kind: 'user', id: ada.user.id } })).body).toEqual({ artifacts: 1, bytes: 5 });
    expect((await purge({ hash: 'aaaa' })).body).toEqual({ artifacts: 1, bytes: 12 });
    expect((await purge({ scope: 'isolated' })).body).toEqual({ artifacts: 1, bytes: 6 });
    expect((await purge({ all: true })).body).toEqual({ artifacts: 0, bytes: 0 });
    expect((await stats()).body).toMatchObject({ artifacts: 0, writers: [], oldestWrittenAt: null });
  });

  it.each<[object, string, string]>([
    [{}, 'body', 'has to be exactly one of'],
    [{ all: false }, 'body', 'has to be exactly one of'],
    [{ all: true, hash: 'aaaa' }, 'body', 'has to be exactly one of'],
    [{ hash: '../x' }, 'hash', 'has to be 1 to 128 letters'],
    [{ writer: { kind: 'king', id: 'x' } }, 'body', 'has to be exactly one of'],
  ])('is not purged by %j', async (body, field, detail) => {
    expect(await purge(body)).toMatchObject({
      status: 400,
      body: { errors: [{ field, detail: expect.stringContaining(detail) as string }] },
    });
  });
});
