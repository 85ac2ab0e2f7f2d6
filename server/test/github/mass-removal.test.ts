/** More than half of a GitHub organization gone at once, from GitHub to the cache: a real server, gateway and GitHub. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { paths } from '../../../src/protocol/paths.js';
import type { AuditPage } from '../../../src/protocol/audit-wire-types.js';
import type { GithubInfo } from '../../../src/protocol/github-wire-types.js';
import { administrator, type Administrator } from '../support/administration.js';
import { addClosedCache, type ClosedCache } from '../support/closed-cache.js';
import { startGithubServer, type GithubServer } from '../support/github/github-server.js';
import { Person } from '../support/person.js';
import type { DoubleUser } from '../support/github/world.js';

const names = ['grace', 'heidi', 'ivan', 'judy'] as const;
type Name = (typeof names)[number];
interface Member {
  account: DoubleUser;
  token: string;
}

let there: GithubServer;
/** Owns `acme`, by hand, and `acme-inc`. */
let ada: Administrator;
let people: Map<Name, Member>;
let cache: ClosedCache;

beforeEach(async () => {
  there = await startGithubServer();
  people = new Map();
  for (const name of names) {
    const { user, account } = await there.addPerson(name);
    people.set(name, { account, token: await there.server.addToken(user) });
  }
  await there.connect();
  ada = await administrator(there.server, there.server.owner);
  cache = await addClosedCache(there.server);
  expect(await readers()).toEqual(names);
});
afterEach(() => there.close());

const member = (name: Name) => people.get(name) ?? raise();
/** Who may read the cache. */
async function readers(): Promise<Name[]> {
  const answers: [Name, number][] = [];
  for (const name of names) answers.push([name, await cache.read(member(name).token)]);
  expect(answers.filter(([, status]) => status !== 200 && status !== 404)).toEqual([]);
  return answers.filter(([, status]) => status === 200).map(([name]) => name);
}
const vanish = (...gone: Name[]) => {
  for (const name of gone) there.github.world.removeMember(there.acmeInc, member(name).account);
};
async function reconcile(): Promise<void> {
  there.server.passTime(600_000);
  expect(await there.reconcile()).toBe('complete');
}
const connection = async () => {
  const { body } = await ada.ask('GET', paths.github('acme'));
  return (body as GithubInfo).connection ?? raise();
};
const held = async () => (await connection()).held?.people.map(({ login }) => login) ?? [];
const confirm = (heldAt: string, by = ada) => by.ask('POST', paths.githubConfirmRemovals('acme'), { heldAt });
const since = async () => (await connection()).held?.since ?? raise();
async function page(): Promise<string> {
  const browser = new Person(there.server.url);
  await browser.signIn(there.server.owner);
  return (await browser.get('/organizations/acme/github')).html;
}
const metrics = async () => await (await fetch(there.server.url + paths.metrics)).text();
async function happened(action: string): Promise<string[]> {
  const { events } = (await ada.ask('GET', paths.audit('acme'))).body as AuditPage;
  return events.filter((event) => event.action === action).map(({ target }) => target ?? '');
}
const warning = '3 people are gone from acme-inc at once, more than half of its members.';

describe('more than half of the members, gone in one reconciliation,', () => {
  it('keep their access, and owners are warned wherever they look', async () => {
    vanish('grace', 'heidi', 'ivan');
    await reconcile();
    expect(await readers()).toEqual(names);
    expect(await held()).toEqual(['grace', 'heidi', 'ivan']);
    expect((await connection()).warnings.join(' ')).toContain(warning);
    for (const where of [paths.organization('acme'), paths.organizations, paths.me]) {
      expect(JSON.stringify((await ada.ask('GET', where)).body)).toContain(warning);
    }
    const shown = await page();
    expect(shown).toContain(warning);
    for (const name of ['grace', 'heidi', 'ivan']) expect(shown).toContain(`${name}@acme.example`);
    expect(await metrics()).toContain('nxkey_github_held_members 3\n');
    expect(await metrics()).toContain('nxkey_github_connections{state="held"} 1\n');
    expect(await happened('github.removals-held')).toEqual(['acme-inc']);
    expect(await happened('member.removed')).toEqual([]);
  });

  it('are refused on the next request once an owner has confirmed them, and nobody else is', async () => {
    vanish('grace', 'heidi', 'ivan');
    await reconcile();
    expect(await confirm(await since())).toMatchObject({ status: 200, body: { removed: 3 } });
    expect(await readers()).toEqual(['judy']);
    expect((await connection()).warnings).toEqual([]);
    expect(await page()).not.toContain('gone from acme-inc');
    expect(await metrics()).toContain('nxkey_github_held_members 0\n');
    expect(await metrics()).toContain('nxkey_github_connections{state="fine"} 1\n');
    const removed = ['grace', 'heidi', 'ivan'].map((name) => `${name}@acme.example`);
    expect((await happened('member.removed')).sort()).toEqual(removed);
    await reconcile();
    expect(await readers()).toEqual(['judy']);
  });

  it('stay held for as long as nobody confirms them, through every reconciliation, and are asked about once', async () => {
    vanish('grace', 'heidi', 'ivan');
    await reconcile();
    const first = await since();
    for (let time = 0; time < 3; time++) {
      await reconcile();
      expect(await readers()).toEqual(names);
      expect(await held()).toEqual(['grace', 'heidi', 'ivan']);
    }
    expect(await since()).toBe(first);
    expect(await happened('github.removals-held')).toEqual(['acme-inc']);
    // What the owner has been shown all along is still what they confirm.
    expect(await confirm(first)).toMatchObject({ status: 200 });
    expect(await readers()).toEqual(['judy']);
  });

  it('stay held when somebody confirms who is no owner, or what they were not shown', async () => {
    vanish('grace', 'heidi', 'ivan');
    await reconcile();
    const shown = await since();
    const admin = await administrator(
      there.server,
      await there.server.addUser({ email: 'linus@acme.example', role: 'admin' }),
    );
    expect(await confirm(shown, admin)).toMatchObject({ status: 403 });
    vanish('judy');
    await reconcile();
    expect(await confirm(shown)).toMatchObject({ status: 409 });
    expect(await readers()).toEqual(names);
    expect(await confirm(await since())).toMatchObject({ status: 200, body: { removed: 4 } });
    expect(await readers()).toEqual([]);
  });

  it('are held no more when GitHub lists them again, and nothing is left to confirm', async () => {
    vanish('grace', 'heidi', 'ivan');
    await reconcile();
    const shown = await since();
    for (const name of ['grace', 'heidi', 'ivan'] as const) {
      there.github.world.addMember(there.acmeInc, member(name).account);
    }
    await reconcile();
    expect(await readers()).toEqual(names);
    expect(await connection()).toMatchObject({ held: null, warnings: [] });
    expect(await confirm(shown)).toMatchObject({ status: 409 });
    expect(await readers()).toEqual(names);
  });

  it('are held one less with each whom GitHub itself says to be removed', async () => {
    vanish('grace', 'heidi', 'ivan');
    await reconcile();
    const removal = there.github.webhooks.memberRemoved(there.acmeInc, member('grace').account);
    await there.github.webhooks.send(removal, there.server.url + paths.githubWebhook);
    expect(await readers()).toEqual(['heidi', 'ivan', 'judy']);
    expect(await held()).toEqual(['heidi', 'ivan']);
  });
});

it('half of the members are removed without anybody being asked', async () => {
  vanish('grace', 'heidi');
  await reconcile();
  expect(await readers()).toEqual(['ivan', 'judy']);
  expect(await connection()).toMatchObject({ held: null, warnings: [] });
});

function raise(): never {
  throw new Error('the test has not made what it needs');
}
