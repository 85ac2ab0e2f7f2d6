import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recordToken } from '../../../test/support/ledger.js';
import type { AddedMember, MemberInfo, MemberList, Role } from '../../../src/protocol/wire-types.js';
import { newId } from '../../src/domain/secrets.js';
import { administrator, type Administrator } from '../support/administration.js';
import { Person } from '../support/person.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const members = '/api/v1/organizations/acme/members';

let server: TestServer;
let ada: Administrator;
beforeEach(async () => {
  server = await startTestServer();
  ada = await administrator(server, server.owner);
});
afterEach(() => server.close());

async function add(name: string, role: Role | null): Promise<Administrator> {
  return administrator(server, await server.addUser({ email: `${name}@acme.example`, name, role }));
}

async function invite(by: Administrator, email: string, role?: Role): Promise<AddedMember> {
  const { status, body } = await by.ask('POST', members, { email, ...(role !== undefined && { role }) });
  expect(status).toBe(201);
  return body as AddedMember;
}

async function accept({ invitation }: AddedMember): Promise<string> {
  const password = `pass-${newId()}`;
  recordToken(password);
  const person = new Person(server.url);
  const page = await person.get(new URL(invitation?.url ?? '').pathname);
  await person.submit(page, { password, password_again: password });
  return password;
}

async function listed(): Promise<MemberInfo[]> {
  return ((await ada.ask('GET', members)).body as MemberList).members;
}

describe('an invitation', () => {
  it('makes somebody new a member, who then chooses a password and signs in', async () => {
    const added = await invite(ada, 'Grace@Acme.example');
    expect(added.member).toMatchObject({
      role: 'member',
      active: false,
      user: { name: 'grace', email: 'grace@acme.example' },
    });
    expect(added.invitation?.expiresAt).toBe(new Date(server.now() + 7 * 24 * 60 * 60 * 1000).toISOString());
    const password = await accept(added);
    expect((await new Person(server.url).signIn({ email: 'grace@acme.example', password })).path).toBe('/tokens');
    expect((await listed()).map(({ user, active }) => [user.email, active])).toEqual([
      ['ada@acme.example', true],
      ['grace@acme.example', true],
    ]);
  });

  it('is replaced by asking again, until it has been used', async () => {
    const [older, newer] = [await invite(ada, 'grace@acme.example'), await invite(ada, 'grace@acme.example')];
    expect((await new Person(server.url).get(new URL(older.invitation?.url ?? '').pathname)).status).toBe(404);
    await accept(newer);
    expect(await ada.ask('POST', members, { email: 'grace@acme.example' })).toMatchObject({
      status: 409,
      body: { detail: 'grace@acme.example already is a member of acme and can sign in.' },
    });
  });

  it('is not needed by somebody who can sign in already', async () => {
    await add('linus', null);
    expect(await invite(ada, 'linus@acme.example', 'admin')).toMatchObject({
      invitation: null,
      member: { role: 'admin', active: true, user: { name: 'linus' } },
    });
  });

  it('to an owner is handed to owners only: whoever has the link becomes that person', async () => {
    const admin = await add('grace', 'admin');
    await invite(ada, 'new-owner@acme.example', 'owner');
    expect(await admin.ask('POST', members, { email: 'new-owner@acme.example' })).toMatchObject({
      status: 403,
      body: {
        detail: expect.stringContaining('only its owners give, change and take away the role of an owner') as string,
      },
    });
  });

  it('of another organization is not replaced: the link would open that one, too', async () => {
    const other = await add('eve', null);
    const organizationId = newId();
    const { organizations } = server.services.database;
    await organizations.insert({ id: organizationId, slug: 'evil', name: 'Evil', createdAt: server.now() });
    const source = 'manual' as const;
    await organizations.addMember({
      userId: other.user.id,
      organizationId,
      role: 'owner',
      source,
      createdAt: server.now(),
    });
    const { invitation } = await invite(ada, 'grace@acme.example');

    const taken = await other.ask('POST', '/api/v1/organizations/evil/members', { email: 'grace@acme.example' });
    expect(taken).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('another organization') as string },
    });
    expect((await other.ask('GET', '/api/v1/organizations/evil')).body).toMatchObject({ members: 1 });
    expect((await new Person(server.url).get(new URL(invitation?.url ?? '').pathname)).status).toBe(200);
  });

  it('ends with the membership it was made for', async () => {
    const { member, invitation } = await invite(ada, 'grace@acme.example');
    await ada.ask('DELETE', `${members}/${member.user.id}`);
    expect((await new Person(server.url).get(new URL(invitation?.url ?? '').pathname)).status).toBe(404);
  });

  it.each([
    [{ email: 'grace' }, 'email', 'has to be an e-mail address'],
    [{}, 'email', 'has to be given, as text'],
    [{ email: 'grace@acme.example', role: 'king' }, 'role', 'has to be owner, admin or member'],
    [{ email: 'grace@acme.example', name: 'a\u202eb' }, 'name', 'characters that can be shown'],
    [{ email: 'grace@acme.example', rolle: 'admin' }, 'body', 'there is no field "rolle" here'],
  ])('of the wrong shape is refused, naming the field: %j', async (body, field, detail) => {
    expect(await ada.ask('POST', members, body)).toMatchObject({
      status: 400,
      body: { errors: [{ field, detail: expect.stringContaining(detail) as string }] },
    });
    expect(await listed()).toHaveLength(1);
  });
});

describe('a role', () => {
  const change = (by: Administrator, who: Administrator, role: Role) =>
    by.ask('PATCH', `${members}/${who.user.id}`, { role });

  it.each<[by: Role, from: Role, to: Role, status: number]>([
    ['owner', 'member', 'owner', 200],
    ['owner', 'owner', 'member', 200],
    ['admin', 'member', 'admin', 200],
    ['admin', 'admin', 'member', 200],
    ['admin', 'member', 'owner', 403],
    ['admin', 'owner', 'member', 403],
  ])('of somebody else: the %s makes the %s the %s: %i', async (by, from, to, status) => {
    const [manager, managed] = [await add('manager', by), await add('managed', from)];
    expect((await change(manager, managed, to)).status).toBe(status);
    const role = (await listed()).find(({ user }) => user.id === managed.user.id)?.role;
    expect(role).toBe(status === 200 ? to : from);
  });

  it('holds on the next request', async () => {
    const grace = await add('grace', 'member');
    expect((await grace.ask('GET', '/api/v1/organizations/acme/audit')).status).toBe(403);
    await change(ada, grace, 'admin');
    expect((await grace.ask('GET', '/api/v1/organizations/acme/audit')).status).toBe(200);
    await change(ada, grace, 'member');
    expect((await grace.ask('GET', '/api/v1/organizations/acme/audit')).status).toBe(403);
  });

  it('of the last owner is not changed, and the last owner is not removed', async () => {
    const sentence = { status: 409, body: { detail: expect.stringContaining('the last owner of acme') as string } };
    expect(await change(ada, ada, 'admin')).toMatchObject(sentence);
    expect(await ada.ask('DELETE', `${members}/${ada.user.id}`)).toMatchObject(sentence);
    expect((await listed()).map(({ role }) => role)).toEqual(['owner']);
  });

  it('leaves one owner when two take each other’s away at the same moment', async () => {
    for (let round = 0; round < 5; round++) {
      const grace = await add(`grace-${round}`, 'owner');
      const answers = await Promise.all([change(ada, grace, 'member'), change(grace, ada, 'member')]);
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      const owners = (await listed()).filter(({ role }) => role === 'owner').map(({ user }) => user.id);
      expect(owners).toHaveLength(1);
      if (owners[0] === grace.user.id) await change(grace, ada, 'owner');
      await ada.ask('DELETE', `${members}/${grace.user.id}`);
    }
  });
});

describe('a removed member', () => {
  const access = (who: Administrator) => who.ask('GET', `/api/v1/workspaces/${server.workspace.nxCloudId}/access`);

  it('has no access from the next request on, and keeps other organizations and the token', async () => {
    const grace = await add('grace', 'member');
    const { organizations } = server.services.database;
    const other = { id: newId(), slug: 'other', name: 'Other', createdAt: server.now() };
    await organizations.insert(other);
    const membership = { userId: grace.user.id, organizationId: other.id, role: 'member', source: 'manual' } as const;
    await organizations.addMember({ ...membership, createdAt: server.now() });
    await ada.ask('PATCH', `/api/v1/workspaces/${server.workspace.nxCloudId}`, { anonymousLevel: 'none' });
    expect((await access(grace)).body).toMatchObject({ level: 'read-write' });

    expect((await ada.ask('DELETE', `${members}/${grace.user.id}`)).status).toBe(204);
    expect((await access(grace)).body).toMatchObject({ level: 'none' });
    expect((await grace.ask('GET', members)).status).toBe(404);
    expect((await grace.ask('GET', '/api/v1/me')).body).toMatchObject({ organizations: [{ slug: 'other' }] });
  });

  it('is removed once', async () => {
    const grace = await add('grace', 'member');
    const path = `${members}/${grace.user.id}`;
    const answers = await Promise.all([ada.ask('DELETE', path), ada.ask('DELETE', path)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 404]);
  });

  it('may have left, which anybody may', async () => {
    const grace = await add('grace', 'member');
    expect((await grace.ask('DELETE', `${members}/${grace.user.id}`)).status).toBe(204);
    expect((await listed()).map(({ user }) => user.email)).toEqual(['ada@acme.example']);
  });

  it('is removed by owners, and below owner by admins, and never by members', async () => {
    const [admin, member] = [await add('grace', 'admin'), await add('linus', 'member')];
    expect((await member.ask('DELETE', `${members}/${admin.user.id}`)).status).toBe(403);
    expect((await admin.ask('DELETE', `${members}/${ada.user.id}`)).status).toBe(403);
    expect((await admin.ask('DELETE', `${members}/${member.user.id}`)).status).toBe(204);
    expect((await ada.ask('DELETE', `${members}/${admin.user.id}`)).status).toBe(204);
  });
});
