import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { headers } from '../../../src/protocol/headers.js';
import type { AccessLevel, CiAccessLevel } from '../../../src/protocol/wire-types.js';
import { recordToken } from '../../../test/support/ledger.js';
import { hashSecret, newToken } from '../../src/domain/secrets.js';
import { startTestServer, type TestServer, type TestUser } from '../support/test-server.js';
import { bearer, get, put } from './cache-client.js';

let server: TestServer;
let member: TestUser;
let stranger: TestUser;
beforeAll(async () => {
  server = await startTestServer();
  member = await server.addUser({ email: 'member@acme.example' });
  stranger = await server.addUser({ email: 'stranger@other.example', role: null });
});
afterAll(() => server.close());

let names = 0;
async function workspaceWith(access: { patOptIn: boolean; anonymousLevel: AccessLevel; patLevel: CiAccessLevel }) {
  const workspace = await server.addWorkspace(`workspace ${++names}`, 'default');
  await server.services.database.workspaces.setAccess(workspace.id, access);
  return { url: server.url, ...workspace };
}

type Sent = (workspace: { id: string; nxCloudId: string }) => Promise<Record<string, string>>;

const pat =
  (user: () => TestUser): Sent =>
  async () =>
    bearer(await server.addToken(user()));
const patHeader =
  (user: () => TestUser): Sent =>
  async ({ nxCloudId }) => ({
    [headers.nxCloudId]: nxCloudId,
    [headers.personalAccessToken]: await server.addToken(user()),
  });
const ci =
  (level: CiAccessLevel): Sent =>
  async ({ id }) =>
    bearer(await server.addCiToken(level, { workspaceId: id }));
const ciOfAnotherWorkspace: Sent = async () => bearer(await server.addCiToken('read-write'));
const nothing: Sent = () => Promise.resolve({});
const emptyBearer: Sent = () => Promise.resolve({ authorization: 'Bearer ' });
const idAlone: Sent = ({ nxCloudId }) => Promise.resolve({ [headers.nxCloudId]: nxCloudId });
const legacy =
  (form: (secret: string) => Record<string, string>, access = 'read-write'): Sent =>
  async ({ id }) => {
    const secret = Buffer.from(`${randomUUID()}|${access}`).toString('base64');
    recordToken(secret);
    await server.services.ciAccessTokens.importLegacy({ workspaceId: id, name: 'nx.json', secret });
    return form(secret);
  };
const unknown =
  (kind: 'personal' | 'ci'): Sent =>
  () => {
    const token = newToken(kind);
    recordToken(token);
    return Promise.resolve(bearer(token));
  };
const damaged: Sent = async () =>
  bearer((await server.addToken(member)).replace(/.$/, (last) => (last === '0' ? '1' : '0')));
const revoked: Sent = async () => {
  const token = await server.addToken(member);
  await server.services.database.personalAccessTokens.removeByHash(hashSecret(token));
  return bearer(token);
};
const ciInThePersonalHeader: Sent = async ({ id }) => ({
  [headers.personalAccessToken]: await server.addCiToken('read-write', { workspaceId: id }),
});

const open = { patOptIn: true, anonymousLevel: 'read-write', patLevel: 'read-write' } as const;
const recommended = { patOptIn: true, anonymousLevel: 'none', patLevel: 'read-only' } as const;
const openSource = { patOptIn: true, anonymousLevel: 'read-only', patLevel: 'read-write' } as const;
const closed = { patOptIn: false, anonymousLevel: 'read-write', patLevel: 'read-write' } as const;

const readWrite = { get: 200, put: 200 };
const readOnly = { get: 200, put: 403 };
const refused = { get: 404, put: 403 };
const unauthenticated = { get: 401, put: 401 };

describe('who may do what, over HTTP', () => {
  // What stands in the cache beforehand was written by a read-write CI access token.
  it.each([
    ['a read-write CI token', ci('read-write'), recommended, readWrite],
    ['a read-write CI token, not opted in', ci('read-write'), closed, readWrite],
    ['a read-only CI token, whose writes are its own', ci('read-only'), recommended, readWrite],
    ['an imported token', legacy(bearer), closed, readWrite],
    ['an imported token without "Bearer"', legacy((secret) => ({ authorization: secret })), closed, readWrite],
    ['an imported read-only token', legacy(bearer, 'read-only'), closed, readWrite],
    ['a CI token of another workspace', ciOfAnotherWorkspace, open, unauthenticated],
    ['an unknown CI token', unknown('ci'), open, unauthenticated],
    ['an unknown personal token', unknown('personal'), open, unauthenticated],
    ['a damaged token', damaged, open, unauthenticated],
    ['a revoked token', revoked, open, unauthenticated],
    ['a CI token where a personal one belongs', ciInThePersonalHeader, open, unauthenticated],
    ['what is no token', () => Promise.resolve(bearer('hello')), open, unauthenticated],
    ['an owner', pat(() => server.owner), open, readWrite],
    ['an owner, where people only read', pat(() => server.owner), recommended, readOnly],
    ['a member', pat(() => member), open, readWrite],
    ['a member, where people only read', pat(() => member), recommended, readOnly],
    ['a member, with the two headers', patHeader(() => member), openSource, readWrite],
    ['a member, not opted in', pat(() => member), closed, refused],
    ['somebody else, where anonymous ones write', pat(() => stranger), open, readWrite],
    ['somebody else, where anonymous ones read', patHeader(() => stranger), openSource, readOnly],
    ['somebody else, where anonymous access is off', pat(() => stranger), recommended, refused],
    ['somebody else, not opted in', pat(() => stranger), closed, refused],
    ['nobody, where anonymous ones write', nothing, open, readWrite],
    ['nobody, with an empty token as Nx sends it', emptyBearer, open, readWrite],
    ['nobody, with the id in its header', idAlone, openSource, readOnly],
    ['nobody, where anonymous access is off', idAlone, recommended, refused],
    ['nobody, not opted in', nothing, closed, refused],
  ])('%s', async (_, send, access, expected) => {
    const workspace = await workspaceWith(access);
    const writer = bearer(await server.addCiToken('read-write', { workspaceId: workspace.id }));
    expect((await put(workspace, '1', writer)).status).toBe(200);
    const sent = await send(workspace);

    // Cold, and from memory.
    for (const round of [1, 2]) {
      expect({ round, get: (await get(workspace, '1', sent)).status }).toEqual({ round, get: expected.get });
    }
    const written = await put(workspace, '2', sent);
    expect(written.status).toBe(expected.put);
    if (written.status !== 200) {
      expect(written.type).toBe('text/plain');
      expect(written.body).not.toBe('');
    }
    if (expected.get === 401) expect((await get(workspace, '1', sent)).type).toBe('text/plain');
  });

  it.each([
    ['nobody', nothing, refused],
    ['somebody with a good token, whose builds go on', pat(() => member), refused],
    ['a CI token, which is another workspace’s', ciOfAnotherWorkspace, unauthenticated],
    ['an unknown personal token', unknown('personal'), unauthenticated],
  ])('where no workspace has the nxCloudId: %s', async (_, send, expected) => {
    const target = { url: server.url, nxCloudId: 'f'.repeat(24), id: '' };
    const sent = await send(target);
    // Cold, and from memory.
    for (const round of [1, 2]) {
      const answered = { get: (await get(target, '1', sent)).status, put: (await put(target, '1', sent)).status };
      expect({ round, ...answered }).toEqual({ round, ...expected });
    }
  });
});
