import { describe, expect, it } from 'vitest';
import { GithubUnavailable } from '../../../src/domain/github/gateway.js';
import type { User } from '../../../src/domain/model.js';
import { grace, heidi, hour, ivan, minute, organizationEvent, useGithubFixture } from './github-fixture.js';

const fixture = useGithubFixture();

async function addGrace(): Promise<User> {
  fixture().join(grace);
  await fixture().connect();
  return await fixture().addUser(grace);
}
const isMember = async (user: User) => (await fixture().membership(user)) !== null;
const removal = async () => (await fixture().events()).filter(({ action }) => action === 'member.removed');

describe('somebody who is removed at GitHub', () => {
  it('is no member any more when the webhook has been answered, and the log says why', async () => {
    const user = await addGrace();
    fixture().leave(grace);
    expect(await fixture().tell('member_removed', grace, 'delivery-1')).toBe('done');
    expect(await isMember(user)).toBe(false);
    expect(await removal()).toMatchObject([
      {
        actor: { kind: 'github', id: null, name: 'acme-inc' },
        organizationId: fixture().acme.id,
        target: 'grace@acme.example',
        details: { role: 'member', cause: 'GitHub: removed from acme-inc by webhook delivery delivery-1' },
      },
    ]);
  });

  it('is found by reconciliation, when the webhooks are lost', async () => {
    const user = await addGrace();
    fixture().leave(grace);
    expect(await isMember(user)).toBe(true);
    expect(await fixture().reconcile()).toBe('complete');
    expect(await isMember(user)).toBe(false);
    expect(await removal()).toMatchObject([
      { details: { cause: 'GitHub: removed from acme-inc, found by reconciliation' } },
    ]);
  });

  it('loses sessions, and logins that they have approved and nobody has redeemed', async () => {
    const user = await addGrace();
    const { database, now } = fixture();
    const session = { sessionHash: 's1', userId: user.id, createdAt: now(), lastSeenAt: now() };
    await database.sessions.insert(session);
    await database.deviceAuthorizations.insert({
      id: 'd1',
      deviceCodeHash: 'h1',
      userCode: 'BCDFGHJK',
      clientId: 'client',
      tokenName: null,
      hostName: null,
      ipAddress: null,
      status: 'approved',
      userId: user.id,
      intervalSeconds: 5,
      lastPolledAt: null,
      createdAt: now(),
      expiresAt: now() + hour,
    });
    await fixture().tell('member_removed', grace);
    expect(await database.sessions.findByHash('s1')).toBeNull();
    expect(await database.deviceAuthorizations.redeem('d1', now())).toBe(false);
  });

  it('keeps another organization, to which they were added by hand', async () => {
    const user = await addGrace();
    const { database, now } = fixture();
    const other = await fixture().addOrganization('other');
    const manual = { userId: user.id, organizationId: other.id, role: 'member', source: 'manual' } as const;
    await database.organizations.addMember({ ...manual, createdAt: now() });
    await fixture().tell('member_removed', grace);
    expect(await isMember(user)).toBe(false);
    expect(await fixture().membership(user, other)).toMatchObject({ source: 'manual' });
  });

  it('keeps what another connected GitHub organization gives', async () => {
    const user = await addGrace();
    const other = await fixture().addOrganization('other');
    const { database, owner, now, initiator } = fixture();
    const otherInc = fixture().addGithubOrganization('701', 'other-inc');
    otherInc.members.set('1', { login: 'ada', isAdmin: true }).set('11', { login: 'grace', isAdmin: false });
    const manual = { userId: owner.id, organizationId: other.id, role: 'owner', source: 'manual' } as const;
    await database.organizations.addMember({ ...manual, createdAt: now() });
    await fixture().connections.connect(other, { login: 'other-inc', adminRole: 'owner', teams: [] }, initiator);
    await fixture().reconcile(other);
    expect(await fixture().membership(user, other)).toMatchObject({ source: 'github' });
    await fixture().tell('member_removed', grace);
    expect(await isMember(user)).toBe(false);
    expect(await fixture().membership(user, other)).toMatchObject({ source: 'github' });
  });

  it('loses every organization here that the GitHub organization is connected to', async () => {
    const user = await addGrace();
    const other = await fixture().addOrganization('other');
    const { database, owner, now } = fixture();
    const manual = { userId: owner.id, organizationId: other.id, role: 'owner', source: 'manual' } as const;
    await database.organizations.addMember({ ...manual, createdAt: now() });
    await fixture().connect({}, other);
    expect(await fixture().membership(user, other)).not.toBeNull();
    await fixture().tell('member_removed', grace);
    expect([await fixture().membership(user), await fixture().membership(user, other)]).toEqual([null, null]);
  });

  it('stays what they were made by hand', async () => {
    fixture().join(grace);
    await fixture().connect();
    await fixture().tell('member_removed', { githubUserId: '1', login: 'ada' });
    expect(await fixture().membership(fixture().owner)).toMatchObject({ role: 'owner', source: 'manual' });
  });

  it('goes also as the last owner: nobody else decides that', async () => {
    fixture().join({ ...grace, isAdmin: true });
    await fixture().connect({ adminRole: 'owner' });
    const user = await fixture().addUser(grace);
    await fixture().database.organizations.setRole(user.id, fixture().acme.id, 'owner');
    await fixture().database.organizations.removeMember(fixture().owner.id, fixture().acme.id);
    await fixture().tell('member_removed', grace);
    expect(await fixture().database.organizations.members(fixture().acme.id)).toEqual([]);
  });

  it('is one again when they are added again, found by the check that the webhook brings', async () => {
    const user = await addGrace();
    fixture().leave(grace);
    await fixture().tell('member_removed', grace);
    fixture().join(grace);
    expect(await fixture().tell('member_added', grace, 'delivery-2')).toBe('queued');
    expect(await isMember(user)).toBe(false);
    await fixture().connections.runChecks();
    expect(await isMember(user)).toBe(true);
    expect((await fixture().events()).at(-1)).toMatchObject({
      action: 'member.added',
      details: {
        source: 'github',
        cause: 'GitHub: a member of acme-inc, found when asked after webhook delivery delivery-2',
      },
    });
  });

  it('is the one with that id, whoever has the name by now', async () => {
    const user = await addGrace();
    fixture().leave(grace);
    fixture().join({ githubUserId: '99', login: 'grace' });
    await fixture().reconcile();
    expect(await isMember(user)).toBe(false);
    const other = await fixture().addUser({ githubUserId: '99', login: 'grace-2' });
    expect(await isMember(other)).toBe(true);
  });

  it('is not taken for gone when they have another name', async () => {
    const user = await addGrace();
    fixture().join({ ...grace, login: 'grace-hopper' });
    await fixture().reconcile();
    await fixture().tell('member_added', grace);
    await fixture().connections.runChecks();
    expect(await isMember(user)).toBe(true);
    expect(await removal()).toEqual([]);
    const known = await fixture().database.github.members.find(fixture().acme.id, grace.githubUserId);
    expect(known).toMatchObject({ login: 'grace-hopper', isPresent: true });
  });
});

describe('a webhook that is repeated', () => {
  it('does nothing under its own id', async () => {
    const user = await addGrace();
    await fixture().tell('member_removed', grace, 'delivery-1');
    await fixture().reconcile();
    fixture().passTime(minute);
    await fixture().connections.runChecks();
    expect(await isMember(user)).toBe(true);
    expect(await fixture().tell('member_removed', grace, 'delivery-1')).toBe('replayed');
    expect(await isMember(user)).toBe(true);
  });

  it('removes somebody under another id, and GitHub’s word brings them back soon', async () => {
    const user = await addGrace();
    expect(await fixture().tell('member_removed', grace)).toBe('done');
    expect(await isMember(user)).toBe(false);
    await fixture().connections.runChecks();
    expect(await isMember(user)).toBe(false);
    fixture().passTime(10_000);
    await fixture().connections.runChecks();
    expect(await isMember(user)).toBe(true);
  });

  it('gives nobody access, whatever it says', async () => {
    const user = await addGrace();
    fixture().leave(grace);
    await fixture().tell('member_removed', grace);
    await fixture().tell('member_added', grace);
    await fixture().connections.runChecks();
    expect(await isMember(user)).toBe(false);
  });

  it('is ignored when it is about nothing that is connected, or of no known shape', async () => {
    await fixture().connect();
    const { connections } = fixture();
    const told: [string, unknown][] = [
      ['ping', {}],
      ['organization', null],
      ['organization', { action: 'member_removed' }],
      ['organization', organizationEvent('member_removed', grace, 701)],
      ['membership', { ...organizationEvent('member_removed', grace), action: 'removed' }],
    ];
    for (const [event, payload] of told)
      expect(await connections.receiveWebhook(event, event, payload)).toBe('ignored');
    expect(await fixture().database.github.countChecks()).toBe(0);
  });
});

describe('GitHub that does not answer', () => {
  it('leaves everything as it was, with a sentence for the owners', async () => {
    const user = await addGrace();
    fixture().leave(grace);
    fixture().github.failure = new GithubUnavailable('GitHub did not answer within 10 seconds.');
    expect(await fixture().reconcile()).toBe('incomplete');
    expect(await isMember(user)).toBe(true);
    const [warning] = await fixture().connections.warnings(fixture().acme);
    expect(warning).toContain('GitHub did not answer within 10 seconds. The members as of 2026-11-21 12:00 UTC stay');
    fixture().github.failure = null;
    await fixture().reconcile();
    expect(await isMember(user)).toBe(false);
    expect(await fixture().connections.warnings(fixture().acme)).toEqual([]);
  });

  it('at any request of a reconciliation removes nobody', async () => {
    const { github } = fixture();
    github.pageSize = 1;
    fixture().join(grace, heidi, ivan);
    fixture().acmeInc.teams.set('5', { slug: 'platform', members: new Set(['11', '12']) });
    await fixture().connect({ teams: [{ slug: 'platform', role: 'admin' }] });
    const users = [await fixture().addUser(grace), await fixture().addUser(heidi), await fixture().addUser(ivan)];
    const roles = async () =>
      Promise.all(users.map(async (user) => (await fixture().membership(user))?.role ?? 'none'));
    expect(await roles()).toEqual(['admin', 'admin', 'member']);

    fixture().leave(ivan);
    github.requests.length = 0;
    let failing = 0;
    github.beforeAnswer = () => {
      github.failure = github.requests.length === failing ? new GithubUnavailable('It is down.') : null;
    };
    for (failing = 1; ; failing++) {
      github.requests.length = 0;
      if ((await fixture().reconcile()) === 'complete') break;
      expect(await roles()).toEqual(['admin', 'admin', 'member']);
    }
    expect(failing).toBe(8);
    expect(await roles()).toEqual(['admin', 'admin', 'none']);
  });

  it('keeps a check waiting, ever longer, and as long as GitHub asks for', async () => {
    await fixture().connect();
    const { github, database, now, connections } = fixture();
    fixture().join(grace);
    await fixture().tell('member_added', grace);
    github.failure = new GithubUnavailable('Too many requests.', { retryAfterMs: 3 * minute });
    await connections.runChecks();
    expect(await database.github.dueChecks(github.gateway.issuer, now() + 3 * minute - 1, 9)).toEqual([]);
    fixture().passTime(3 * minute);
    github.failure = new GithubUnavailable('Down.');
    await connections.runChecks();
    expect(await database.github.dueChecks(github.gateway.issuer, now() + 10_000 - 1, 9)).toEqual([]);
    fixture().passTime(10_000);
    github.failure = null;
    await connections.runChecks();
    expect(await database.github.countChecks()).toBe(0);
    expect(await isMember(await fixture().addUser(grace, { signsIn: false }))).toBe(false);
    await fixture().reconcile();
    expect(await database.organizations.members(fixture().acme.id)).toHaveLength(2);
  });
});

describe('the App', () => {
  it('that is uninstalled leaves the members until GitHub’s word is too old', async () => {
    const user = await addGrace();
    fixture().acmeInc.installation = 'removed';
    const payload = { action: 'deleted', installation: { id: 9700, account: { id: 700, login: 'acme-inc' } } };
    expect(await fixture().connections.receiveWebhook('installation', 'd1', payload)).toBe('done');
    await fixture().connections.reconcileDue();
    expect(await fixture().connections.warnings(fixture().acme)).toEqual([
      expect.stringContaining('The GitHub App is not installed in acme-inc any more'),
    ]);
    await fixture().suspendStale();
    expect(await fixture().membership(user)).toMatchObject({ suspendedAt: null });
    fixture().passTime(24 * hour + minute);
    await fixture().suspendStale();
    expect(await fixture().membership(user)).toMatchObject({ suspendedAt: fixture().now() });
    expect(await fixture().database.organizations.membership(user.id, fixture().acme.id)).toBeNull();
  });

  it('that is installed again is found with its new id', async () => {
    const user = await addGrace();
    fixture().acmeInc.installationId = '9999';
    fixture().leave(grace);
    expect(await fixture().reconcile()).toBe('complete');
    expect(await isMember(user)).toBe(false);
    expect(await fixture().connections.show(fixture().acme)).toMatchObject({ installationId: '9999' });
  });

  it('of an organization that has another name now goes on, under that name', async () => {
    await fixture().connect();
    fixture().acmeInc.login = 'acme-corp';
    fixture().addGithubOrganization('666', 'acme-inc').members.set('11', { login: 'grace', isAdmin: true });
    const payload = { action: 'renamed', organization: { id: 700, login: 'acme-corp' } };
    expect(await fixture().connections.receiveWebhook('organization', 'd1', payload)).toBe('queued');
    await fixture().connections.reconcileDue();
    expect(await fixture().connections.show(fixture().acme)).toMatchObject({ login: 'acme-corp', problem: null });
    expect(await isMember(await fixture().addUser(grace))).toBe(false);
  });
});
