import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuditPage } from '../../../src/protocol/audit-wire-types.js';
import type { GithubInfo } from '../../../src/protocol/github-wire-types.js';
import type { MemberList } from '../../../src/protocol/wire-types.js';
import { administrator, type Administrator } from '../support/administration.js';
import { startGithubServer, type GithubServer } from '../support/github/github-server.js';
import { startTestServer } from '../support/test-server.js';

const path = '/api/v1/organizations/acme/github';
const request = { login: 'acme-inc' };

let there: GithubServer;
/** Owns `acme` here and `acme-inc` at GitHub. */
let ada: Administrator;
beforeEach(async () => {
  there = await startGithubServer();
  ada = await administrator(there.server, there.server.owner);
});
afterEach(() => there.close());

const connection = async () => ((await ada.ask('GET', path)).body as GithubInfo).connection;
const roles = async () => {
  const { members } = (await ada.ask('GET', '/api/v1/organizations/acme/members')).body as MemberList;
  return Object.fromEntries(members.map(({ user, role, source }) => [user.name, `${role}, ${source}`]));
};
const actions = async () =>
  ((await ada.ask('GET', '/api/v1/organizations/acme/audit')).body as AuditPage).events.map(({ action }) => action);

async function addPeople(...logins: string[]) {
  const people = [];
  for (const login of logins) people.push(await there.addPerson(login));
  return people;
}

/** Four of five leave `acme-inc` at once, and are held. */
async function holdFour(): Promise<void> {
  const people = await addPeople('grace', 'heidi', 'ivan', 'judy');
  await there.connect();
  for (const { account } of people) there.github.world.removeMember(there.acmeInc, account);
  expect(await there.reconcile()).toBe('complete');
}

const saying = (detail: string) => ({ detail: expect.stringContaining(detail) as string });

describe('connecting', () => {
  it('makes the members of the GitHub organization members, with the roles that were asked for', async () => {
    const { github, acmeInc } = there;
    const [grace] = await addPeople('grace', 'heidi');
    await there.addPerson('ivan', { role: 'admin' });
    github.world.addToTeam(github.world.addTeam(acmeInc, 'platform'), grace?.account ?? raise());
    const teams = [{ slug: 'platform', role: 'admin' }];
    const connected = await ada.ask('PUT', path, { ...request, adminRole: 'owner', teams });
    expect(connected).toMatchObject({
      status: 201,
      body: {
        login: 'acme-inc',
        url: `${github.url}/acme-inc`,
        installation: 'active',
        adminRole: 'owner',
        teams,
        connectedAt: new Date(there.server.now()).toISOString(),
        confirmedAt: null,
        problem: null,
        held: null,
        warnings: [],
      },
    });
    expect(await there.reconcile()).toBe('complete');
    expect(await roles()).toEqual({
      'Ada Example': 'owner, manual',
      grace: 'admin, github',
      heidi: 'member, github',
      ivan: 'owner, github',
    });
    expect(await connection()).toMatchObject({
      confirmedAt: expect.stringMatching(/^2026/) as string,
      members: { present: 4, withAccount: 4, suspended: 0, held: 0 },
    });
    expect(await actions()).toContain('github.connected');
  });

  it('gives GitHub’s owners the role admin, and teams none, unless it is told otherwise', async () => {
    expect(await connection()).toBeNull();
    await ada.ask('PUT', path, request);
    expect(await connection()).toMatchObject({ adminRole: 'admin', teams: [] });
  });

  it('is refused to somebody whose account is not linked, saying what to do', async () => {
    const linus = await administrator(
      there.server,
      await there.server.addUser({ email: 'linus@acme.example', role: 'owner' }),
    );
    expect(await linus.ask('PUT', path, request)).toMatchObject({
      status: 403,
      body: saying('Your account here is not linked to one at GitHub. Link it on the page /sign-in-methods'),
    });
    expect(await connection()).toBeNull();
  });

  it('is refused to owners here who do not own the GitHub organization, as of now', async () => {
    const linus = await there.server.addUser({ email: 'linus@acme.example', role: 'owner' });
    const account = there.github.world.addUser({ login: 'linus' });
    await there.link(linus, account);
    const owner = await administrator(there.server, linus);
    for (const role of [null, 'member'] as const) {
      if (role !== null) there.github.world.addMember(there.acmeInc, account, { role });
      expect(await owner.ask('PUT', path, request)).toMatchObject({
        status: 403,
        body: saying('linus is not an owner of the GitHub organization acme-inc.'),
      });
    }
    there.github.world.addMember(there.acmeInc, account, { role: 'admin' });
    expect((await owner.ask('PUT', path, request)).status).toBe(201);
  });

  it('says where the GitHub App is installed, where it is not', async () => {
    const refused = await ada.ask('PUT', path, { login: 'other' });
    expect(refused).toMatchObject({ status: 409, body: { errors: [{ field: 'login' }] } });
    const { detail } = refused.body as { detail: string };
    expect(detail).toContain('The GitHub App is not installed in a GitHub organization other.');
    expect(detail).toContain(await there.connections.installationUrl());
    expect(await connection()).toBeNull();
  });

  it('is refused for a team that is not there, and for a second GitHub organization', async () => {
    const teams = [{ slug: 'ghosts', role: 'admin' }];
    expect(await ada.ask('PUT', path, { ...request, teams })).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'teams' }], ...saying('has no team ghosts.') },
    });
    expect(await connection()).toBeNull();
    await ada.ask('PUT', path, request);
    expect(await ada.ask('PUT', path, request)).toMatchObject({
      status: 409,
      body: saying('acme is connected to the GitHub organization acme-inc already.'),
    });
  });

  it('is refused, and not half done, while GitHub does not answer', async () => {
    await there.github.refuseConnections();
    expect(await ada.ask('PUT', path, request)).toMatchObject({ status: 409, body: saying('Try again') });
    expect(await connection()).toBeNull();
    await there.github.listenAgain();
    expect((await ada.ask('PUT', path, request)).status).toBe(201);
  });

  it.each([
    [{}, 'login', 'has to be given'],
    [{ login: '../acme' }, 'login', 'has to be the name that a GitHub organization has'],
    [{ login: 'acme-inc', adminRole: 'king' }, 'adminRole', 'has to be owner, admin or member'],
    [{ login: 'acme-inc', teams: 'platform' }, 'teams', 'has to be a list'],
    [{ login: 'acme-inc', teams: [{ slug: '..', role: 'admin' }] }, 'teams/0/slug', 'has to be the name that a GitHub'],
    [
      {
        login: 'acme-inc',
        teams: [
          { slug: 'a', role: 'admin' },
          { slug: 'A', role: 'member' },
        ],
      },
      'teams',
      'more than once',
    ],
    [
      { login: 'acme-inc', teams: Array.from({ length: 51 }, (_, n) => ({ slug: `t${n}`, role: 'member' })) },
      'teams',
      'at most 50',
    ],
    [{ login: 'acme-inc', admins: 'owner' }, 'body', 'there is no field "admins" here'],
  ])('names the field that is wrong: %2$s %3$s', async (body, field, detail) => {
    expect(await ada.ask('PUT', path, body)).toMatchObject({
      status: 400,
      body: { errors: [{ field, detail: expect.stringContaining(detail) as string }] },
    });
    expect(there.github.requests).toEqual([]);
  });
});

describe('a connection', () => {
  it('gets other roles, and the members with it', async () => {
    const [grace] = await addPeople('grace');
    const team = there.github.world.addTeam(there.acmeInc, 'platform');
    there.github.world.addToTeam(team, grace?.account ?? raise());
    await there.connect();
    const teams = [{ slug: 'platform', role: 'admin' }];
    expect(await ada.ask('PATCH', path, { teams })).toMatchObject({ status: 200, body: { adminRole: 'admin', teams } });
    expect(await roles()).toMatchObject({ grace: 'admin, github' });
    expect(await ada.ask('PATCH', path, { adminRole: 'member' })).toMatchObject({
      body: { adminRole: 'member', teams },
    });
    expect(await ada.ask('PATCH', path, { teams: [] })).toMatchObject({ status: 200, body: { teams: [] } });
    expect(await roles()).toMatchObject({ grace: 'member, github' });
  });

  it('is compared with GitHub when somebody asks for it', async () => {
    await there.connect();
    await addPeople('grace');
    expect(await ada.ask('POST', `${path}/sync`)).toMatchObject({ status: 202, body: '' });
    await there.connections.reconcileDue();
    // The server may be at it by itself.
    await expect.poll(roles, { timeout: 30_000 }).toMatchObject({ grace: 'member, github' });
  });

  it('ends with the memberships that came from it, and leaves the others', async () => {
    const [grace] = await addPeople('grace');
    await there.connect();
    const member = await administrator(there.server, grace?.user ?? raise());
    expect((await member.ask('GET', '/api/v1/organizations/acme')).status).toBe(200);
    expect((await ada.ask('DELETE', path)).status).toBe(204);
    expect((await member.ask('GET', '/api/v1/organizations/acme')).status).toBe(404);
    expect(await roles()).toEqual({ 'Ada Example': 'owner, manual' });
    expect(await connection()).toBeNull();
  });

  it('does not end while all owners come from it', async () => {
    const { user } = await there.addPerson('grace', { role: 'admin' });
    await there.connect({ adminRole: 'owner' });
    const grace = await administrator(there.server, user);
    await ada.ask('DELETE', `/api/v1/organizations/acme/members/${ada.user.id}`);
    expect(await grace.ask('DELETE', path)).toMatchObject({
      status: 409,
      body: saying('All owners of acme are its owners by GitHub, and it has to have one. Add an owner by hand first'),
    });
    expect((await grace.ask('GET', path)).body).toMatchObject({ connection: { login: 'acme-inc' } });
  });

  it.each([
    ['PATCH', '', { adminRole: 'owner' }],
    ['DELETE', '', undefined],
    ['POST', '/sync', undefined],
    ['POST', '/confirm-removals', { heldAt: '2026-11-21T12:00:00.000Z' }],
  ] as const)('that is not there is refused: %s %s', async (method, below, body) => {
    expect(await ada.ask(method, path + below, body)).toMatchObject({
      status: 404,
      body: saying('acme is not connected to a GitHub organization.'),
    });
  });
});

describe('a mass removal', () => {
  it('waits, names the people, and warns owners only', async () => {
    await holdFour();
    const admin = await administrator(
      there.server,
      await there.server.addUser({ email: 'linus@acme.example', role: 'admin' }),
    );
    const { held, members, warnings } = (await connection()) ?? raise();
    expect(members).toMatchObject({ present: 5, held: 4 });
    expect(held?.people.map(({ login, email }) => [login, email])).toEqual(
      ['grace', 'heidi', 'ivan', 'judy'].map((login) => [login, `${login}@acme.example`]),
    );
    expect(warnings).toEqual([expect.stringContaining('4 people are gone from acme-inc at once') as string]);
    for (const where of ['/api/v1/me', '/api/v1/organizations']) {
      expect((await ada.ask('GET', where)).body).toMatchObject({ organizations: [{ slug: 'acme', warnings }] });
      expect((await admin.ask('GET', where)).body).toMatchObject({ organizations: [{ slug: 'acme', warnings: [] }] });
    }
    expect((await ada.ask('GET', '/api/v1/organizations/acme')).body).toMatchObject({ warnings });
  });

  it('is done when an owner confirms those that were shown', async () => {
    await holdFour();
    const heldAt = (await connection())?.held?.since ?? raise();
    const before = new Date(Date.parse(heldAt) - 1).toISOString();
    expect(await ada.ask('POST', `${path}/confirm-removals`, { heldAt: before })).toMatchObject({
      status: 409,
      body: saying('Look again at who would be removed.'),
    });
    expect(Object.keys(await roles())).toHaveLength(5);
    expect(await ada.ask('POST', `${path}/confirm-removals`, { heldAt })).toMatchObject({
      status: 200,
      body: { removed: 4 },
    });
    expect(await roles()).toEqual({ 'Ada Example': 'owner, manual' });
    expect(await connection()).toMatchObject({ held: null, members: { present: 1, held: 0 }, warnings: [] });
    expect(await actions()).toContain('github.removals-confirmed');
    expect(await ada.ask('POST', `${path}/confirm-removals`, { heldAt })).toMatchObject({
      status: 409,
      body: saying('No removals wait for confirmation in acme.'),
    });
  });

  it('is not confirmed by a time that is none', async () => {
    expect(await ada.ask('POST', `${path}/confirm-removals`, { heldAt: 'yesterday' })).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'heldAt', detail: 'has to be "held.since" of the connection' }] },
    });
  });
});

it('says what the operator sets, where the server has no GitHub App', async () => {
  const server = await startTestServer();
  try {
    const owner = await administrator(server, server.owner);
    expect(await owner.ask('PUT', path, request)).toMatchObject({
      status: 409,
      body: saying('NXKEY_GITHUB_APP_ID, NXKEY_GITHUB_PRIVATE_KEY_FILE, NXKEY_GITHUB_WEBHOOK_SECRET_FILE'),
    });
    expect((await owner.ask('GET', '/api/v1/organizations/acme')).body).toMatchObject({ warnings: [] });
  } finally {
    await server.close();
  }
});

function raise(): never {
  throw new Error('the test has not made what it needs');
}
