import { describe, expect, it } from 'vitest';
import { GithubUnavailable } from '../../../src/domain/github/gateway.js';
import type { User } from '../../../src/domain/model.js';
import { grace, heidi, hour, ivan, judy, minute, staleAfterMs, useGithubFixture } from './github-fixture.js';

const fixture = useGithubFixture();
const everybody = [grace, heidi, ivan, judy];

async function connectWithAll(): Promise<User[]> {
  fixture().join(...everybody);
  await fixture().connect();
  const users: User[] = [];
  for (const account of everybody) users.push(await fixture().addUser(account));
  return users;
}
const members = async (users: User[]) => {
  const memberships = await Promise.all(users.map((user) => fixture().membership(user)));
  return memberships.map((membership) => membership !== null);
};
const heldAt = async () => (await fixture().connections.show(fixture().acme))?.heldAt ?? 0;
const confirm = async (at: number) => fixture().connections.confirmRemovals(fixture().acme, at, fixture().initiator);
const happened = async (action: string) => (await fixture().events()).filter((event) => event.action === action);

describe('more than half of the members gone at once', () => {
  it('are kept until an owner has confirmed them, and owners are told', async () => {
    const users = await connectWithAll();
    fixture().leave(grace, heidi, ivan);
    expect(await fixture().reconcile()).toBe('complete');
    expect(await members(users)).toEqual([true, true, true, true]);
    expect(await fixture().connections.held(fixture().acme)).toEqual(
      [grace, heidi, ivan].map((account) => ({ ...account, email: `${account.login}@acme.example` })),
    );
    expect(await fixture().connections.warnings(fixture().acme)).toEqual([
      expect.stringContaining('3 people are gone from acme-inc at once'),
    ]);
    expect(await happened('github.removals-held')).toMatchObject([{ details: { people: 3, of: 5 } }]);
    expect(await fixture().connections.counts()).toMatchObject({ connections: { held: 1 }, heldMembers: 3 });

    await fixture().reconcile();
    expect(await happened('github.removals-held')).toHaveLength(1);
    expect(await confirm(await heldAt())).toBe(3);
    expect(await members(users)).toEqual([false, false, false, true]);
    expect(await happened('github.removals-confirmed')).toMatchObject([
      { actor: { name: 'ada@acme.example' }, details: { people: 3 } },
    ]);
    expect((await happened('member.removed'))[0]?.details['cause']).toBe(
      'GitHub: removed from acme-inc, found by reconciliation and confirmed by ada@acme.example',
    );
    expect(await fixture().connections.warnings(fixture().acme)).toEqual([]);
  });

  it('are confirmed as they were shown: not when more have come', async () => {
    const users = await connectWithAll();
    fixture().leave(grace, heidi, ivan);
    await fixture().reconcile();
    const shown = await heldAt();
    fixture().leave(judy);
    await fixture().reconcile();
    await expect(confirm(shown)).rejects.toMatchObject({
      reason: 'conflict',
      message: expect.stringContaining('Other removals wait') as string,
    });
    expect(await members(users)).toEqual([true, true, true, true]);
    expect(await confirm(await heldAt())).toBe(4);
    await expect(confirm(shown)).rejects.toThrow('No removals wait for confirmation in acme.');
  });

  it('are confirmed once, by one of two owners', async () => {
    await connectWithAll();
    fixture().leave(grace, heidi, ivan);
    await fixture().reconcile();
    const at = await heldAt();
    const answers = await Promise.allSettled([confirm(at), confirm(at)]);
    expect(answers.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('are let go again when GitHub lists them', async () => {
    const users = await connectWithAll();
    fixture().leave(grace, heidi, ivan);
    await fixture().reconcile();
    fixture().join(grace, heidi, ivan);
    await fixture().reconcile();
    expect(await members(users)).toEqual([true, true, true, true]);
    expect(await fixture().connections.held(fixture().acme)).toEqual([]);
    expect(await heldAt()).toBe(0);
  });

  it('go one by one when a webhook says so of them', async () => {
    const users = await connectWithAll();
    fixture().leave(grace, heidi, ivan);
    await fixture().reconcile();
    await fixture().tell('member_removed', grace);
    expect(await members(users)).toEqual([false, true, true, true]);
    expect(await fixture().connections.held(fixture().acme)).toHaveLength(2);
    for (const account of [heidi, ivan]) await fixture().tell('member_removed', account);
    expect(await heldAt()).toBe(0);
  });

  it('give nobody new access meanwhile', async () => {
    await connectWithAll();
    fixture().leave(grace, heidi, ivan);
    await fixture().reconcile();
    await fixture().database.organizations.removeMember('user-grace', fixture().acme.id);
    expect(await fixture().connections.maySignUp(grace)).toBe(false);
    await fixture().reconcile();
    expect(await fixture().database.organizations.member('user-grace', fixture().acme.id)).toBeNull();
  });

  it.each([
    ['half of them', [grace, heidi]],
    ['one', [judy]],
  ])('are more than %s, who just go', async (_text, gone) => {
    const users = await connectWithAll();
    fixture().leave(...gone);
    await fixture().reconcile();
    expect((await members(users)).filter(Boolean)).toHaveLength(4 - gone.length);
  });

  it('wait for owners alone', async () => {
    await connectWithAll();
    const { connections, acme } = fixture();
    const actor = { kind: 'user', id: 'user-judy', name: 'judy@acme.example' } as const;
    const initiator = { actor, ipAddress: null, requestId: null };
    await expect(connections.confirmRemovals(acme, 1, initiator)).rejects.toMatchObject({ reason: 'forbidden' });
  });
});

describe('GitHub that has been down for longer than the limit', () => {
  it('suspends who came from GitHub and nobody else, and its next word restores them', async () => {
    const [user] = await connectWithAll();
    if (user === undefined) throw new Error('nobody');
    fixture().github.failure = new GithubUnavailable('It is down.');
    fixture().passTime(staleAfterMs);
    await fixture().reconcile();
    await fixture().suspendStale();
    expect(await fixture().membership(user)).toMatchObject({ suspendedAt: null });
    fixture().passTime(minute);
    await fixture().suspendStale();
    await fixture().suspendStale();
    expect(await fixture().membership(user)).toMatchObject({ suspendedAt: fixture().now() });
    expect(await fixture().membership(fixture().owner)).toMatchObject({ suspendedAt: null });
    expect(await happened('member.suspended')).toHaveLength(4);
    expect((await happened('member.suspended'))[0]?.details['cause']).toBe(
      'GitHub: has not said for 24 hours who the members of acme-inc are',
    );
    const [warning] = await fixture().connections.warnings(fixture().acme);
    expect(warning).toMatch(
      /^GitHub has not said since \d{4}-\d\d-\d\d \d\d:\d\d UTC who the members of .* 4 memberships are suspended until it does. It is down.$/,
    );
    expect(await fixture().connections.counts()).toMatchObject({ connections: { stale: 1 } });

    fixture().github.failure = null;
    fixture().leave(grace);
    await fixture().reconcile();
    expect(await fixture().membership(user)).toBeNull();
    expect(await happened('member.restored')).toHaveLength(3);
    expect(await fixture().connections.warnings(fixture().acme)).toEqual([]);
  });

  it('lets nobody in by signing in, until it has said who all the members are', async () => {
    fixture().join(grace);
    await fixture().connect();
    fixture().passTime(staleAfterMs + minute);
    await fixture().suspendStale();
    const user = await fixture().addUser(grace);
    expect(await fixture().membership(user)).toMatchObject({ suspendedAt: fixture().now() });
    expect(await fixture().database.organizations.membership(user.id, fixture().acme.id)).toBeNull();
    await fixture().reconcile();
    expect(await fixture().membership(user)).toMatchObject({ suspendedAt: null });
  });

  it('does not restore those who are held', async () => {
    const users = await connectWithAll();
    fixture().passTime(staleAfterMs + hour);
    await fixture().suspendStale();
    fixture().leave(grace, heidi, ivan);
    await fixture().reconcile();
    const memberships = await Promise.all(users.map((user) => fixture().membership(user)));
    expect(memberships.map((membership) => membership?.suspendedAt === null)).toEqual([false, false, false, true]);
  });
});
