/** From GitHub to the cache: a real server and gateway, and a GitHub that answers as its description says. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cliClientId } from '../../../src/protocol/oauth.js';
import { paths } from '../../../src/protocol/paths.js';
import type { AuditPage } from '../../../src/protocol/audit-wire-types.js';
import type { WorkspaceAccess } from '../../../src/protocol/wire-types.js';
import { suspendStale } from '../../src/domain/github/staleness.js';
import { newId } from '../../src/domain/secrets.js';
import { administrator, type Administrator } from '../support/administration.js';
import { addClosedCache, type ClosedCache } from '../support/closed-cache.js';
import { startGithubServer, type GithubServer } from '../support/github/github-server.js';
import type { Delivery } from '../support/github/webhooks.js';
import type { DoubleUser } from '../support/github/world.js';
import type { TestUser } from '../support/test-server.js';

const hour = 3_600_000;
const source = { ipAddress: '192.0.2.7', requestId: null };

let there: GithubServer;
/** Owns `acme`, by hand. */
let ada: Administrator;
let grace: { user: TestUser; account: DoubleUser };
let graceToken: string;
let cache: ClosedCache;

beforeEach(async () => {
  there = await startGithubServer();
  const { server } = there;
  grace = await there.addPerson('grace');
  await there.connect();
  ada = await administrator(server, server.owner);
  graceToken = await server.addToken(grace.user);
  cache = await addClosedCache(server);
  expect(await read()).toBe(200);
});
afterEach(() => there.close());

const read = (token = graceToken) => cache.read(token);
const deliver = async (delivery: Delivery) =>
  (await there.github.webhooks.send(delivery, there.server.url + paths.githubWebhook)).status;
const removal = () => there.github.webhooks.memberRemoved(there.acmeInc, grace.account);
const leave = () => {
  there.github.world.removeMember(there.acmeInc, grace.account);
};
/** All checks that are waiting, also those that wait for GitHub's own machines to agree. */
async function runChecks(): Promise<void> {
  there.server.passTime(15_000);
  await there.connections.runChecks();
}
/** Without the webhook's delivery ids. */
async function causes(action: string): Promise<unknown[]> {
  const page = (await ada.ask('GET', paths.audit('acme'))).body as AuditPage;
  const events = page.events.filter((event) => event.action === action);
  return events.map(({ actor, target, details }) => [
    actor.kind,
    target,
    String(details['cause']).replace(/[0-9a-f-]{36}/, '<id>'),
  ]);
}

describe('somebody who is removed from the GitHub organization', () => {
  it('is refused on the next request, and keeps other organizations', async () => {
    const { database } = there.server.services;
    const other = { id: newId(), slug: 'globex', name: 'Globex', createdAt: 1 };
    await database.organizations.insert(other);
    const membership = { userId: grace.user.id, organizationId: other.id, role: 'member', source: 'manual' } as const;
    await database.organizations.addMember({ ...membership, createdAt: 1 });

    leave();
    expect(await deliver(removal())).toBe(202);
    expect(await read()).toBe(404);
    const kept = await administrator(there.server, grace.user);
    expect(await kept.ask('GET', paths.organization('globex'))).toMatchObject({ status: 200 });
    expect(await kept.ask('GET', paths.organization('acme'))).toMatchObject({ status: 404 });
    expect(await causes('member.removed')).toEqual([
      ['github', 'grace@acme.example', 'GitHub: removed from acme-inc by webhook delivery <id>'],
    ]);
    await runChecks();
    expect(await read()).toBe(404);
  });

  it('is signed out, and gets no token for a login that they have approved', async () => {
    const { signIn, deviceAuthorizations } = there.server.services;
    const session = await signIn.begin(grace.user, 'password', source);
    const login = await there.server.beginLogin();
    const guesser = { user: { ...grace.user, createdAt: 1 }, ...source };
    expect(await deviceAuthorizations.decide(login.userCode, guesser, 'approved')).not.toBeNull();
    expect(await signIn.resume(session)).toMatchObject({ email: 'grace@acme.example' });

    leave();
    await deliver(removal());
    expect(await signIn.resume(session)).toBeNull();
    const poll = await deviceAuthorizations.poll(login.deviceCode, cliClientId, source);
    expect(poll).toMatchObject({ kind: 'unknown' });
  });

  it('is found by reconciliation when the webhook is lost', async () => {
    leave();
    expect(await read()).toBe(200);
    expect(await there.reconcile()).toBe('complete');
    expect(await read()).toBe(404);
    expect(await causes('member.removed')).toEqual([
      ['github', 'grace@acme.example', expect.stringContaining('reconciliation') as string],
    ]);
  });

  it('stays out when the webhook comes while a reconciliation has still read that they are in', async () => {
    const { settings } = there.github;
    there.server.passTime(1000);
    // The first page has been asked for, and then comes the webhook; what is answered was true a moment ago.
    let delivered: Promise<number> | undefined;
    settings.beforeAnswer = async ({ path, query }) => {
      if (!path.endsWith('/members') || query['role'] !== 'member' || delivered !== undefined) return;
      delivered = deliver(removal());
      await delivered;
    };
    expect(await there.reconcile()).toBe('complete');
    expect(await delivered).toBe(202);
    expect(await read()).toBe(404);
  });

  it('is back only when GitHub says so itself, whatever a webhook says', async () => {
    leave();
    await deliver(removal());
    await runChecks();
    const added = there.github.webhooks.memberAdded(there.acmeInc, grace.account);
    expect(await deliver(added)).toBe(202);
    await runChecks();
    expect(await read()).toBe(404);

    there.github.world.addMember(there.acmeInc, grace.account);
    expect(await deliver({ ...added, id: newId() })).toBe(202);
    await runChecks();
    expect(await read()).toBe(200);
  });

  it('is brought back by GitHub when somebody has sent an old removal again', async () => {
    const old = removal();
    await deliver(old);
    await runChecks();
    expect(await read()).toBe(200);
    expect(await deliver(old)).toBe(200);
    expect(await read()).toBe(200);
    expect(await deliver({ ...old, id: newId() })).toBe(202);
    expect(await read()).toBe(404);
    await runChecks();
    expect(await read()).toBe(200);
  });
});

it('refuses a webhook that is forged or cut, and does nothing', async () => {
  const genuine = removal();
  expect(await deliver({ ...genuine, signature: `sha256=${'0'.repeat(64)}` })).toBe(401);
  expect(await deliver({ ...genuine, body: genuine.body.slice(0, -20) })).toBe(401);
  expect(await deliver(there.github.webhooks.signed('organization', genuine.body.slice(0, -20)))).toBe(400);
  expect(await read()).toBe(200);
});

it('knows people by their number: a new name keeps access, and the old one gives nobody any', async () => {
  const { world } = there.github;
  world.renameUser(grace.account, 'grace-hopper');
  const heir = world.addUser({ login: 'grace' });
  const eve = await there.server.addUser({ email: 'eve@acme.example', role: null });
  await there.link(eve, heir);
  await there.connections.onSignIn(eve, {
    issuer: there.connections.issuer,
    githubUserId: String(heir.id),
    login: 'grace',
  });
  expect(await there.reconcile()).toBe('complete');
  expect(await read()).toBe(200);
  expect(await read(await there.server.addToken(eve))).toBe(404);
});

describe.each([
  ['is down', () => there.github.refuseConnections(), () => there.github.listenAgain()],
  [
    'has the App uninstalled',
    async () => {
      there.github.world.uninstall(there.installation);
      expect(await deliver(there.github.webhooks.installationDeleted(there.installation))).toBe(202);
    },
    () => {
      // Installed again, it has another number; the connection finds it by the organization.
      there.github.world.install(there.acmeInc);
      return Promise.resolve();
    },
  ],
])('a GitHub that %s', (_what, begin, end) => {
  it('takes nothing away at first, then suspends, and restores when it confirms', async () => {
    await begin();
    expect(await there.reconcile()).toBe('incomplete');
    expect(await read()).toBe(200);
    const warned = async () =>
      ((await ada.ask('GET', paths.organization('acme'))).body as { warnings: string[] }).warnings.join(' ');
    expect(await warned()).toContain('then they are suspended');

    const { database } = there.server.services;
    const stale = { database, clock: there.server.now, staleAfterMs: 24 * hour };
    there.server.passTime(25 * hour);
    await suspendStale(stale);
    expect(await read()).toBe(404);
    const person = await administrator(there.server, grace.user);
    const access = (await person.ask('GET', paths.workspaceAccess(cache.nxCloudId))).body as WorkspaceAccess;
    expect(access).toMatchObject({ level: 'none' });
    expect(access.because).toContain('suspended');
    expect(await warned()).toContain('suspended until it does');
    expect(await causes('member.suspended')).toHaveLength(1);
    expect(await causes('member.removed')).toEqual([]);

    await end();
    there.server.passTime(hour);
    expect(await there.reconcile()).toBe('complete');
    expect(await read()).toBe(200);
    expect(await causes('member.restored')).toHaveLength(1);
  });
});
