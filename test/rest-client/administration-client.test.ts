import { describe, expect, it } from 'vitest';
import { AuthenticationRequired, UsageError } from '../../src/errors.js';
import { paths } from '../../src/protocol/paths.js';
import type { AuditEventInfo } from '../../src/protocol/audit-wire-types.js';
import type { CacheStats, WorkspaceInfo } from '../../src/protocol/wire-types.js';
import { createAdministrationClient } from '../../src/rest-client/create-administration-client.js';
import { Refused, UnexpectedAnswer } from '../../src/rest-client/errors.js';
import { createHttp } from '../../src/rest-client/http.js';
import { json, startAnsweringServer, type Answer } from '../support/answering-server.js';
import { recordToken } from '../support/ledger.js';
import { failure } from './failure.js';

const token = 'nxp_thisIsNotARealTokenButLooksLikeOne333333';
recordToken(token);

const nxCloudId = '0123456789abcdef01234567';
const at = '2026-11-21T10:00:00.000Z';
const workspace: WorkspaceInfo = {
  nxCloudId,
  name: 'shop',
  organization: { slug: 'acme', name: 'Acme' },
  access: { patOptIn: true, anonymousLevel: 'none', patLevel: 'read-only' },
  warning: null,
  createdAt: at,
};
const stats: CacheStats = {
  artifacts: 1,
  bytes: 10,
  scopes: { trusted: { artifacts: 1, bytes: 10 }, isolated: { artifacts: 0, bytes: 0 } },
  writers: [{ writer: { kind: 'anonymous', id: null, name: null }, artifacts: 1, bytes: 10, lastWrittenAt: at }],
  oldestWrittenAt: at,
  lastReadAt: null,
};
const event: AuditEventInfo = {
  id: '1',
  at,
  action: 'workspace.changed',
  actor: { kind: 'user', id: '1', name: 'ada@acme.example' },
  workspace: { nxCloudId, name: 'shop' },
  target: null,
  details: { anonymousLevel: 'none', patOptIn: true, before: null },
  ipAddress: '127.0.0.1',
  requestId: 'r',
  count: 1,
};

async function clientOf(answers: Record<string, Answer>) {
  const server = await startAnsweringServer(answers);
  const http = createHttp({ serverUrl: server.url, env: {}, userAgent: 'nxkey/test' });
  return { server, client: createAdministrationClient(http, token) };
}

const problem = (status: number, detail: string, errors?: object[]) =>
  json(
    status,
    { type: 'about:blank', title: 'x', status, detail, requestId: 'r', ...(errors !== undefined && { errors }) },
    { 'content-type': 'application/problem+json' },
  );

describe('the administration client', () => {
  it('sends a change as JSON, with the token in the header only', async () => {
    const { server, client } = await clientOf({ [paths.workspace(nxCloudId)]: json(200, workspace) });
    expect(await client.changeWorkspace(nxCloudId, { preset: 'recommended', name: 'shop' })).toEqual(workspace);
    const [request] = server.requests;
    expect(request).toMatchObject({ method: 'PATCH', path: paths.workspace(nxCloudId) });
    expect(request?.headers).toMatchObject({ 'content-type': 'application/json' });
    expect(request?.headers.authorization === `Bearer ${token}`).toBe(true);
    expect(JSON.parse(request?.body ?? '')).toEqual({ preset: 'recommended', name: 'shop' });
  });

  it('takes an empty answer for a deletion', async () => {
    const { server, client } = await clientOf({
      [paths.ciTokenById(nxCloudId, '7')]: (_, response) => response.writeHead(204).end(),
    });
    await client.revokeCiToken(nxCloudId, '7');
    expect(server.requests[0]?.method).toBe('DELETE');
  });

  it('reads how full the cache is, and the audit log with all filters', async () => {
    const { server, client } = await clientOf({
      [paths.cacheStats(nxCloudId)]: json(200, stats),
      [paths.audit('acme')]: json(200, { events: [event], next: '17-1' }),
    });
    expect(await client.cacheStats(nxCloudId)).toEqual(stats);
    const query = { workspace: nxCloudId, actor: 'a&b', since: at, until: at, before: '18-2', limit: 5 } as const;
    const page = await client.audit('acme', { ...query, actions: ['member.added', 'member.removed'] });
    expect(page).toEqual({ events: [event], next: '17-1' });
    const asked = new URL(server.requests[1]?.path ?? '', server.url).searchParams;
    expect(Object.fromEntries(asked)).toMatchObject({ ...query, limit: '5' });
    expect(asked.getAll('action')).toEqual(['member.added', 'member.removed']);
  });

  it.each(['..', '', 'short'])('asks nobody about the workspace %j', async (id) => {
    const { server, client } = await clientOf({});
    expect(await failure(client.workspace(id))).toBeInstanceOf(UsageError);
    expect(server.requests).toEqual([]);
  });
});

describe('a refusal', () => {
  it.each([
    [403, 'Only admins manage workspaces.', 'npx nxkey member list'],
    [404, 'There is no such organization.', 'npx nxkey org list'],
    [409, 'There is a workspace of that name.', 'Choose another name.'],
    [400, 'The body is wrong.', '--help'],
  ])('with status %d gives the sentence of the server and what to type next', async (status, detail, remedy) => {
    const { server, client } = await clientOf({ [paths.workspaces('acme')]: problem(status, detail) });
    const error = await failure(client.createWorkspace('acme', { name: 'shop' }));
    expect(error).toBeInstanceOf(Refused);
    expect(error.message).toBe(
      `${server.url} was asked for a new workspace in acme and refused (status ${status}). ${detail}`,
    );
    expect(error.remedy).toContain(remedy);
  });

  it('names the field that was wrong', async () => {
    const errors = [{ field: '/name', detail: 'is too \u001b[2Jlong.' }];
    const { client } = await clientOf({ [paths.workspaces('acme')]: problem(400, 'No.', errors) });
    const error = await client.createWorkspace('acme', { name: 'x' }).catch((thrown: unknown) => thrown);
    expect(String(error)).toContain('No. (/name: is too long.)');
  });

  it('says once what is the same for the field and for all of it', async () => {
    const detail = 'There is no team nope.';
    const errors = [{ field: 'teams', detail }];
    const { client } = await clientOf({ [paths.workspaces('acme')]: problem(400, detail, errors) });
    const error = await client.createWorkspace('acme', { name: 'x' }).catch((thrown: unknown) => thrown);
    expect(String(error)).toMatch(/\(status 400\)\. There is no team nope\.$/);
  });

  it('of the token asks to log in, and that of something in front of the server is none', async () => {
    const { client, server } = await clientOf({ [paths.organizations]: problem(401, 'The token was revoked.') });
    expect(await failure(client.organizations())).toBeInstanceOf(AuthenticationRequired);
    server.answers = { [paths.organizations]: json(403, { message: 'Blocked' }) };
    expect(await failure(client.organizations())).toBeInstanceOf(UnexpectedAnswer);
  });
});

describe('an answer of the wrong shape', () => {
  it.each([
    ['an id that leads elsewhere', { id: '..' }, 'tokens[0].id is not an identifier'],
    ['a level of a newer server', { accessLevel: 'admin' }, 'tokens[0].accessLevel is none of'],
    ['a number for a name', { name: 7 }, 'tokens[0].name is not a string'],
    ['a time without a date', { expiresAt: 'soon' }, 'tokens[0].expiresAt is not a UTC timestamp'],
  ])('gives a sentence that names the field: %s', async (_, wrong, says) => {
    const good = { id: '1', name: 'main', accessLevel: 'read-write', legacy: false, createdAt: at };
    const sent = { ...good, expiresAt: null, lastUsedAt: null, sha256: 'a1', ...wrong };
    const { client } = await clientOf({ [paths.ciTokens(nxCloudId)]: json(200, { tokens: [sent] }) });
    expect((await failure(client.ciTokens(nxCloudId))).message).toContain(says);
  });

  it('does not pass for an invitation when its link is no web address', async () => {
    const member = {
      user: { id: '1', name: 'G', email: 'g@x' },
      role: 'member',
      source: 'manual',
      since: at,
      suspendedAt: null,
      active: false,
    };
    const invitation = { url: 'javascript:alert(1)', expiresAt: at };
    const { client } = await clientOf({ [paths.members('acme')]: json(201, { member, invitation }) });
    expect((await failure(client.addMember('acme', { email: 'g@x' }))).message).toContain(
      'invitation.url is not a web address',
    );
  });

  it('may be an audit log with an action that only a newer server has', async () => {
    const newer = { ...event, action: 'satellite.launched' };
    const { client } = await clientOf({ [paths.audit('acme')]: json(200, { events: [newer], next: null }) });
    expect((await client.audit('acme', { limit: 1 })).events).toEqual([newer]);
  });

  it('keeps nothing that a terminal would obey', async () => {
    const evil = { ...event, target: 'a\u001b]0;owned\u0007b', details: { note: '\u001b[2Jx' } };
    const { client } = await clientOf({ [paths.audit('acme')]: json(200, { events: [evil], next: null }) });
    expect(JSON.stringify(await client.audit('acme', { limit: 1 }))).not.toMatch(/\\u001b|\\u0007|owned/);
  });
});
