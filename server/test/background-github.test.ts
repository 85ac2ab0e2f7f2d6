import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { tempDir } from '../../test/support/temp-dir.js';
import { defaultAuditDays, startBackground, type Background } from '../src/background.js';
import { openSqliteDatabase } from '../src/database/sqlite.js';
import { createGithubConnections, type GithubConnections } from '../src/domain/github/connections.js';
import { GithubUnavailable } from '../src/domain/github/gateway.js';
import type { Database } from '../src/domain/repositories.js';
import { gate } from './support/gate.js';
import { createMemoryGithub, githubIssuer, type MemoryGithub } from './support/memory-github.js';

const [second, minute, hour] = [1000, 60_000, 3_600_000];
const staleAfterMs = 5 * hour;

let database: Database;
let github: MemoryGithub;
let connections: GithubConnections;
let time: number;
let log: string;
const started: Background[] = [];

/** `acme` is connected to `acme-inc`, where grace is a member, and GitHub has said so a moment ago. */
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  database = await openSqliteDatabase(tempDir());
  time = Date.parse('2026-11-21T12:00:00Z');
  log = '';
  github = createMemoryGithub();
  github.organizations.push({
    githubOrganizationId: '700',
    login: 'acme-inc',
    installationId: '9',
    installation: 'active',
    members: new Map([['11', { login: 'grace', isAdmin: false }]]),
    teams: new Map(),
  });
  await database.organizations.insert({ id: 'o1', slug: 'acme', name: 'Acme', createdAt: time });
  await database.users.insert({ id: 'u1', email: 'grace@acme.example', name: 'Grace', createdAt: time });
  await database.identities.insert({
    ...{ issuer: githubIssuer, subject: '11', userId: 'u1', label: 'grace', createdAt: time },
    ...{ lastSignInAt: null, sealedRefreshToken: null, askedAt: null, checkedAt: null },
  });
  await database.github.insertConnection({
    ...{ organizationId: 'o1', issuer: githubIssuer, githubOrganizationId: '700', login: 'acme-inc' },
    ...{ installationId: '9', installationState: 'active', adminRole: 'admin', createdAt: time },
    ...{ confirmedAt: null, problem: null, problemAt: null, heldAt: null },
  });
  connections = connectionsNow();
  expect(await connections.reconcile('o1')).toBe('complete');
  expect(await membership()).toBe('active');
  github.requests = [];
});
afterEach(async () => {
  vi.useRealTimers();
  for (const background of started.splice(0)) await background.close();
  connections.stop();
  await database.close();
});

/** As they are at each start of the server. */
function connectionsNow(): GithubConnections {
  const { gateway } = github;
  return createGithubConnections({
    ...{ database, clock: () => time, gateway, staleAfterMs, reconcileEveryMs: 10 * minute },
  });
}
function start(change: { github?: GithubConnections | null } = {}): Background {
  const nothing = () => Promise.resolve();
  const background = startBackground({
    database,
    accessCheck: {
      check: () => Promise.reject(new Error('nobody asks')),
      lookups: { warm: 0, cold: 0 },
      flush: nothing,
    },
    refusedAccess: { record: () => undefined, flush: nothing },
    loginChecks: { run: nothing, close: nothing },
    identityProviders: [],
    clock: () => time,
    logger: pino({ level: 'error' }, { write: (line: string) => void (log += line) }),
    auditDays: defaultAuditDays,
    github: connections,
    staleAfterMs,
    ...change,
  });
  started.push(background);
  return background;
}
/** Time passes, for the server's clock and for its timers, and all that comes of it has happened. */
async function pass(milliseconds: number): Promise<void> {
  time += milliseconds;
  await vi.advanceTimersByTimeAsync(Math.min(milliseconds, minute));
}
async function membership(): Promise<'active' | 'suspended' | 'none'> {
  const member = await database.organizations.member('u1', 'o1');
  if (member === null) return 'none';
  return member.membership.suspendedAt === null ? 'active' : 'suspended';
}
const leave = () => github.organizations[0]?.members.delete('11');
const lists = () => github.requests.filter((request) => request.startsWith('members ')).length;
const checks = () => github.requests.filter((request) => request.startsWith('membership ')).length;
const queueCheck = () =>
  database.github.queueCheck({
    ...{ organizationId: 'o1', githubUserId: '11', login: 'grace', cause: ', found' },
    ...{ attempts: 0, queuedAt: time, dueAt: time },
  });
/** Holds up GitHub's answers to these until it is opened. */
function holdUp(which: RegExp): () => void {
  const { isOpen, open } = gate();
  github.beforeAnswer = (request) => (which.test(request) ? isOpen : undefined);
  return open;
}

describe('beside the requests', () => {
  it('GitHub is asked about everybody whose check is due', async () => {
    start();
    leave();
    await queueCheck();
    await pass(second);
    await expect.poll(membership).toBe('none');
    expect(await database.github.countChecks()).toBe(0);
    expect([checks(), lists()]).toEqual([1, 0]);
  });

  it('GitHub is asked for all members when that is due, and not before', async () => {
    start();
    leave();
    await pass(second);
    expect(github.requests).toEqual([]);
    time += 10 * minute;
    await pass(second);
    await expect.poll(membership).toBe('none');
  });

  it('a reconciliation that takes long is not begun again meanwhile, and checks do not wait for it', async () => {
    start();
    const open = holdUp(/^members /);
    time += 10 * minute;
    await pass(second);
    await expect.poll(lists).toBe(1);
    time += 10 * minute;
    for (let time = 0; time < 5; time++) await pass(second);
    expect(lists()).toBe(1);

    leave();
    await queueCheck();
    await pass(second);
    await expect.poll(membership).toBe('none');
    open();
  });

  it('checks that take long are not begun again meanwhile', async () => {
    start();
    const open = holdUp(/^membership /);
    await queueCheck();
    await pass(second);
    await expect.poll(checks).toBe(1);
    for (let time = 0; time < 5; time++) await pass(second);
    expect(checks()).toBe(1);
    open();
    await expect.poll(() => database.github.countChecks()).toBe(0);
    expect(checks()).toBe(1);
  });

  it('a failure is logged, and what failed is tried again', async () => {
    start();
    leave();
    await queueCheck();
    const broken = () => Promise.reject(new Error('the disk is gone'));
    const spies = [
      vi.spyOn(database.github, 'dueChecks').mockImplementation(broken),
      vi.spyOn(database.github, 'connections').mockImplementation(broken),
    ];
    await pass(second);
    await expect.poll(() => log).toContain('asking GitHub about people failed');
    await expect.poll(() => log).toContain('reconciling with GitHub failed');
    expect(log).toContain('the disk is gone');
    expect(await membership()).toBe('active');
    for (const spy of spies) spy.mockRestore();
    await pass(second);
    await expect.poll(membership).toBe('none');
  });

  it('a GitHub that does not answer is no failure of the server, and is asked again', async () => {
    start();
    leave();
    github.failure = new GithubUnavailable('It is down.');
    await queueCheck();
    await pass(second);
    await expect.poll(async () => (await database.github.connection('o1'))?.problem).toBe('It is down.');
    expect([log, await membership()]).toEqual(['', 'active']);
    github.failure = null;
    await pass(10 * second);
    await expect.poll(membership).toBe('none');
  });
});

describe.each([
  ['with GitHub', () => connections],
  ['set up without GitHub', () => null],
])('a server %s', (_what, which) => {
  beforeEach(() => {
    github.failure = new GithubUnavailable('It is down.');
  });

  it('suspends at its start what GitHub has not confirmed for too long', async () => {
    time += staleAfterMs + 1;
    start({ github: which() });
    await expect.poll(membership).toBe('suspended');
  });

  it('suspends it while it runs, within a minute, and not before it is too old', async () => {
    start({ github: which() });
    await pass(minute);
    time += staleAfterMs - 2 * minute;
    await pass(minute);
    expect(await membership()).toBe('active');
    await pass(minute);
    await expect.poll(membership).toBe('suspended');
    const member = await database.organizations.member('u1', 'o1');
    expect(member?.membership.suspendedAt).toBe(time);
  });

  it('tries to suspend again after a failure, which it logs', async () => {
    time += staleAfterMs + 1;
    const spy = vi.spyOn(database, 'transaction').mockRejectedValue(new Error('the disk is gone'));
    start({ github: which() });
    await expect.poll(() => log).toContain('suspending what GitHub has not confirmed failed');
    expect(await membership()).toBe('active');
    spy.mockRestore();
    await vi.advanceTimersByTimeAsync(minute);
    await expect.poll(membership).toBe('suspended');
  });
});

describe('when the server ends', () => {
  it.each([
    ['a reconciliation', /^members /, lists, 0],
    ['a check', /^membership /, checks, 1],
  ])('%s that waits for GitHub is given up, and nothing is begun any more', async (_what, which, count, queued) => {
    const background = start();
    holdUp(which);
    if (queued === 1) await queueCheck();
    else time += 10 * minute;
    await pass(second);
    await expect.poll(count).toBe(1);
    leave();
    await background.close();
    const asked = [...github.requests];
    await pass(minute);
    expect(github.requests).toEqual(asked);
    expect([log, await membership()]).toEqual(['', 'active']);

    // What was not done is done after the next start.
    github.beforeAnswer = () => undefined;
    expect(await database.github.countChecks()).toBe(queued);
    connections = connectionsNow();
    start();
    await pass(second);
    await expect.poll(membership).toBe('none');
  });

  it('it waits for what it is writing', async () => {
    time += staleAfterMs + 1;
    const { isOpen, open } = gate();
    const transaction = database.transaction.bind(database);
    vi.spyOn(database, 'transaction').mockImplementation(async (work) => {
      await isOpen;
      return await transaction(work);
    });
    const background = start({ github: null });
    let hasClosed = false;
    const closing = background.close().then(() => {
      hasClosed = true;
    });
    await vi.advanceTimersByTimeAsync(minute);
    expect(hasClosed).toBe(false);
    open();
    await closing;
    expect(await membership()).toBe('suspended');
  });
});
