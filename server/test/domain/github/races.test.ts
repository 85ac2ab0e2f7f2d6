import { describe, expect, it } from 'vitest';
import type { User } from '../../../src/domain/model.js';
import { grace, heidi, ivan, teamMembershipEvent, useGithubFixture } from './github-fixture.js';

/** Two things at the same moment, in every order that there is: between any two of GitHub's answers. */

const fixture = useGithubFixture();

async function connectWithGrace(): Promise<User> {
  fixture().github.pageSize = 1;
  fixture().join(grace, heidi);
  fixture().acmeInc.teams.set('5', { slug: 'platform', members: new Set(['11', '12']) });
  await fixture().connect({ teams: [{ slug: 'platform', role: 'admin' }] });
  return await fixture().addUser(grace);
}

/** Reconciles, and does something meanwhile: before GitHub looks at what it is asked the nth time, or after. */
async function duringReconciliation(when: 'beforeAnswer' | 'afterAnswer', nth: number, what: () => Promise<unknown>) {
  const { github } = fixture();
  github.requests.length = 0;
  let isDone = false;
  github[when] = async () => {
    if (github.requests.length !== nth || isDone) return;
    isDone = true;
    await what();
  };
  expect(await fixture().reconcile()).toBe('complete');
  github[when] = () => undefined;
  return isDone;
}

const orders = [1, 2, 3, 4, 5].flatMap((nth) => [
  ['before', nth, 'beforeAnswer'] as const,
  ['after', nth, 'afterAnswer'] as const,
]);

describe('a webhook at the same moment as a reconciliation', () => {
  it.each(orders)('removes somebody for good, %s request %i is answered', async (_text, nth, when) => {
    const user = await connectWithGrace();
    // One more request each time, so that there is always one to be at.
    fixture().join({ ...ivan, isAdmin: true });
    const isDone = await duringReconciliation(when, nth, async () => {
      fixture().leave(grace);
      expect(await fixture().tell('member_removed', grace)).toBe('done');
      expect(await fixture().membership(user)).toBeNull();
    });
    expect(isDone).toBe(true);
    expect(await fixture().membership(user)).toBeNull();
    await fixture().reconcile();
    expect(await fixture().membership(user)).toBeNull();
  });

  it.each(orders)('takes a team’s role away for good, %s request %i is answered', async (_text, nth, when) => {
    const user = await connectWithGrace();
    fixture().join({ ...ivan, isAdmin: true });
    expect(await fixture().membership(user)).toMatchObject({ role: 'admin' });
    await duringReconciliation(when, nth, async () => {
      fixture().acmeInc.teams.get('5')?.members.delete('11');
      const payload = teamMembershipEvent('removed', grace, '5');
      expect(await fixture().connections.receiveWebhook('membership', `d${nth}`, payload)).toBe('done');
    });
    expect(await fixture().membership(user)).toMatchObject({ role: 'member' });
  });

  it.each(orders)('and somebody who is added and signs in is a member, %s request %i', async (_text, nth, when) => {
    await connectWithGrace();
    fixture().join({ githubUserId: '2', login: 'bob', isAdmin: true });
    let user: User | undefined;
    await duringReconciliation(when, nth, async () => {
      fixture().join(ivan);
      await fixture().tell('member_added', ivan);
      user = await fixture().addUser(ivan);
      await fixture().connections.runChecks();
    });
    expect(user === undefined ? null : await fixture().membership(user)).toMatchObject({ source: 'github' });
  });
});

describe('a check at the same moment as a webhook', () => {
  it.each(['beforeAnswer', 'afterAnswer'] as const)('does not bring anybody back (%s)', async (when) => {
    const user = await connectWithGrace();
    await fixture().tell('member_added', grace);
    fixture().github[when] = async () => {
      fixture().github[when] = () => undefined;
      fixture().leave(grace);
      await fixture().tell('member_removed', grace);
    };
    await fixture().connections.runChecks();
    expect(await fixture().membership(user)).toBeNull();
    fixture().passTime(10_000);
    await fixture().connections.runChecks();
    expect(await fixture().membership(user)).toBeNull();
    expect(await fixture().database.github.countChecks()).toBe(0);
  });

  it('asks again when something new was heard while GitHub was asked', async () => {
    const user = await connectWithGrace();
    fixture().leave(grace);
    await fixture().tell('member_removed', grace);
    await fixture().tell('member_added', grace);
    fixture().github.afterAnswer = async () => {
      fixture().github.afterAnswer = () => undefined;
      fixture().join(grace);
      await fixture().tell('member_added', grace);
    };
    await fixture().connections.runChecks();
    expect(await fixture().database.github.countChecks()).toBe(1);
    await fixture().connections.runChecks();
    expect(await fixture().membership(user)).not.toBeNull();
  });
});

describe('signing in at the same moment as a webhook', () => {
  it('makes nobody a member who was removed while GitHub was asked', async () => {
    await fixture().connect();
    fixture().join(grace);
    fixture().github.afterAnswer = async () => {
      fixture().github.afterAnswer = () => undefined;
      fixture().leave(grace);
      await fixture().tell('member_removed', grace);
    };
    expect(await fixture().membership(await fixture().addUser(grace))).toBeNull();
  });
});

describe('two reconciliations', () => {
  it('of one connection do not run at the same time; the second is made up for', async () => {
    const user = await connectWithGrace();
    const { connections, github } = fixture();
    let second: string | undefined;
    github.afterAnswer = async (request) => {
      if (request !== 'members acme-inc member 2') return;
      github.afterAnswer = () => undefined;
      fixture().leave(grace);
      second = await fixture().reconcile();
    };
    await fixture().reconcile();
    expect(second).toBe('busy');
    await connections.reconcileDue();
    expect(await fixture().membership(user)).toBeNull();
  });

  it('know the connection that they were begun for from the next', async () => {
    const user = await connectWithGrace();
    const { connections, acme, initiator, github } = fixture();
    const otherInc = fixture().addGithubOrganization('701', 'other-inc');
    otherInc.members.set('1', { login: 'ada', isAdmin: true });
    github.afterAnswer = async (request) => {
      if (request !== 'members acme-inc member 1') return;
      github.afterAnswer = () => undefined;
      await connections.disconnect(acme, initiator);
      await connections.connect(acme, { login: 'other-inc', adminRole: 'owner', teams: [] }, initiator);
    };
    // Somebody new, so that there is something to write.
    fixture().join(ivan);
    await fixture().reconcile();
    expect(await fixture().membership(user)).toBeNull();
    expect(await fixture().database.github.members.find(acme.id, ivan.githubUserId)).toBeNull();
    expect(await connections.show(acme)).toMatchObject({ login: 'other-inc', confirmedAt: null });
  });
});
