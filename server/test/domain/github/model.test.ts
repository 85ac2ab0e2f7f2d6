import fc from 'fast-check';
import { expect, it } from 'vitest';
import { GithubUnavailable } from '../../../src/domain/github/gateway.js';
import type { User } from '../../../src/domain/model.js';
import {
  createGithubFixture,
  grace,
  heidi,
  ivan,
  judy,
  minute,
  organizationEvent,
  type Account,
  type GithubFixture,
} from './github-fixture.js';

/**
 * Anything that can happen between GitHub and the server, in any order: joining and leaving, webhooks that are lost,
 * repeated and late, reconciliations with something happening in the middle of them, and GitHub being down.
 */
type Step =
  | { kind: 'joins' | 'leaves' | 'signs in' | 'repeat'; who: number }
  /** Joins or leaves, and GitHub tells: at once, or with the next `deliver`. */
  | { kind: 'joins and GitHub tells' | 'leaves and GitHub tells' | 'leaves and GitHub will tell'; who: number }
  | { kind: 'deliver' | 'checks' | 'reconcile' | 'down' | 'up' | 'later' | 'restart' }
  | { kind: 'leaves during a reconciliation'; who: number; at: number };

const accounts = [grace, heidi, ivan, judy];
const who = fc.nat({ max: accounts.length - 1 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constantFrom(
      'joins' as const,
      'leaves' as const,
      'signs in' as const,
      'repeat' as const,
      'joins and GitHub tells' as const,
      'leaves and GitHub tells' as const,
      'leaves and GitHub will tell' as const,
    ),
    who,
  }),
  fc.record({
    kind: fc.constantFrom(
      'deliver' as const,
      'checks' as const,
      'reconcile' as const,
      'down' as const,
      'up' as const,
      'later' as const,
      'restart' as const,
    ),
  }),
  fc.record({ kind: fc.constant('leaves during a reconciliation' as const), who, at: fc.integer({ min: 1, max: 6 }) }),
);

interface World {
  fixture: GithubFixture;
  users: Map<string, User>;
  /** Bodies that GitHub has sent, or not yet. */
  sent: [id: string, payload: object][];
  late: [id: string, payload: object][];
  /** Whose removal was told after GitHub last said that they are in: nobody may have access by GitHub. */
  removed: Set<string>;
}

async function deliver(world: World, [id, payload]: [string, object], account?: Account): Promise<void> {
  world.sent.push([id, payload]);
  await world.fixture.connections.receiveWebhook('organization', id, payload);
  if (account !== undefined && 'action' in payload && payload.action === 'member_removed') {
    world.removed.add(account.githubUserId);
  }
}

let deliveries = 0;
const event = (action: string, account: Account): [string, object] => [
  `d${++deliveries}`,
  organizationEvent(action, account),
];

async function take(world: World, step: Step): Promise<void> {
  const { fixture } = world;
  const account = 'who' in step ? accounts[step.who] : undefined;
  switch (step.kind) {
    case 'joins':
    case 'joins and GitHub tells':
      if (account === undefined) return;
      fixture.join(account);
      if (step.kind !== 'joins') await deliver(world, event('member_added', account));
      return;
    case 'leaves':
    case 'leaves and GitHub tells':
    case 'leaves and GitHub will tell':
      if (account === undefined) return;
      fixture.leave(account);
      if (step.kind === 'leaves and GitHub tells') await deliver(world, event('member_removed', account), account);
      if (step.kind === 'leaves and GitHub will tell') world.late.push(event('member_removed', account));
      return;
    case 'signs in': {
      if (account === undefined) return;
      const known = world.users.get(account.githubUserId);
      if (known === undefined) world.users.set(account.githubUserId, await fixture.addUser(account));
      else await fixture.signIn(known, account);
      return;
    }
    case 'repeat': {
      // Somebody who has got hold of a delivery sends it again, under an id of their own.
      const repeated = world.sent.at(-1 - step.who);
      if (repeated !== undefined) await deliver(world, [`d${++deliveries}`, repeated[1]], accountOf(repeated[1]));
      return;
    }
    case 'deliver':
      for (const delivery of world.late.splice(0).reverse()) await deliver(world, delivery, accountOf(delivery[1]));
      return;
    case 'checks':
      await fixture.connections.runChecks();
      return;
    case 'reconcile':
      await fixture.reconcile();
      return;
    case 'leaves during a reconciliation': {
      if (account === undefined) return;
      let answers = 0;
      fixture.github.afterAnswer = async () => {
        if (++answers !== step.at) return;
        fixture.leave(account);
        await deliver(world, event('member_removed', account), account);
      };
      await fixture.reconcile();
      fixture.github.afterAnswer = () => undefined;
      return;
    }
    case 'down':
      fixture.github.failure = new GithubUnavailable('It is down.');
      return;
    case 'up':
      fixture.github.failure = null;
      return;
    case 'later':
      fixture.passTime(minute);
      return;
    case 'restart':
      fixture.restart();
      return;
  }
}

function accountOf(payload: object): Account | undefined {
  const text = JSON.stringify(payload);
  return accounts.find(({ login }) => text.includes(`"login":"${login}"`));
}

/** Those who have a membership from GitHub here. */
async function members({ fixture, users }: World): Promise<string[]> {
  const found: string[] = [];
  for (const [id, user] of users) {
    if ((await fixture.membership(user))?.source === 'github') found.push(id);
  }
  return found.sort();
}

it('ends with the members that GitHub has, whatever happens on the way, and nobody keeps what was taken away', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
      const [fixture, close] = await createGithubFixture();
      try {
        await fixture.connect();
        const world: World = { fixture, users: new Map(), sent: [], late: [], removed: new Set() };
        for (const step of steps) {
          // What GitHub answers while it says that somebody is in is its last word; only that may bring them back.
          const { requests } = fixture.github;
          requests.length = 0;
          await take(world, step);
          const isIn = (id: string) => fixture.acmeInc.members.has(id);
          if (requests.length > 0) for (const id of [...world.removed]) if (isIn(id)) world.removed.delete(id);
          const present = await members(world);
          expect(present.filter((id) => world.removed.has(id))).toEqual([]);
        }
        fixture.github.failure = null;
        fixture.passTime(minute);
        await fixture.connections.runChecks();
        expect(await fixture.reconcile()).toBe('complete');
        const heldAt = (await fixture.connections.show(fixture.acme))?.heldAt ?? null;
        if (heldAt !== null) await fixture.connections.confirmRemovals(fixture.acme, heldAt, fixture.initiator);
        const expected = [...world.users.keys()].filter((id) => fixture.acmeInc.members.has(id)).sort();
        expect(await members(world)).toEqual(expected);
        expect(await fixture.membership(fixture.owner)).toMatchObject({ role: 'owner', source: 'manual' });
      } finally {
        await close();
      }
    }),
    { numRuns: 20 },
  );
}, 300_000);
