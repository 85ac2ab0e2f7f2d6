import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Role } from '../../../src/protocol/wire-types.js';
import { newId } from '../../src/domain/secrets.js';
import { administrator, ask, type Administrator, type Method } from '../support/administration.js';
import { httpClient } from '../support/http.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

/** Who may do what over REST: every route, every role, and whoever has none. */

type Asker = Role | 'stranger';

/** A body that is refused (400) for its shape alone shows that the role was enough, and changes nothing. */
const bad = { nothing: true };
const unknown = newId();

/** `least`: the least role that gets further than 403. `then`: the status it gets. */
const routes: { method: Method; path: string; body?: object; least: Role; then: number }[] = [
  { method: 'GET', path: '/organizations/acme', least: 'member', then: 200 },
  { method: 'GET', path: '/organizations/acme/members', least: 'member', then: 200 },
  { method: 'POST', path: '/organizations/acme/members', body: bad, least: 'admin', then: 400 },
  { method: 'PATCH', path: `/organizations/acme/members/${unknown}`, body: bad, least: 'admin', then: 400 },
  { method: 'DELETE', path: `/organizations/acme/members/${unknown}`, least: 'member', then: 404 },
  // 409: the server has no GitHub App.
  { method: 'GET', path: '/organizations/acme/github', least: 'owner', then: 409 },
  { method: 'PUT', path: '/organizations/acme/github', body: bad, least: 'owner', then: 400 },
  { method: 'PATCH', path: '/organizations/acme/github', body: bad, least: 'owner', then: 400 },
  { method: 'DELETE', path: '/organizations/acme/github', least: 'owner', then: 409 },
  { method: 'POST', path: '/organizations/acme/github/sync', least: 'owner', then: 409 },
  { method: 'POST', path: '/organizations/acme/github/confirm-removals', body: bad, least: 'owner', then: 400 },
  { method: 'GET', path: '/organizations/acme/workspaces', least: 'member', then: 200 },
  { method: 'POST', path: '/organizations/acme/workspaces', body: bad, least: 'admin', then: 400 },
  { method: 'GET', path: '/organizations/acme/audit', least: 'admin', then: 200 },
  { method: 'GET', path: '/workspaces/{nxCloudId}', least: 'member', then: 200 },
  { method: 'PATCH', path: '/workspaces/{nxCloudId}', body: bad, least: 'admin', then: 400 },
  { method: 'GET', path: '/workspaces/{nxCloudId}/ci-tokens', least: 'admin', then: 200 },
  { method: 'POST', path: '/workspaces/{nxCloudId}/ci-tokens', body: bad, least: 'admin', then: 400 },
  { method: 'POST', path: '/workspaces/{nxCloudId}/ci-tokens/import', body: bad, least: 'admin', then: 400 },
  { method: 'POST', path: `/workspaces/{nxCloudId}/ci-tokens/${unknown}/rotate`, body: bad, least: 'admin', then: 400 },
  { method: 'PATCH', path: `/workspaces/{nxCloudId}/ci-tokens/${unknown}`, body: bad, least: 'admin', then: 400 },
  { method: 'DELETE', path: `/workspaces/{nxCloudId}/ci-tokens/${unknown}`, least: 'admin', then: 404 },
  { method: 'GET', path: '/workspaces/{nxCloudId}/cache', least: 'member', then: 200 },
  { method: 'POST', path: '/workspaces/{nxCloudId}/cache/purge', body: bad, least: 'admin', then: 400 },
];
const rank: Record<Role, number> = { member: 0, admin: 1, owner: 2 };

let server: TestServer;
let people: Record<Asker, Administrator>;
beforeAll(async () => {
  server = await startTestServer();
  const add = async (name: string, role: Role | null) =>
    administrator(server, await server.addUser({ email: `${name}@acme.example`, role }));
  people = {
    owner: await administrator(server, server.owner),
    admin: await add('grace', 'admin'),
    member: await add('linus', 'member'),
    stranger: await add('eve', null),
  };
});
afterAll(() => server.close());

const at = (path: string) => `/api/v1${path.replace('{nxCloudId}', server.workspace.nxCloudId)}`;

function expected(asker: Asker, { least, then, path, method }: (typeof routes)[number]): number {
  if (asker === 'stranger') return 404;
  if (rank[asker] < rank[least]) return 403;
  return method === 'DELETE' && path.includes('/members/') ? 404 : then;
}

describe.each(routes)('$method $path', (route) => {
  const { method, path, body } = route;

  it.each(['owner', 'admin', 'member', 'stranger'] as const)('as %s', async (asker) => {
    expect((await people[asker].ask(method, at(path), body)).status).toBe(expected(asker, route));
  });

  it('without a token, with a CI access token and with a damaged one', async () => {
    const ciToken = await server.addCiToken('read-write');
    for (const token of [undefined, ciToken, `${people.owner.token.slice(0, -1)}!`]) {
      const answer = await ask(server, { method, path: at(path), body, ...(token !== undefined && { token }) });
      expect(answer).toMatchObject({ status: 401, type: 'application/problem+json' });
    }
  });
});

it('is what the OpenAPI document says', async () => {
  const document = z
    .object({ paths: z.record(z.string(), z.record(z.string(), z.object({ security: z.unknown().optional() }))) })
    .parse((await httpClient(() => server.url).request('/api/v1/openapi.json')).body);
  for (const { method, path, least } of routes) {
    const template = `/api/v1${path}`
      .replace('/organizations/acme', '/organizations/{slug}')
      .replace(`/members/${unknown}`, '/members/{userId}')
      .replace(unknown, '{id}');
    const security = document.paths[template]?.[method.toLowerCase()]?.security;
    expect(security, `${method} ${template}`).toEqual([{ personalAccessToken: [least] }]);
  }
});

it('tells a member what is missing, and a stranger nothing', async () => {
  const audit = at('/organizations/acme/audit');
  expect(await people.member.ask('GET', audit)).toMatchObject({
    body: { title: 'Forbidden', detail: 'You are a member of acme, and that is for its owners and admins.' },
  });
  const there = await people.stranger.ask('GET', audit);
  const notThere = await people.stranger.ask('GET', at('/organizations/none/audit'));
  expect(there).toMatchObject({
    status: 404,
    body: { detail: expect.stringContaining('no such organization') as string },
  });
  const details = [there, notThere].map(({ body }) => (body as { detail: string }).detail);
  expect(details[0]).toBe(details[1]);
});

describe('a new organization', () => {
  it('is made by owners, who own it then, and by nobody else', async () => {
    for (const asker of ['admin', 'member', 'stranger'] as const) {
      expect((await people[asker].ask('POST', at('/organizations'), { slug: 'tools' })).status).toBe(403);
    }
    const made = await people.owner.ask('POST', at('/organizations'), { slug: 'tools' });
    expect(made).toMatchObject({
      status: 201,
      body: { slug: 'tools', name: 'tools', role: 'owner', members: 1, workspaces: 0 },
    });
    expect(await people.owner.ask('POST', at('/organizations'), { slug: 'tools' })).toMatchObject({
      status: 409,
      body: { detail: 'There already is an organization tools.' },
    });
    const { body } = await people.owner.ask('GET', at('/organizations'));
    expect(body).toMatchObject({
      organizations: [
        { slug: 'acme', role: 'owner' },
        { slug: 'tools', role: 'owner' },
      ],
    });
  });
});
