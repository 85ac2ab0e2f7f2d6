/** A webhook that comes while another program keeps the database locked: a backup, an operator's command. */
import { join } from 'node:path';
import Libsql from 'libsql';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { paths } from '../../../src/protocol/paths.js';
import type { AuditPage } from '../../../src/protocol/audit-wire-types.js';
import { databaseFileName } from '../../src/database/data-folder.js';
import { administrator, type Administrator } from '../support/administration.js';
import { addClosedCache, type ClosedCache } from '../support/closed-cache.js';
import { startGithubServer, type GithubServer } from '../support/github/github-server.js';
import type { Delivery } from '../support/github/webhooks.js';
import type { DoubleTeam, DoubleUser } from '../support/github/world.js';
import type { TestUser } from '../support/test-server.js';

let there: GithubServer;
let ada: Administrator;
let grace: { user: TestUser; account: DoubleUser };
let graceToken: string;
let platform: DoubleTeam;
let cache: ClosedCache;

/** Grace is an admin of `acme` by her team, and a member by `acme-inc`. */
beforeEach(async () => {
  there = await startGithubServer({ busyTimeoutMs: 0 });
  grace = await there.addPerson('grace');
  platform = there.github.world.addTeam(there.acmeInc, 'platform');
  there.github.world.addToTeam(platform, grace.account);
  await there.connect({ teams: [{ slug: 'platform', role: 'admin' }] });
  ada = await administrator(there.server, there.server.owner);
  graceToken = await there.server.addToken(grace.user);
  cache = await addClosedCache(there.server);
  expect(await known()).toEqual(before);
});
afterEach(() => there.close());

/** Nobody else writes until `work` is done. */
async function whileLocked<T>(work: () => Promise<T>): Promise<T> {
  const other = new Libsql(join(there.server.dataFolder, databaseFileName));
  other.exec('begin immediate');
  try {
    return await work();
  } finally {
    other.exec('rollback');
    other.close();
  }
}

interface Known {
  /** What the cache answers Grace. */
  reading: number;
  role: string | undefined;
  /** Whom GitHub is to be asked about. */
  checks: number;
}
const before: Known = { reading: 200, role: 'admin', checks: 0 };

async function known(): Promise<Known> {
  const { database } = there.server.services;
  return {
    reading: await cache.read(graceToken),
    role: (await database.organizations.membership(grace.user.id, there.server.organizationId))?.role,
    checks: await database.github.countChecks(),
  };
}
const send = (delivery: Delivery) => there.github.webhooks.send(delivery, there.server.url + paths.githubWebhook);
const deliver = async (delivery: Delivery) => {
  const response = await send(delivery);
  return { status: response.status, outcome: ((await response.json()) as { outcome?: string }).outcome };
};
async function runChecks(): Promise<void> {
  there.server.passTime(15_000);
  await there.connections.runChecks();
}
const webhooks = () => there.github.webhooks;
const leaveOrganization = () => {
  there.github.world.removeMember(there.acmeInc, grace.account);
};
const removals = async () => {
  const { events } = (await ada.ask('GET', paths.audit('acme'))).body as AuditPage;
  return events.filter(({ action }) => action === 'member.removed').map(({ target }) => target);
};

describe('a webhook while the database is locked', () => {
  it('is answered with 503, when to come again, and no word of why; and is counted', async () => {
    const response = await whileLocked(() => send(webhooks().memberRemoved(there.acmeInc, grace.account)));
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('5');
    const text = await response.text();
    const { requestId, ...problem } = JSON.parse(text) as Record<string, unknown>;
    expect(problem).toMatchObject({ status: 503, title: 'Service unavailable' });
    expect(text).not.toMatch(/lock|sqlite|grace/i);
    expect(there.server.log()).toMatch(new RegExp(`database is locked.*${String(requestId)}`, 's'));
    const metrics = await (await fetch(there.server.url + paths.metrics)).text();
    expect(metrics).toContain('nxkey_github_deliveries_total{result="failed"} 1');
  });

  it.each<[string, () => void, () => Delivery, Known]>([
    [
      'removes somebody',
      leaveOrganization,
      () => webhooks().memberRemoved(there.acmeInc, grace.account),
      { reading: 404, role: undefined, checks: 1 },
    ],
    [
      'takes somebody out of a team',
      () => {
        there.github.world.removeFromTeam(platform, grace.account);
      },
      () => webhooks().teamMemberRemoved(platform, grace.account),
      { ...before, role: 'member', checks: 1 },
    ],
    [
      'deletes a team',
      () => {
        there.github.world.removeTeam(platform);
      },
      () => webhooks().teamDeleted(platform),
      { ...before, role: 'member' },
    ],
    [
      'has somebody asked about',
      () => undefined,
      () => webhooks().memberAdded(there.acmeInc, grace.account),
      { ...before, checks: 1 },
    ],
  ])('that %s changes nothing, and everything when it is sent again', async (_what, change, webhook, after) => {
    change();
    const delivery = webhook();
    const refused = await whileLocked(async () => {
      const answer = await deliver(delivery);
      expect(await known()).toEqual(before);
      return answer;
    });
    expect(refused).toEqual({ status: 503, outcome: undefined });
    expect(await known()).toEqual(before);

    expect(await deliver(delivery)).toMatchObject({ status: 202 });
    expect(await known()).toEqual(after);
    await runChecks();
    expect(await known()).toEqual({ ...after, checks: 0 });
    // It was taken once, and is known from now on.
    expect(await deliver(delivery)).toEqual({ status: 200, outcome: 'replayed' });
    expect(await known()).toEqual({ ...after, checks: 0 });
  });

  it('removes once, however often it was refused before', async () => {
    leaveOrganization();
    const delivery = webhooks().memberRemoved(there.acmeInc, grace.account);
    await whileLocked(async () => {
      for (let time = 0; time < 3; time++) expect(await deliver(delivery)).toMatchObject({ status: 503 });
    });
    expect(await removals()).toEqual([]);
    const answers = await Promise.all([deliver(delivery), deliver(delivery)]);
    expect(answers.map(({ outcome }) => outcome).sort()).toEqual(['done', 'replayed']);
    expect(await removals()).toEqual(['grace@acme.example']);
  });

  it('is made up for by the next reconciliation when nobody sends it again', async () => {
    leaveOrganization();
    await whileLocked(() => deliver(webhooks().memberRemoved(there.acmeInc, grace.account)));
    expect(await known()).toEqual(before);
    expect(await there.reconcile()).toBe('complete');
    expect(await known()).toMatchObject({ reading: 404, role: undefined });
  });

  it('is refused for a wrong signature all the same', async () => {
    const genuine = webhooks().memberRemoved(there.acmeInc, grace.account);
    const forged = { ...genuine, signature: `sha256=${'0'.repeat(64)}` };
    expect(await whileLocked(() => deliver(forged))).toMatchObject({ status: 401 });
  });
});
