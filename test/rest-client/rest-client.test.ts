import { describe, expect, it } from 'vitest';
import { AuthenticationRequired } from '../../src/errors.js';
import { paths } from '../../src/protocol/paths.js';
import type { CiTokenInfo, PersonalAccessTokenInfo, WhoAmI, WorkspaceAccess } from '../../src/protocol/wire-types.js';
import { createRestClient } from '../../src/rest-client/create-rest-client.js';
import { UnexpectedAnswer } from '../../src/rest-client/errors.js';
import { createHttp } from '../../src/rest-client/http.js';
import type { RestClient } from '../../src/rest-client/rest-client.js';
import { html, json, startAnsweringServer, type Answer } from '../support/answering-server.js';
import { recordToken } from '../support/ledger.js';
import { failure } from './failure.js';

const token = 'nxp_thisIsNotARealTokenButLooksLikeOne222222';
recordToken(token);

const nxCloudId = '0123456789abcdef01234567';
const tokenInfo: PersonalAccessTokenInfo = {
  id: '7',
  name: 'laptop',
  createdAt: '2026-11-21T10:00:00.000Z',
  lastUsedAt: null,
  expiresAt: '2027-02-19T10:00:00Z',
  origin: { client: 'nxkey-cli', hostName: 'laptop', ipAddress: null },
};
const me: WhoAmI = {
  user: { id: '1', name: 'Ada Lovelace', email: 'ada@acme.example' },
  token: tokenInfo,
  organizations: [{ slug: 'acme', name: 'Acme', role: 'owner', warnings: ['Look.'] }],
};
const ciToken: CiTokenInfo = {
  nxCloudId,
  accessLevel: 'read-write',
  workspace: { name: 'shop' },
  organization: { slug: 'acme', name: 'Acme' },
};
const access: WorkspaceAccess = { nxCloudId, level: 'read-only', because: 'you are a member of acme' };

const problem = (status: number, detail: string) => {
  const body = { type: 'about:blank', title: 'x', status, detail, requestId: 'r' };
  return json(status, body, { 'content-type': 'application/problem+json' });
};

async function clientOf(answers: Record<string, Answer>) {
  const server = await startAnsweringServer(answers);
  return { server, client: createRestClient(createHttp({ serverUrl: server.url, env: {}, userAgent: 'nxkey/test' })) };
}

describe('the REST client', () => {
  it('says who the person is', async () => {
    const { server, client } = await clientOf({ [paths.me]: json(200, { ...me, unknownField: 'of a newer server' }) });
    expect(client.serverUrl).toBe(server.url);
    expect(await client.whoAmI(token)).toEqual(me);
    expect(server.requests[0]?.headers.authorization).toBe(`Bearer ${token}`);
  });

  it("lists the person's tokens", async () => {
    const tokens = [tokenInfo, { ...tokenInfo, id: '8' }];
    const { client } = await clientOf({ [paths.myTokens]: json(200, { tokens }) });
    expect(await client.listMyTokens(token)).toEqual(tokens);
  });

  it('finds the workspace of a CI access token', async () => {
    const { client } = await clientOf({ [paths.ciToken]: json(200, ciToken) });
    expect(await client.ciToken(token)).toEqual(ciToken);
  });

  it('asks for access with a token, or anonymously', async () => {
    const { server, client } = await clientOf({ [paths.workspaceAccess(nxCloudId)]: json(200, access) });
    expect(await client.workspaceAccess(nxCloudId, token)).toEqual(access);
    expect(await client.workspaceAccess(nxCloudId)).toEqual(access);
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([`Bearer ${token}`, undefined]);
  });

  it('knows no access to a workspace that the server does not have', async () => {
    const path = paths.workspaceAccess(nxCloudId);
    const { client } = await clientOf({ [path]: problem(404, 'There is no such workspace.') });
    expect(await client.workspaceAccess(nxCloudId, token)).toBeNull();
  });

  it('does not take the 404 of another kind of server for that', async () => {
    const path = paths.workspaceAccess(nxCloudId);
    const { client, server } = await clientOf({ [path]: json(404, { message: 'Not Found' }) });
    expect(await failure(client.workspaceAccess(nxCloudId, token))).toMatchObject({ status: 404 });
    server.answers = {};
    expect(await failure(client.workspaceAccess(nxCloudId, token))).toMatchObject({ status: 404 });
  });

  it.each(['..', '', 'too-short', '../../../../../../me/xyz'])('asks nobody about the workspace %j', async (id) => {
    const { client, server } = await clientOf({});
    expect(await client.workspaceAccess(id, token)).toBeNull();
    expect(server.requests).toEqual([]);
  });
});

describe('a token that the server does not know', () => {
  const calls: [string, (client: RestClient) => Promise<unknown>][] = [
    [paths.me, (client) => client.whoAmI(token)],
    [paths.myTokens, (client) => client.listMyTokens(token)],
    [paths.ciToken, (client) => client.ciToken(token)],
    [paths.workspaceAccess(nxCloudId), (client) => client.workspaceAccess(nxCloudId, token)],
  ];

  it.each(calls)('gives, for %s, the error that asks to log in, with what the server says', async (path, call) => {
    const { client, server } = await clientOf({ [path]: problem(401, 'The token was revoked\u001b[2J yesterday.') });
    const error = await failure(call(client));
    expect(error).toBeInstanceOf(AuthenticationRequired);
    expect(error.message).toBe(`${server.url} does not accept the token. The token was revoked yesterday.`);
    expect(error.remedy).toContain(`npx nxkey login ${server.url}`);
  });

  it('is not what the sign-in page of a gateway says', async () => {
    const { client } = await clientOf({ [paths.me]: html(401, 'Please sign in to the guest Wi-Fi') });
    expect(await failure(client.whoAmI(token))).toBeInstanceOf(UnexpectedAnswer);
  });
});

describe('an answer of the wrong shape gives a sentence that names the field', () => {
  it.each([
    ['a list', [], 'the answer is not an object'],
    ['null', null, 'the answer is not an object'],
    ['nothing', {}, 'user is not an object'],
    ['a number for a name', { ...me, user: { ...me.user, name: 7 } }, 'user.name is not a string'],
    ['a token without an origin', { ...me, token: { ...tokenInfo, origin: null } }, 'token.origin is not an object'],
    ['a relative time', { ...me, token: { ...tokenInfo, createdAt: 'now' } }, 'token.createdAt is not a UTC timestamp'],
    [
      'an id with a line break',
      { ...me, token: { ...tokenInfo, id: '1\n2' } },
      'token.id is not a string of visible characters',
    ],
    ['no list of organizations', { ...me, organizations: {} }, 'organizations is not a list'],
    [
      'an unknown role',
      { ...me, organizations: [...me.organizations, { slug: 'x', name: 'x', role: 'king' }] },
      'organizations[1].role is none of owner, admin, member',
    ],
  ])('%s', async (_, body, reason) => {
    const { client, server } = await clientOf({ [paths.me]: json(200, body) });
    const error = await failure(client.whoAmI(token));
    expect(error).toBeInstanceOf(UnexpectedAnswer);
    expect(error.message).toBe(`${server.url} was asked for who you are, and its answer makes no sense: ${reason}.`);
  });

  it('an id that would not be safe to write into nx.json', async () => {
    const dangerous = { ...ciToken, nxCloudId: '", "x": "0123456789abcde' };
    const { client } = await clientOf({ [paths.ciToken]: json(200, dangerous) });
    expect((await failure(client.ciToken(token))).message).toContain('nxCloudId is not an id of 24 characters');
  });

  it('an access level of a newer server', async () => {
    const { client } = await clientOf({ [paths.workspaceAccess(nxCloudId)]: json(200, { ...access, level: 'admin' }) });
    expect((await failure(client.workspaceAccess(nxCloudId))).message).toContain('level is none of');
  });
});

describe('what a server says', () => {
  it('comes without terminal commands, whichever field they were in', async () => {
    const evil = 'Ada\u001b]0;owned\u0007\u001b[2J\nEve';
    const { client } = await clientOf({
      [paths.me]: json(200, {
        user: { id: evil, name: evil, email: evil },
        token: { ...tokenInfo, name: evil, origin: { client: evil, hostName: evil, ipAddress: evil } },
        organizations: [{ slug: evil, name: evil, role: 'owner', warnings: [evil] }],
      }),
    });
    expect(JSON.stringify(await client.whoAmI(token))).not.toMatch(/\\u001b|\\u0007|\\n|owned/);
  });

  it('is quoted in a refusal, bounded', async () => {
    const { client, server } = await clientOf({ [paths.me]: problem(403, `No. ${'x'.repeat(100_000)}.`) });
    const { message } = await failure(client.whoAmI(token));
    expect(message.startsWith(`${server.url} was asked for who you are and refused (status 403). No. xxx`)).toBe(true);
    expect(message.length).toBeLessThan(500);
  });
});
