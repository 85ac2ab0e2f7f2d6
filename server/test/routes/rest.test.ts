import { join } from 'node:path';
import Libsql from 'libsql';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recordToken } from '../../../test/support/ledger.js';
import { databaseFileName } from '../../src/database/data-folder.js';
import { newToken } from '../../src/domain/secrets.js';
import { httpClient } from '../support/http.js';
import { startTestServer, type TestServer, type TestServerOptions } from '../support/test-server.js';

const day = 24 * 60 * 60 * 1000;

let server: TestServer;
async function restart(options: TestServerOptions): Promise<void> {
  await server.close();
  server = await startTestServer(options);
}
beforeEach(async () => {
  server = await startTestServer();
});
afterEach(() => server.close());

const { request, form } = httpClient(() => server.url);

function unknownToken(kind: 'personal' | 'ci'): string {
  const token = newToken(kind);
  recordToken(token);
  return token;
}

async function ciToken(level: 'read-only' | 'read-write'): Promise<string> {
  const { secret } = await server.services.ciAccessTokens.create({
    workspaceId: server.workspace.id,
    name: 'ci',
    level,
  });
  recordToken(secret);
  return secret;
}

describe('a personal access token', () => {
  it('expires after 90 days without use, and each use begins them anew', async () => {
    const token = await server.addToken(server.owner);
    for (let use = 0; use < 3; use++) {
      server.passTime(90 * day - 1);
      expect(await request('/api/v1/me', { token })).toMatchObject({
        status: 200,
        body: { token: { expiresAt: new Date(server.now() + 90 * day).toISOString() } },
      });
    }
    server.passTime(90 * day);
    expect((await request('/api/v1/me', { token })).status).toBe(401);
  });

  it('never expires where the operator has said so', async () => {
    await restart({ tokenIdleDays: null });
    const token = await server.addToken(server.owner);
    server.passTime(10_000 * day);
    expect(await request('/api/v1/me', { token })).toMatchObject({ status: 200, body: { token: { expiresAt: null } } });
  });

  it('is written to at most once a minute, however often it is used', async () => {
    const token = await server.addToken(server.owner);
    const lastUse = async () => (await server.services.personalAccessTokens.inspect(token))?.token.lastUsedAt;
    await request('/api/v1/me', { token });
    const first = server.now();
    server.passTime(59_999);
    await request('/api/v1/me', { token });
    expect(await lastUse()).toBe(first);
    server.passTime(1);
    await request('/api/v1/me', { token });
    expect(await lastUse()).toBe(first + 60_000);
  });

  it('is listed and revoked by its owner only, and does not work from the next request on', async () => {
    const [mine, other] = [await server.addToken(server.owner, 'a'), await server.addToken(server.owner, 'b')];
    const grace = await server.addToken(await server.addUser({ email: 'grace@acme.example' }));
    const { body } = await request('/api/v1/me/tokens', { token: mine });
    const { tokens } = body as { tokens: { id: string; name: string }[] };
    expect(tokens.map(({ name }) => name).sort()).toEqual(['a', 'b']);
    const path = `/api/v1/me/tokens/${tokens.find(({ name }) => name === 'b')?.id ?? ''}`;
    expect((await request(path, { method: 'DELETE', token: grace })).status).toBe(404);
    expect((await request(path, { method: 'DELETE', token: mine })).status).toBe(204);
    expect((await request(path, { method: 'DELETE', token: mine })).status).toBe(404);
    expect((await request('/api/v1/me', { token: other })).status).toBe(401);
  });

  it.each([
    ['is missing', undefined, 'A personal access token is needed'],
    ['is no Bearer token', 'Basic abc', 'has to be "Bearer" and a token'],
    ['is damaged', 'Bearer nxp_0123456789012345678901234567890000000', 'characters were lost or changed'],
    ['has no form at all', 'Bearer xyz', 'unknown, expired or revoked'],
  ])('gets 401 and a reason when it %s', async (_what, header, detail) => {
    const headers: Record<string, string> = header === undefined ? {} : { authorization: header };
    expect(await request('/api/v1/me', { headers })).toMatchObject({
      status: 401,
      type: 'application/problem+json',
      body: { title: 'Unauthorized', detail: expect.stringContaining(detail) as string },
    });
  });

  it('is told from a CI access token', async () => {
    const answer = await request('/api/v1/me', { token: await ciToken('read-write') });
    expect(answer).toMatchObject({
      status: 401,
      body: { detail: 'That is a CI access token; a personal access token is needed.' },
    });
    expect((await request('/api/v1/me', { token: unknownToken('personal') })).status).toBe(401);
  });
});

describe('a CI access token', () => {
  const legacy = Buffer.from('7d8c0f5e-1111-4222-8333-444455556666|read').toString('base64');

  it('is resolved to its workspace', async () => {
    expect(await request('/api/v1/ci-token', { token: await ciToken('read-write') })).toMatchObject({
      status: 200,
      body: {
        nxCloudId: server.workspace.nxCloudId,
        accessLevel: 'read-write',
        workspace: { name: 'shop' },
        organization: { slug: 'acme', name: 'Acme' },
      },
    });
  });

  it('may be one that was imported, with the access that it says', async () => {
    recordToken(legacy);
    const request1 = { workspaceId: server.workspace.id, name: 'nx.json', secret: legacy };
    expect((await request('/api/v1/ci-token', { token: legacy })).status).toBe(401);
    expect(await server.services.ciAccessTokens.importLegacy(request1)).toMatchObject({
      kind: 'imported',
      token: { level: 'read-only', legacy: true },
    });
    expect(await server.services.ciAccessTokens.importLegacy(request1)).toEqual({ kind: 'known' });
    expect(await request('/api/v1/ci-token', { token: legacy })).toMatchObject({
      status: 200,
      body: { accessLevel: 'read-only' },
    });
  });

  it('is refused when it is unknown, missing, or a personal one', async () => {
    expect((await request('/api/v1/ci-token')).status).toBe(401);
    expect((await request('/api/v1/ci-token', { token: unknownToken('ci') })).status).toBe(401);
    expect(await request('/api/v1/ci-token', { token: await server.addToken(server.owner) })).toMatchObject({
      body: { detail: 'That is a personal access token; a CI access token is needed.' },
    });
  });
});

describe('the access to a workspace', () => {
  const access = (id: string, token?: string) =>
    request(`/api/v1/workspaces/${id}/access`, token === undefined ? {} : { token });

  it('says who may do what, and why', async () => {
    const { nxCloudId } = await server.addWorkspace('closed', 'recommended');
    const stranger = await server.addToken(await server.addUser({ email: 'eve@evil.example', role: null }));
    expect((await access(nxCloudId)).body).toEqual({
      nxCloudId,
      level: 'none',
      because: 'no token was sent; anonymous access is off',
    });
    expect((await access(nxCloudId, stranger)).body).toMatchObject({
      level: 'none',
      because: 'you are not a member of acme; anonymous access is off',
    });
    expect((await access(nxCloudId, await server.addToken(server.owner))).body).toMatchObject({ level: 'read-only' });
    const shut = await server.addWorkspace('shut', 'not opted in');
    expect((await access(shut.nxCloudId)).body).toMatchObject({ level: 'none' });
  });

  it('changes with the next request after a membership has ended, while the token stays valid', async () => {
    const { nxCloudId } = await server.addWorkspace('closed', 'recommended');
    const token = await server.addToken(await server.addUser({ email: 'grace@acme.example' }));
    expect((await access(nxCloudId, token)).body).toMatchObject({ level: 'read-only' });
    const file = new Libsql(join(server.dataFolder, databaseFileName));
    file.exec("delete from memberships where user_id = (select id from users where email = 'grace@acme.example')");
    file.close();
    expect((await access(nxCloudId, token)).body).toMatchObject({
      level: 'none',
      because: 'you are not a member of acme; anonymous access is off',
    });
    expect(await request('/api/v1/me', { token })).toMatchObject({ status: 200, body: { organizations: [] } });
  });

  it('names neither workspace nor organization to somebody who knows nothing but the nxCloudId', async () => {
    for (const preset of ['default', 'recommended', 'open-source', 'not opted in'] as const) {
      const { nxCloudId } = await server.addWorkspace('secret-project', preset);
      const { because } = (await access(nxCloudId)).body as { because: string };
      expect(because).not.toMatch(/secret-project|acme/i);
    }
  });

  it('is never anonymous for a token that is not valid', async () => {
    expect((await access(server.workspace.nxCloudId)).body).toMatchObject({ level: 'read-write' });
    expect((await access(server.workspace.nxCloudId, unknownToken('personal'))).status).toBe(401);
  });

  it('is 404 for an unknown workspace and 400 for what is no nxCloudId', async () => {
    expect((await access('000000000000000000000000')).status).toBe(404);
    expect(await access('short')).toMatchObject({ status: 400, body: { errors: [{ field: 'nxCloudId' }] } });
  });
});

describe('introspection (RFC 7662)', () => {
  it('tells people about their own tokens, and owners about the CI tokens of their workspaces', async () => {
    const mine = await server.addToken(server.owner);
    const ci = await ciToken('read-only');
    expect((await form('/oauth/introspect', { token: mine }, mine)).body).toMatchObject({
      active: true,
      username: 'ada@acme.example',
      iat: server.now() / 1000,
      exp: (server.now() + 90 * day) / 1000,
    });
    expect((await form('/oauth/introspect', { token: ci }, mine)).body).toMatchObject({
      active: true,
      scope: 'read-only',
      nx_cloud_id: server.workspace.nxCloudId,
    });
  });

  it('says nothing about anybody else’s, and nothing to strangers', async () => {
    const mine = await server.addToken(server.owner);
    const grace = await server.addToken(await server.addUser({ email: 'grace@acme.example', role: 'member' }));
    for (const token of [mine, await ciToken('read-write'), unknownToken('ci'), 'nonsense']) {
      expect((await form('/oauth/introspect', { token }, grace)).body).toEqual({ active: false });
    }
    expect(await form('/oauth/introspect', { token: mine })).toMatchObject({
      status: 401,
      body: { error: 'invalid_token' },
    });
  });
});

describe('bad input', () => {
  const grantType = 'urn:ietf:params:oauth:grant-type:device_code';
  const client = { client_id: 'nxkey-cli' };

  it.each<[string, string, Record<string, string>, string, string]>([
    ['no client', '/oauth/device_authorization', {}, 'invalid_request', 'client_id: is missing'],
    ['unknown client', '/oauth/device_authorization', { client_id: 'x' }, 'invalid_client', 'not known'],
    // A plain object as the list of clients would know this one.
    [
      'a client named as what every object has',
      '/oauth/device_authorization',
      { client_id: 'constructor' },
      'invalid_client',
      'not known',
    ],
    [
      'a host name that cannot be shown',
      '/oauth/device_authorization',
      { ...client, nxkey_host_name: 'a\u202eb' },
      'invalid_request',
      'nxkey_host_name: has characters',
    ],
    [
      'a token name that is too long',
      '/oauth/device_authorization',
      { ...client, nxkey_token_name: 'x'.repeat(101) },
      'invalid_request',
      'nxkey_token_name: may have at most 100',
    ],
    ['no grant type', '/oauth/token', client, 'invalid_request', 'grant_type: is missing'],
    ['another grant type', '/oauth/token', { ...client, grant_type: 'password' }, 'unsupported_grant_type', 'Only'],
    [
      'no device code',
      '/oauth/token',
      { ...client, grant_type: grantType },
      'invalid_request',
      'device_code: is missing',
    ],
    ['no token to revoke', '/oauth/revoke', client, 'invalid_request', 'token: is missing'],
  ])('%s', async (_what, path, fields, error, description) => {
    const answer = await form(path, fields);
    expect(answer.status).toBe(error === 'invalid_client' ? 401 : 400);
    expect(answer.body).toMatchObject({ error, error_description: expect.stringContaining(description) as string });
  });

  it('refuses a CI token for revocation instead of pretending', async () => {
    expect((await form('/oauth/revoke', { ...client, token: await ciToken('read-write') })).body).toMatchObject({
      error: 'unsupported_token_type',
    });
  });

  it('refuses a parameter that is given twice (RFC 6749 §3.2)', async () => {
    const body = new URLSearchParams([
      ['client_id', 'nxkey-cli'],
      ['client_id', 'nxkey-cli'],
    ]);
    expect((await request('/oauth/device_authorization', { method: 'POST', body })).body).toMatchObject({
      error: 'invalid_request',
    });
  });

  it('refuses a body that is no form, and one that is too large', async () => {
    const headers = { 'content-type': 'application/json' };
    expect(await request('/oauth/token', { method: 'POST', body: '{', headers })).toMatchObject({
      status: 415,
      body: { error: 'invalid_request' },
    });
    expect(await form('/oauth/token', { ...client, device_code: 'x'.repeat(20_000) })).toMatchObject({
      status: 413,
      body: { error: 'invalid_request', error_description: 'The body is larger than 16384 bytes.' },
    });
  });

  it('says which content type a body has to have', async () => {
    expect(await request('/oauth/token', { method: 'POST', body: '{}' })).toMatchObject({
      status: 415,
      body: { error_description: expect.stringContaining('application/x-www-form-urlencoded') as string },
    });
    const headers = { authorization: `Bearer ${await server.addToken(server.owner)}` };
    const body = new URLSearchParams({ slug: 'tools' });
    expect(await request('/api/v1/organizations', { method: 'POST', body, headers })).toMatchObject({
      status: 415,
      body: { title: 'Unsupported content type', detail: expect.stringContaining('application/json') as string },
    });
  });

  it('answers 404 and 405 with a problem, and Allow where that helps', async () => {
    expect(await request('/api/v1/nothing')).toMatchObject({ status: 404, type: 'application/problem+json' });
    const response = await fetch(`${server.url}/api/v1/me`, { method: 'PUT', body: '{}' });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET, HEAD');
    expect(await response.json()).toMatchObject({ status: 405, requestId: response.headers.get('x-request-id') });
  });
});
