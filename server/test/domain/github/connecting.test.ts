import { describe, expect, it } from 'vitest';
import { byOperator, byUser } from '../../../src/domain/audit-log.js';
import { createGithubConnections, type NewConnection } from '../../../src/domain/github/connections.js';
import { GithubUnavailable } from '../../../src/domain/github/gateway.js';
import { changeRole, removeMember } from '../../../src/domain/members.js';
import { createPasswordHasher } from '../../../src/domain/passwords.js';
import { createServices, type Services } from '../../../src/domain/services.js';
import { grace, heidi, minute, useGithubFixture, type GithubFixture } from './github-fixture.js';

const fixture: () => GithubFixture = useGithubFixture();
const request = { login: 'acme-inc', adminRole: 'admin', teams: [] } as const;
const connect = (change: Partial<NewConnection> = {}): Promise<unknown> =>
  fixture().connections.connect(fixture().acme, { ...request, ...change }, fixture().initiator);

function services(isConfigured = true): Services {
  const { database, now, connections } = fixture();
  const passwords = createPasswordHasher({ n: 16, r: 1, p: 1 });
  const github = isConfigured ? connections : null;
  return createServices({ database, clock: now, passwords, tokenIdleDays: 90, github });
}

describe('connecting', () => {
  it('makes the GitHub organization’s people members, with the roles of its owners and teams', async () => {
    fixture().join(grace, { ...heidi, isAdmin: true });
    fixture().acmeInc.teams.set('5', { slug: 'platform', members: new Set(['11']) });
    const [user, admin] = [await fixture().addUser(grace), await fixture().addUser(heidi)];
    expect(await fixture().membership(user)).toBeNull();
    await connect({ teams: [{ slug: 'platform', role: 'owner' }] });
    await fixture().connections.reconcileDue();
    expect(await fixture().membership(user)).toMatchObject({ role: 'owner', source: 'github' });
    expect(await fixture().membership(admin)).toMatchObject({ role: 'admin', source: 'github' });
    expect(await fixture().connections.show(fixture().acme)).toMatchObject({
      githubOrganizationId: '700',
      teams: [{ teamId: '5', slug: 'platform', role: 'owner' }],
      members: { present: 3, withAccount: 3, suspended: 0, held: 0 },
      warnings: [],
    });
    expect((await fixture().events())[0]).toMatchObject({
      action: 'github.connected',
      actor: { name: 'ada@acme.example' },
      target: 'acme-inc',
      details: { adminRole: 'admin', teams: 'platform=owner' },
    });
  });

  it.each([
    [
      'the App is not installed',
      'conflict',
      (): void => void (fixture().acmeInc.installation = 'removed'),
      'is not installed',
    ],
    [
      'the App is suspended',
      'conflict',
      (): void => void (fixture().acmeInc.installation = 'suspended'),
      'is suspended',
    ],
    [
      'the owner here owns nothing there',
      'forbidden',
      (): void => void fixture().acmeInc.members.set('1', { login: 'ada', isAdmin: false }),
      'ada is not an owner of the GitHub organization acme-inc.',
    ],
    [
      'GitHub does not answer',
      'conflict',
      (): void => void (fixture().github.failure = new GithubUnavailable('It is down.')),
      'It is down.',
    ],
  ] as const)('is refused when %s', async (_text, reason, prepare, message) => {
    prepare();
    await expect(connect()).rejects.toMatchObject({ reason, message: expect.stringContaining(message) as string });
    expect(await fixture().connections.show(fixture().acme)).toBeNull();
  });

  it('is refused for a team that there is not, and for an owner whose account is not linked', async () => {
    await expect(connect({ teams: [{ slug: 'none', role: 'admin' }] })).rejects.toMatchObject({ field: 'teams' });
    const { database, owner, github } = fixture();
    await database.identities.remove({ issuer: github.gateway.issuer, subject: '1', userId: owner.id });
    await expect(connect()).rejects.toThrow('Your account here is not linked to one at GitHub.');
  });

  it('is refused to everybody but owners, and a second time', async () => {
    const { connections, acme } = fixture();
    const user = await fixture().addUser(grace);
    const initiator = byUser(user, { ipAddress: null, requestId: null });
    await expect(connections.connect(acme, request, initiator)).rejects.toMatchObject({ reason: 'not-found' });
    fixture().join(grace);
    await connect();
    await fixture().reconcile();
    await expect(connections.requestSync(acme, initiator)).rejects.toMatchObject({ reason: 'forbidden' });
    await expect(connections.change(acme, {}, initiator)).rejects.toMatchObject({ reason: 'forbidden' });
    await expect(connections.disconnect(acme, initiator)).rejects.toMatchObject({ reason: 'forbidden' });
    await expect(connect()).rejects.toThrow('acme is connected to the GitHub organization acme-inc already.');
  });
});

describe('a change of what teams and owners are', () => {
  it('is a change of the members’ roles at once', async () => {
    fixture().join({ ...grace, isAdmin: true }, heidi);
    fixture().acmeInc.teams.set('5', { slug: 'platform', members: new Set(['12']) });
    await fixture().connect();
    const [user, other] = [await fixture().addUser(grace), await fixture().addUser(heidi)];
    const { connections, acme, initiator } = fixture();
    await connections.change(acme, { adminRole: 'owner', teams: [{ slug: 'platform', role: 'admin' }] }, initiator);
    expect(await fixture().membership(user)).toMatchObject({ role: 'owner' });
    expect(await fixture().membership(other)).toMatchObject({ role: 'admin' });
    await connections.change(acme, { teams: [] }, initiator);
    expect(await fixture().membership(user)).toMatchObject({ role: 'owner' });
    expect(await fixture().membership(other)).toMatchObject({ role: 'member' });
    expect((await fixture().events()).filter(({ action }) => action === 'github.changed')).toMatchObject([
      {
        details: { 'adminRole.old': 'admin', 'adminRole.new': 'owner', 'teams.old': '', 'teams.new': 'platform=admin' },
      },
      { details: { 'teams.old': 'platform=admin', 'teams.new': '' } },
    ]);
  });

  it('waits for the next reconciliation where GitHub does not say who is in a new team', async () => {
    fixture().join(grace);
    fixture().acmeInc.teams.set('5', { slug: 'platform', members: new Set(['11']) });
    await fixture().connect();
    const user = await fixture().addUser(grace);
    const { connections, acme, initiator, github } = fixture();
    github.beforeAnswer = (asked) => {
      github.failure = asked === 'team 5 1' ? new GithubUnavailable('It is down.') : null;
    };
    await connections.change(acme, { teams: [{ slug: 'platform', role: 'admin' }] }, initiator);
    expect(await fixture().membership(user)).toMatchObject({ role: 'member' });
    github.beforeAnswer = () => undefined;
    github.failure = null;
    await fixture().reconcile();
    expect(await fixture().membership(user)).toMatchObject({ role: 'admin' });
  });

  it('is a webhook’s doing, when a team is deleted', async () => {
    fixture().join(grace);
    fixture().acmeInc.teams.set('5', { slug: 'platform', members: new Set(['11']) });
    await fixture().connect({ teams: [{ slug: 'platform', role: 'admin' }] });
    const user = await fixture().addUser(grace);
    const payload = { action: 'deleted', team: { id: 5, slug: 'platform' }, organization: { id: 700 } };
    expect(await fixture().connections.receiveWebhook('team', 'd1', payload)).toBe('done');
    expect(await fixture().membership(user)).toMatchObject({ role: 'member' });
  });

  it('is done as a whole or not at all with the webhook of a deleted team, however large it was', async () => {
    const people = Array.from({ length: 250 }, (_, index) => ({
      githubUserId: String(1000 + index),
      login: `p${index}`,
    }));
    fixture().join(...people);
    const team = { slug: 'platform', members: new Set(people.map(({ githubUserId }) => githubUserId)) };
    fixture().acmeInc.teams.set('5', team);
    for (const person of people) await fixture().addUser(person, { signsIn: false });
    await fixture().connect({ teams: [{ slug: 'platform', role: 'admin' }] });
    const { database, acme, now, github } = fixture();
    const admins = async () =>
      (await database.organizations.members(acme.id)).filter(({ membership }) => membership.role === 'admin').length;
    expect(await admins()).toBe(250);

    // The process dies as soon as the delivery is taken note of.
    let transactions = 0;
    const dying: typeof database = {
      ...database,
      transaction: (work) =>
        ++transactions === 1 ? database.transaction(work) : Promise.reject(new Error('the process is gone')),
    };
    const options = { clock: now, gateway: github.gateway, staleAfterMs: minute * 60, reconcileEveryMs: minute };
    const connections = createGithubConnections({ ...options, database: dying });
    const payload = { action: 'deleted', team: { id: 5, slug: 'platform' }, organization: { id: 700 } };
    await connections.receiveWebhook('team', 'd1', payload).catch(() => undefined);
    connections.stop();
    expect(await database.github.insertDelivery('d1', now())).toBe(false);
    expect(await admins()).toBe(0);
  });
});

describe('where the GitHub App is installed', () => {
  it('is not known while GitHub does not answer, which is no failure', async () => {
    const { connections, github } = fixture();
    expect(await connections.installationUrl()).toBe('https://github.com/apps/nxkey/installations/new');
    github.gateway.installationUrl = () => Promise.reject(new GithubUnavailable('It is down.'));
    expect(await connections.installationUrl()).toBeNull();
    github.gateway.installationUrl = () => Promise.reject(new TypeError('a defect of ours'));
    await expect(connections.installationUrl()).rejects.toThrow(TypeError);
  });
});

describe('disconnecting', () => {
  it('ends the memberships that came from GitHub, and no other', async () => {
    fixture().join(grace);
    await fixture().connect();
    const user = await fixture().addUser(grace);
    const { connections, acme, initiator } = fixture();
    await connections.disconnect(acme, initiator);
    expect(await fixture().membership(user)).toBeNull();
    expect(await fixture().membership(fixture().owner)).not.toBeNull();
    expect(await connections.show(acme)).toBeNull();
    expect((await fixture().events()).slice(-2)).toMatchObject([
      { action: 'member.removed', actor: { name: 'ada@acme.example' }, target: 'grace@acme.example' },
      { action: 'github.disconnected', target: 'acme-inc' },
    ]);
    await expect(connections.disconnect(acme, initiator)).rejects.toMatchObject({ reason: 'not-found' });
  });

  it('is refused when no owner would be left, and then nothing has happened', async () => {
    fixture().join({ ...grace, isAdmin: true });
    await fixture().connect({ adminRole: 'owner' });
    const user = await fixture().addUser(grace);
    const { connections, acme, database, owner } = fixture();
    await database.organizations.removeMember(owner.id, acme.id);
    const initiator = byUser(user, { ipAddress: null, requestId: null });
    await expect(connections.disconnect(acme, initiator)).rejects.toThrow(
      'All owners of acme are its owners by GitHub',
    );
    expect(await fixture().membership(user)).toMatchObject({ role: 'owner' });
  });
});

describe('members from GitHub', () => {
  it('are not changed or removed by hand while GitHub is asked who they are', async () => {
    fixture().join(grace);
    await fixture().connect();
    const user = await fixture().addUser(grace);
    const { acme, initiator } = fixture();
    const refusal = {
      reason: 'conflict',
      message: expect.stringContaining('Remove them from acme-inc at GitHub') as string,
    };
    await expect(removeMember(acme, user.id, initiator, services())).rejects.toMatchObject(refusal);
    await expect(changeRole(acme, user.id, 'admin', initiator, services())).rejects.toMatchObject(refusal);
    expect(await fixture().membership(user)).toMatchObject({ role: 'member' });
  });

  it('are, once the server is set up for no GitHub', async () => {
    fixture().join(grace);
    await fixture().connect();
    const user = await fixture().addUser(grace);
    await removeMember(fixture().acme, user.id, byOperator('root'), services(false));
    expect(await fixture().membership(user)).toBeNull();
  });

  it('are those as well whose membership by hand ends', async () => {
    fixture().join(grace);
    const user = await fixture().addUser(grace, { signsIn: false });
    const { database, acme, now, initiator } = fixture();
    const manual = { userId: user.id, organizationId: acme.id, role: 'admin', source: 'manual' } as const;
    await database.organizations.addMember({ ...manual, createdAt: now() });
    await fixture().connect();
    expect(await fixture().membership(user)).toMatchObject({ role: 'admin', source: 'manual' });
    await removeMember(acme, user.id, initiator, services());
    expect(await fixture().membership(user)).toMatchObject({ role: 'member', source: 'github' });
  });

  it('are not, once their account at GitHub is unlinked', async () => {
    fixture().join(grace);
    await fixture().connect();
    const user = await fixture().addUser(grace);
    const { database, github, connections } = fixture();
    await database.identities.remove({ issuer: github.gateway.issuer, subject: '11', userId: user.id });
    await database.transaction((repositories) => connections.onUnlinked(repositories, user));
    expect(await fixture().membership(user)).toBeNull();
  });
});

describe('somebody without an account here', () => {
  it('may have one when they are in a connected GitHub organization', async () => {
    await fixture().connect();
    const { connections, github } = fixture();
    expect(await connections.maySignUp(grace)).toBe(false);
    fixture().join(grace, heidi);
    github.requests.length = 0;
    // Strangers may try as often as they like: GitHub is asked about each of them once in a minute.
    expect(await connections.maySignUp(grace)).toBe(false);
    expect(github.requests).toEqual([]);
    expect(await connections.maySignUp(heidi)).toBe(true);
    fixture().passTime(minute + 1000);
    expect(await connections.maySignUp(grace)).toBe(true);
  });

  it('is told when GitHub does not say', async () => {
    await fixture().connect();
    fixture().github.failure = new GithubUnavailable('It is down.');
    await expect(fixture().connections.maySignUp(grace)).rejects.toThrow('It is down.');
    fixture().github.failure = null;
    fixture().join(grace);
    await fixture().reconcile();
    fixture().github.failure = new GithubUnavailable('It is down.');
    expect(await fixture().connections.maySignUp(grace)).toBe(true);
  });
});
