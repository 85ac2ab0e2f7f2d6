import { beforeEach, expect, it } from 'vitest';
import type { GithubCheck, GithubConnection, GithubMember } from '../../src/domain/github/model.js';
import type { Database } from '../../src/domain/repositories.js';

const now = 1_000_000_000_000;
const issuer = 'https://github.com';

const connection: GithubConnection = {
  organizationId: 'o1',
  issuer,
  githubOrganizationId: '700',
  login: 'acme-inc',
  installationId: '9',
  installationState: 'active',
  adminRole: 'admin',
  createdAt: now,
  confirmedAt: null,
  problem: null,
  problemAt: null,
  heldAt: null,
};
const member = (change: Partial<GithubMember> = {}): GithubMember => ({
  organizationId: 'o1',
  githubUserId: '11',
  login: 'grace',
  isAdmin: false,
  isPresent: true,
  isHeld: false,
  observedAt: 10,
  ...change,
});
const check: GithubCheck = {
  organizationId: 'o1',
  githubUserId: '11',
  login: 'grace',
  cause: ', found',
  attempts: 0,
  queuedAt: 5,
  dueAt: 20,
};

/** What every database has to keep of GitHub. Both are of one database, which has the user u1. */
export function testGithub(database: () => Database, other: () => Database): void {
  const github = () => database().github;

  beforeEach(async () => {
    await database().organizations.insert({ id: 'o1', slug: 'acme', name: 'Acme', createdAt: now });
    await github().insertConnection(connection);
    const identity = { issuer, subject: '11', userId: 'u1', label: 'grace', createdAt: now, lastSignInAt: null };
    await database().identities.insert({ ...identity, sealedRefreshToken: null, askedAt: null, checkedAt: null });
  });
  const addOwner = (source: 'manual' | 'github') =>
    database().organizations.addMember({ userId: 'u1', organizationId: 'o1', role: 'owner', source, createdAt: now });

  it('keeps one connection of an organization, and finds it from GitHub’s side', async () => {
    expect(await github().insertConnection({ ...connection, login: 'other' })).toBe(false);
    expect(await github().connection('o1')).toEqual(connection);
    expect(await github().connectionsTo(issuer, '700')).toEqual([connection]);
    expect(await github().connectionsTo('https://github.acme.example', '700')).toEqual([]);
    expect(await github().connectionsOfInstallation(issuer, '9')).toEqual([connection]);
  });

  it('ends a problem with the next confirmation', async () => {
    await github().recordProblem('o1', 'It is down.', now + 1);
    expect(await github().connection('o1')).toMatchObject({ problem: 'It is down.', problemAt: now + 1 });
    await github().confirm('o1', now + 2);
    expect(await github().connection('o1')).toEqual({ ...connection, confirmedAt: now + 2 });
  });

  it('removes no connection whose end would leave no owner, and everything with the one that it removes', async () => {
    await addOwner('github');
    await github().members.observe([member()]);
    await github().queueCheck(check);
    expect(await github().isOwnedOtherwise('o1')).toBe(false);
    expect(await github().removeConnection('o1')).toBe(false);
    await database().organizations.ofSource.remove({ userId: 'u1', organizationId: 'o1', source: 'github' });
    await addOwner('manual');
    expect(await github().removeConnection('o1')).toBe(true);
    expect(await github().members.find('o1', '11')).toBeNull();
    expect(await github().countChecks()).toBe(0);
    await github().pages('o1').keep('members', 1, { etag: 'e', people: [], hasNext: false });
    expect(await github().pages('o1').find('members', 1)).toBeNull();
  });

  it('takes what is newer of a person, and nothing that is as old or older', async () => {
    await github().members.observe([member({ isPresent: false })]);
    for (const observedAt of [9, 10]) await github().members.observe([member({ observedAt })]);
    expect(await github().members.find('o1', '11')).toEqual(member({ isPresent: false }));
    await other().github.members.observe([member({ observedAt: 11, isAdmin: true, login: 'grace-hopper' })]);
    expect(await github().members.find('o1', '11')).toEqual(
      member({ observedAt: 11, isAdmin: true, login: 'grace-hopper' }),
    );
    expect(await github().members.latestObservation('o1')).toBe(11);
  });

  it('holds those who are present and of whom nothing newer is known', async () => {
    await github().members.observe([
      member(),
      member({ githubUserId: '12', login: 'heidi', observedAt: 30 }),
      member({ githubUserId: '13', login: 'ivan', isPresent: false }),
    ]);
    await github().members.hold('o1', ['11', '12', '13'], 20);
    expect(await github().members.held('o1')).toEqual([member({ isHeld: true, observedAt: 20 })]);
    expect(await github().members.heldEmails('o1', issuer)).toEqual(new Map([['11', 'ada@acme.example']]));
    expect(await github().members.count('o1', issuer)).toEqual({ present: 2, withAccount: 1, suspended: 0, held: 1 });
    await github().members.setHeldAt('o1', 20);
    const cleared = [github().members.clearHeldAt('o1', 20), other().github.members.clearHeldAt('o1', 20)];
    expect((await Promise.all(cleared)).filter(Boolean)).toHaveLength(1);
  });

  it('knows what somebody is by GitHub, and whose membership has nothing to stand on', async () => {
    await github().setTeamRoles('o1', [{ teamId: '5', slug: 'platform', role: 'owner' }]);
    const team = { organizationId: 'o1', teamId: '5', githubUserId: '11', isPresent: true, observedAt: 10 };
    await github().teamMembers.observe([team, { ...team, githubUserId: '12' }]);
    await addOwner('github');
    expect(await github().members.withoutGround('o1', issuer, 9)).toEqual(['u1']);
    await github().members.observe([member({ isAdmin: true })]);
    expect(await github().members.withoutGround('o1', issuer, 9)).toEqual([]);
    expect(await github().members.accounts('o1', issuer, '', 9)).toEqual([{ githubUserId: '11', userId: 'u1' }]);
    expect(await github().members.linkedUsers(issuer, ['11', '12'])).toEqual(['u1']);
    const standing = async () => (await github().members.standings('o1', issuer, ['u1']))[0];
    expect(await standing()).toEqual({
      user: { id: 'u1', email: 'ada@acme.example' },
      membership: { role: 'owner', source: 'github', suspendedAt: null },
      accounts: [{ isAdmin: true, isHeld: false, teamRoles: ['owner'] }],
    });
    await github().teamMembers.leaveAll('o1', ['11'], 20);
    expect((await standing())?.accounts).toEqual([{ isAdmin: true, isHeld: false, teamRoles: [] }]);
    await github().setTeamRoles('o1', []);
    expect(await github().teamMembers.findAll('o1', '5', ['11', '12'])).toEqual([]);
  });

  it('forgets a check only as it was when GitHub was asked', async () => {
    await github().queueCheck(check);
    expect(await github().dueChecks(issuer, 19, 9)).toEqual([]);
    expect(await github().dueChecks(issuer, 20, 9)).toEqual([check]);
    await other().github.queueCheck({ ...check, queuedAt: 6 });
    expect(await github().removeCheck(check)).toBe(false);
    expect(await github().postponeCheck(check, 40)).toBe(false);
    expect(await github().postponeCheck({ ...check, queuedAt: 6 }, 40)).toBe(true);
    expect(await github().dueChecks(issuer, 40, 9)).toEqual([{ ...check, queuedAt: 6, attempts: 1, dueAt: 40 }]);
    await github().removeChecksBefore('o1', 6);
    expect(await github().countChecks()).toBe(1);
    await github().removeChecksBefore('o1', 7);
    expect(await github().countChecks()).toBe(0);
  });

  it('knows a delivery until it is old', async () => {
    const inserted = [database(), other(), database()].map((each) => each.github.insertDelivery('d1', now));
    expect((await Promise.all(inserted)).filter(Boolean)).toHaveLength(1);
    await github().removeDeliveriesBefore(now);
    expect(await github().insertDelivery('d1', now)).toBe(false);
    await github().removeDeliveriesBefore(now + 1);
    expect(await github().insertDelivery('d1', now)).toBe(true);
  });

  it('remembers pages, and forgets those from a number on', async () => {
    const pages = github().pages('o1');
    const remembered = { etag: '"e1"', people: [{ githubUserId: '11', login: 'grace' }], hasNext: true };
    await pages.keep('members', 1, { ...remembered, etag: '"old"' });
    await pages.keep('members', 1, remembered);
    await pages.keep('members', 2, remembered);
    expect(await other().github.pages('o1').find('members', 1)).toEqual(remembered);
    await pages.forgetFrom('members', 2);
    expect([await pages.find('members', 1), await pages.find('members', 2)]).toEqual([remembered, null]);
    expect(await pages.find('admins', 1)).toBeNull();
  });

  it('forgets those who left long ago, and nobody who is there', async () => {
    await github().members.observe([member(), member({ githubUserId: '12', isPresent: false })]);
    await github().members.removeAbsentBefore(10);
    expect(await github().members.find('o1', '12')).not.toBeNull();
    await github().members.removeAbsentBefore(11);
    expect(await github().members.find('o1', '12')).toBeNull();
    expect(await github().members.find('o1', '11')).not.toBeNull();
  });
}
