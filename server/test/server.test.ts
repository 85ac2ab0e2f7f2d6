import { join } from 'node:path';
import Libsql from 'libsql';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { databaseFileName } from '../src/database/data-folder.js';
import { httpClient } from './support/http.js';
import { startTestServer, type TestServer, type TestServerOptions } from './support/test-server.js';

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

describe('the server', () => {
  it('describes itself in OpenAPI 3.1, every route with what it needs and answers', async () => {
    const { body } = await request('/api/v1/openapi.json');
    const document = body as {
      openapi: string;
      paths: Record<
        string,
        Record<string, { summary?: string; security?: unknown[]; responses: Record<string, unknown> }>
      >;
      components: { schemas: Record<string, unknown>; securitySchemes: Record<string, unknown> };
    };
    expect(document.openapi).toBe('3.1.0');
    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ name: `${method} ${path}`, operation })),
    );
    expect(operations.map(({ name }) => name).sort()).toEqual([
      'delete /api/v1/me/tokens/{id}',
      'delete /api/v1/organizations/{slug}/github',
      'delete /api/v1/organizations/{slug}/members/{userId}',
      'delete /api/v1/workspaces/{nxCloudId}/ci-tokens/{id}',
      'get /.well-known/oauth-authorization-server',
      'get /api/v1/ci-token',
      'get /api/v1/me',
      'get /api/v1/me/tokens',
      'get /api/v1/organizations',
      'get /api/v1/organizations/{slug}',
      'get /api/v1/organizations/{slug}/audit',
      'get /api/v1/organizations/{slug}/github',
      'get /api/v1/organizations/{slug}/members',
      'get /api/v1/organizations/{slug}/workspaces',
      'get /api/v1/workspaces/{nxCloudId}',
      'get /api/v1/workspaces/{nxCloudId}/access',
      'get /api/v1/workspaces/{nxCloudId}/cache',
      'get /api/v1/workspaces/{nxCloudId}/ci-tokens',
      'get /healthz',
      'patch /api/v1/organizations/{slug}/github',
      'patch /api/v1/organizations/{slug}/members/{userId}',
      'patch /api/v1/workspaces/{nxCloudId}',
      'patch /api/v1/workspaces/{nxCloudId}/ci-tokens/{id}',
      'post /api/v1/organizations',
      'post /api/v1/organizations/{slug}/github/confirm-removals',
      'post /api/v1/organizations/{slug}/github/sync',
      'post /api/v1/organizations/{slug}/members',
      'post /api/v1/organizations/{slug}/workspaces',
      'post /api/v1/workspaces/{nxCloudId}/cache/purge',
      'post /api/v1/workspaces/{nxCloudId}/ci-tokens',
      'post /api/v1/workspaces/{nxCloudId}/ci-tokens/import',
      'post /api/v1/workspaces/{nxCloudId}/ci-tokens/{id}/rotate',
      'post /oauth/device_authorization',
      'post /oauth/introspect',
      'post /oauth/revoke',
      'post /oauth/token',
      'put /api/v1/organizations/{slug}/github',
    ]);
    for (const { operation } of operations) {
      expect(operation.summary).toBeTypeOf('string');
      expect(operation.security).toBeInstanceOf(Array);
      expect(Object.keys(operation.responses)).not.toHaveLength(0);
    }
    // Whatever is referred to is there.
    for (const [, name = ''] of JSON.stringify(document).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      expect(document.components.schemas).toHaveProperty(name);
    }
    expect(Object.keys(document.components.securitySchemes).sort()).toEqual(['ciAccessToken', 'personalAccessToken']);
  });

  it('says where its OAuth endpoints are (RFC 8414), under its public URL', async () => {
    await restart({ publicUrl: 'https://nxkey.acme.example' });
    expect((await request('/.well-known/oauth-authorization-server')).body).toMatchObject({
      issuer: 'https://nxkey.acme.example',
      device_authorization_endpoint: 'https://nxkey.acme.example/oauth/device_authorization',
      grant_types_supported: ['urn:ietf:params:oauth:grant-type:device_code'],
    });
  });

  it('is healthy as long as its database answers, and a broken one is nobody’s business but the log’s', async () => {
    expect((await request('/healthz')).body).toEqual({ status: 'ok' });
    const token = await server.addToken(server.owner);
    await server.services.database.close();
    expect(await request('/healthz')).toMatchObject({ status: 503, type: 'application/problem+json' });
    const answer = await request('/api/v1/me', { token });
    expect(answer).toMatchObject({ status: 500, body: { detail: 'Something went wrong on the server.' } });
    expect(server.log()).toContain((answer.body as { requestId: string }).requestId);
  });

  it('says that it can be tried again when another program keeps the database locked, and then works again', async () => {
    await restart({ busyTimeoutMs: 0 });
    const token = await server.addToken(server.owner);
    const other = new Libsql(join(server.dataFolder, databaseFileName));
    other.exec('begin immediate');
    const headers = { authorization: `Bearer ${token}` };
    const rest = await fetch(`${server.url}/api/v1/me`, { headers });
    expect(rest.headers.get('retry-after')).toBe('5');
    const problem = (await rest.json()) as { requestId: string };
    expect(problem).toMatchObject({ status: 503, title: 'Service unavailable' });
    expect(JSON.stringify(problem)).not.toMatch(/lock|sqlite/i);
    expect(server.log()).toMatch(new RegExp(`database is locked.*${problem.requestId}`, 's'));
    expect(await form('/oauth/device_authorization', { client_id: 'nxkey-cli' })).toMatchObject({
      status: 503,
      body: { error: 'temporarily_unavailable' },
    });
    const page = await fetch(`${server.url}/sign-in`, {
      method: 'POST',
      headers: { accept: 'text/html' },
      body: new URLSearchParams({ email: server.owner.email, password: server.owner.password }),
    });
    expect(page.status).toBe(503);
    expect(await page.text()).toContain('<h1>Service unavailable</h1>');
    // Reading needs no lock.
    expect((await request('/healthz')).status).toBe(200);
    other.exec('rollback');
    expect((await request('/api/v1/me', { token })).status).toBe(200);
    other.close();
  });

  it('logs each request with its route and never its address', async () => {
    await request('/invitations/a-secret-in-an-address?and=more', { token: await server.addToken(server.owner) });
    expect(server.log()).toContain('"route":"/invitations/:secret"');
    expect(server.log()).not.toContain('a-secret-in-an-address');
  });
});
