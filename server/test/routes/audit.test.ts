import { Buffer } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recordOutput, recordToken } from '../../../test/support/ledger.js';
import { paths } from '../../../src/protocol/paths.js';
import type { AuditAction, AuditEventInfo, AuditPage } from '../../../src/protocol/audit-wire-types.js';
import type { AddedMember, CreatedCiAccessToken } from '../../../src/protocol/wire-types.js';
import { newId } from '../../src/domain/secrets.js';
import { administrator, type Administrator } from '../support/administration.js';
import { httpClient } from '../support/http.js';
import { Person } from '../support/person.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let server: TestServer;
let ada: Administrator;
beforeEach(async () => {
  server = await startTestServer();
  ada = await administrator(server, server.owner);
});
afterEach(() => server.close());

async function audit(query: Record<string, string> = {}): Promise<AuditPage> {
  const { status, body } = await ada.ask('GET', `${paths.audit('acme')}?${new URLSearchParams(query).toString()}`);
  expect(status).toBe(200);
  recordOutput('audit log', JSON.stringify(body));
  return body as AuditPage;
}

/** The events of one kind, newest first. */
async function events(action: AuditAction): Promise<AuditEventInfo[]> {
  return (await audit({ action })).events;
}

const workspace = () => paths.workspace(server.workspace.nxCloudId);
const ciTokens = () => paths.ciTokens(server.workspace.nxCloudId);

async function invite(): Promise<AddedMember> {
  return (await ada.ask('POST', paths.members('acme'), { email: 'grace@acme.example' })).body as AddedMember;
}

async function createCiToken(): Promise<CreatedCiAccessToken> {
  return (await ada.ask('POST', ciTokens(), { name: 'main', accessLevel: 'read-write' })).body as CreatedCiAccessToken;
}

async function answerLogin(answer: 'approve' | 'deny'): Promise<string> {
  const { userCode, deviceCode } = await server.beginLogin({ hostName: 'laptop' });
  const person = new Person(server.url);
  await person.signIn(server.owner);
  await person.answer(userCode, answer);
  return deviceCode;
}

const byAda = () => ({ kind: 'user', id: server.owner.id, name: 'ada@acme.example' });
const nobody = { kind: 'anonymous', id: null, name: null };

/** What each change writes down. `act` makes it; `expected` is the newest event of that kind then. */
const changes: { action: AuditAction; act: () => Promise<unknown>; expected: () => object }[] = [
  {
    action: 'user.signed-in',
    act: () => new Person(server.url).signIn(server.owner),
    expected: () => ({ actor: byAda(), target: 'ada@acme.example', details: { method: 'password' } }),
  },
  {
    action: 'user.sign-in-failed',
    act: () => new Person(server.url).signIn({ email: 'ADA@acme.example', password: 'wrong password' }),
    expected: () => ({ actor: nobody, target: 'ada@acme.example', details: {} }),
  },
  {
    action: 'user.signed-out',
    act: async () => {
      const person = new Person(server.url);
      const page = await person.signIn(server.owner);
      const csrfToken = /name="csrf_token" value="([^"]*)"/.exec(page.html)?.[1] ?? '';
      await person.post('/sign-out', { csrf_token: csrfToken });
    },
    expected: () => ({ actor: byAda(), target: 'ada@acme.example' }),
  },
  {
    action: 'user.invited',
    act: invite,
    expected: () => ({ actor: byAda(), target: 'grace@acme.example' }),
  },
  {
    action: 'user.password-set',
    act: async () => {
      const { invitation } = await invite();
      const password = `pass-${newId()}`;
      recordToken(password);
      const person = new Person(server.url);
      const page = await person.get(new URL(invitation?.url ?? '').pathname);
      await person.submit(page, { password, password_again: password });
    },
    expected: () => ({ actor: { kind: 'user', name: 'grace@acme.example' }, target: 'grace@acme.example' }),
  },
  {
    action: 'device.approved',
    act: () => answerLogin('approve'),
    expected: () => ({
      actor: byAda(),
      target: 'laptop',
      details: { client: 'nxkey-cli', requestedFrom: '192.0.2.7' },
    }),
  },
  {
    action: 'device.denied',
    act: () => answerLogin('deny'),
    expected: () => ({ actor: byAda(), target: 'laptop' }),
  },
  {
    action: 'pat.created',
    act: async () => {
      const deviceCode = await answerLogin('approve');
      const grantType = 'urn:ietf:params:oauth:grant-type:device_code';
      const fields = { client_id: 'nxkey-cli', grant_type: grantType, device_code: deviceCode };
      const { body } = await httpClient(() => server.url).form('/oauth/token', fields);
      recordToken((body as { access_token: string }).access_token);
    },
    expected: () => ({ actor: byAda(), target: 'laptop', details: { owner: 'ada@acme.example', hostName: 'laptop' } }),
  },
  {
    action: 'pat.revoked',
    act: async () => {
      const token = await server.addToken(server.owner, 'old laptop');
      await httpClient(() => server.url).form('/oauth/revoke', { client_id: 'nxkey-cli', token });
    },
    expected: () => ({ actor: byAda(), target: 'old laptop', details: { owner: 'ada@acme.example' } }),
  },
  {
    action: 'member.added',
    act: invite,
    expected: () => ({ actor: byAda(), target: 'grace@acme.example', details: { role: 'member', source: 'manual' } }),
  },
  {
    action: 'member.role-changed',
    act: async () => {
      const { member } = await invite();
      await ada.ask('PATCH', paths.member('acme', member.user.id), { role: 'admin' });
      // The same again is no change, and no event.
      server.passTime(1);
      await ada.ask('PATCH', paths.member('acme', member.user.id), { role: 'admin' });
    },
    expected: () => ({ target: 'grace@acme.example', details: { 'role.old': 'member', 'role.new': 'admin' } }),
  },
  {
    action: 'member.removed',
    act: async () => ada.ask('DELETE', paths.member('acme', (await invite()).member.user.id)),
    expected: () => ({ actor: byAda(), target: 'grace@acme.example', details: { role: 'member' } }),
  },
  {
    action: 'workspace.created',
    act: () => ada.ask('POST', paths.workspaces('acme'), { name: 'docs' }),
    expected: () => ({
      target: 'docs',
      workspace: { name: 'docs' },
      details: { preset: 'recommended', anonymousLevel: 'none', patLevel: 'read-only' },
    }),
  },
  {
    action: 'workspace.changed',
    act: () => ada.ask('PATCH', workspace(), { anonymousLevel: 'none', patLevel: 'read-write' }),
    expected: () => ({
      workspace: { nxCloudId: server.workspace.nxCloudId, name: 'shop' },
      // Only what has changed.
      details: { 'anonymousLevel.old': 'read-write', 'anonymousLevel.new': 'none' },
    }),
  },
  {
    action: 'ci-token.created',
    act: createCiToken,
    expected: () => ({
      target: 'main',
      workspace: { name: 'shop' },
      details: { id: expect.any(String) as string, accessLevel: 'read-write', expiresAt: null },
    }),
  },
  {
    action: 'ci-token.imported',
    act: () => {
      const token = Buffer.from(`${randomUUID()}|read`).toString('base64');
      recordToken(token);
      return ada.ask('POST', paths.ciTokenImport(server.workspace.nxCloudId), { name: 'nx.json', token });
    },
    expected: () => ({ target: 'nx.json', details: { id: expect.any(String) as string, accessLevel: 'read-only' } }),
  },
  {
    action: 'ci-token.rotated',
    act: async () => {
      const { info } = await createCiToken();
      await ada.ask('POST', paths.ciTokenRotation(server.workspace.nxCloudId, info.id), { graceSeconds: 60 });
    },
    expected: () => ({
      target: 'main',
      details: {
        id: expect.any(String) as string,
        previousId: expect.any(String) as string,
        accessLevel: 'read-write',
        expiresAt: null,
        previousExpiresAt: new Date(server.now() + 60_000).toISOString(),
      },
    }),
  },
  {
    action: 'ci-token.changed',
    act: async () => {
      const path = paths.ciTokenById(server.workspace.nxCloudId, (await createCiToken()).info.id);
      await ada.ask('PATCH', path, { graceSeconds: 60, name: 'main' });
      // Nothing is changed by this one, so nothing is told.
      await ada.ask('PATCH', path, { graceSeconds: 3600 });
    },
    expected: () => ({
      target: 'main',
      workspace: { name: 'shop' },
      details: {
        id: expect.any(String) as string,
        'expiresAt.old': null,
        'expiresAt.new': new Date(server.now() + 60_000).toISOString(),
      },
    }),
  },
  {
    action: 'ci-token.revoked',
    act: async () => ada.ask('DELETE', paths.ciTokenById(server.workspace.nxCloudId, (await createCiToken()).info.id)),
    expected: () => ({ target: 'main', details: { id: expect.any(String) as string, accessLevel: 'read-write' } }),
  },
  {
    action: 'cache.purged',
    act: () => ada.ask('POST', paths.cachePurge(server.workspace.nxCloudId), { hash: 'abc' }),
    expected: () => ({ workspace: { name: 'shop' }, details: { hash: 'abc', artifacts: 0, bytes: 0 } }),
  },
];

describe('the audit log', () => {
  it.each(changes)('tells of $action: who, what, when and from where', async ({ action, act, expected }) => {
    await act();
    const [event, ...others] = await events(action);
    expect(event).toMatchObject({
      action,
      ipAddress: '127.0.0.1',
      requestId: expect.stringMatching(/./) as string,
      count: 1,
      ...expected(),
    });
    // Signing in is a part of some of the others; nothing is told twice.
    if (action !== 'user.signed-in') expect(others).toEqual([]);
  });

  it('tells of a new organization in its own log only, and what was done first comes last', async () => {
    await ada.ask('POST', paths.organizations, { slug: 'tools' });
    const { body } = await ada.ask('GET', paths.audit('tools'));
    const found = (body as AuditPage).events.filter(({ action }) => !action.startsWith('user.'));
    expect(found.map(({ action }) => action)).toEqual(['member.added', 'organization.created']);
    expect(await events('organization.created')).toEqual([]);
  });

  it('holds nothing of a change that was not made', async () => {
    await ada.ask('DELETE', paths.member('acme', server.owner.id));
    await ada.ask('PATCH', workspace(), { anonymousLevel: 'read-write' });
    await ada.ask('POST', paths.ciTokenImport(server.workspace.nxCloudId), { name: 'x', token: 'no token' });
    await ada.ask('POST', paths.organizations, { slug: 'acme' });
    expect((await audit()).events).toEqual([]);
  });

  it('says nothing of sign-ins to accounts that are not there', async () => {
    await new Person(server.url).signIn({ email: 'nobody@acme.example', password: 'wrong password' });
    expect(await server.services.database.auditEvents.find({ limit: 10 })).toEqual([]);
  });

  it('never holds what was typed as a password, a token or a code', async () => {
    const [password, token] = ['a password that is wrong', `${newId()} no token`];
    for (const secret of [password, token]) recordToken(secret);
    await new Person(server.url).signIn({ email: 'ada@acme.example', password });
    await ada.ask('POST', paths.ciTokenImport(server.workspace.nxCloudId), { name: 'x', token });
    const created = await createCiToken();
    const text = JSON.stringify(await server.services.database.auditEvents.find({ limit: 100 }));
    for (const secret of [password, token, created.token]) expect(text).not.toContain(secret);
  });

  it('is read page by page, and filtered', async () => {
    for (const name of ['one', 'two', 'three']) {
      server.passTime(1000);
      await ada.ask('POST', paths.workspaces('acme'), { name });
    }
    server.passTime(1000);
    await createCiToken();
    const first = await audit({ limit: '3' });
    expect(first.events.map(({ target }) => target)).toEqual(['main', 'three', 'two']);
    const second = await audit({ limit: '3', before: first.next ?? '' });
    expect(second).toMatchObject({ events: [{ target: 'one' }], next: null });

    const targets = async (query: Record<string, string>) => (await audit(query)).events.map(({ target }) => target);
    expect(await targets({ workspace: server.workspace.nxCloudId })).toEqual(['main']);
    expect(await targets({ actor: 'ADA@', action: 'ci-token.created' })).toEqual(['main']);
    expect(await targets({ actor: 'grace' })).toEqual([]);
    const at = (seconds: number) => new Date(server.now() - seconds * 1000).toISOString();
    expect(await targets({ since: at(2), until: at(0) })).toEqual(['three', 'two']);
    const several = await ada.ask('GET', `${paths.audit('acme')}?action=ci-token.created&action=ci-token.revoked`);
    expect(several.body).toMatchObject({ events: { length: 1 } });
  });

  it.each([
    ['limit=1001', 'limit', 'has to be from 1 to 1000'],
    ['limit=x', 'limit', 'has to be a number'],
    ['action=everything', 'action/0', 'has to be one of user.signed-in'],
    ['since=yesterday', 'since', 'has to be a time such as'],
    ['before=x', 'before', '"next" of the page before'],
    ['actor=a&actor=b', 'actor', 'once'],
    ['workspace=short', 'workspace', 'has to be 24 letters or digits'],
  ])('is not read with %s', async (query, field, detail) => {
    expect(await ada.ask('GET', `${paths.audit('acme')}?${query}`)).toMatchObject({
      status: 400,
      body: { errors: [{ field, detail: expect.stringContaining(detail) as string }] },
    });
  });

  it('knows no workspace of another organization', async () => {
    expect(await ada.ask('GET', `${paths.audit('acme')}?workspace=000000000000000000000000`)).toMatchObject({
      status: 404,
      body: { detail: 'acme has no workspace with that nxCloudId.' },
    });
  });
});
