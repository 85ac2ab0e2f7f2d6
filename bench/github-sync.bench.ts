/**
 * `npm run bench:github-sync`: reconciles 10,000 members of a GitHub organization, all with accounts here, through the
 * real gateway: how many requests that takes and which of them GitHub counts, how long it takes beside a bare loop that
 * fetches and parses the same pages, how long nothing else has its turn meanwhile, and whether memory grows.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Client } from 'undici';
import { openSqliteDatabase } from '../server/src/database/sqlite.js';
import { createGithubConnections } from '../server/src/domain/github/connections.js';
import { defaultStaleAfterMs } from '../server/src/domain/github/staleness.js';
import { newId } from '../server/src/domain/secrets.js';
import { createGithubGateway } from '../server/src/github/create-gateway.js';
import { GithubProcess } from './github/github-process.js';
import { seedConnection, seedLinkedUser } from './github/seed.js';
import { median, report } from './measure.js';

/** 1 page of admins and 100 of others, the last ones not full. */
const size = { admins: 50, members: 9950 };
const pages = 101;
const rounds = 12;

const collect = globalThis.gc;
if (collect === undefined) throw new Error('memory cannot be measured without node --expose-gc');
const folder = await mkdtemp(join(tmpdir(), 'nxkey-bench-'));
const github = await GithubProcess.start(size);
const database = await openSqliteDatabase(folder);
try {
  const organizationId = newId();
  await database.transaction(async (repositories) => {
    await repositories.organizations.insert({ id: organizationId, slug: 'acme', name: 'Acme', createdAt: Date.now() });
    for (const person of github.population.people) await seedLinkedUser(repositories, github.url, person);
    await seedConnection(repositories, organizationId, github, { confirmedAt: null });
  });
  const { id, privateKey } = github.app;
  const gateway = createGithubGateway({ url: github.url, appId: String(id), privateKey, clock: Date.now });
  const connections = createGithubConnections({
    ...{ database, clock: Date.now, gateway, staleAfterMs: defaultStaleAfterMs, reconcileEveryMs: 600_000 },
  });

  /** In milliseconds. */
  async function reconcile(): Promise<{ took: number; blocked: number }> {
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    const started = performance.now();
    const outcome = await connections.reconcile(organizationId);
    const took = performance.now() - started;
    delay.disable();
    if (outcome !== 'complete') throw new Error(`the reconciliation was ${outcome}`);
    return { took, blocked: delay.max / 1e6 };
  }

  const first = await reconcile();
  const seenFirst = await github.requests();
  const members = await database.organizations.ofSource.all(organizationId, 'github');
  if (members.length !== size.admins + size.members) throw new Error(`${members.length} people became members`);

  const token = await github.token();
  const [took, bare, inUse, blocked]: number[][] = [[], [], [], []];
  const seenLater = { most: 0, unconditional: 0, counted: 0 };
  for (let round = 0; round < rounds; round++) {
    bare?.push(await fetchBarely(token));
    await github.requests();
    const later = await reconcile();
    const { all } = await github.requests();
    seenLater.most = Math.max(seenLater.most, all.all);
    seenLater.unconditional += all.all - all.conditional;
    seenLater.counted += all.counted;
    took?.push(later.took);
    blocked?.push(later.blocked);
    collect();
    const { heapUsed, external } = process.memoryUsage();
    inUse?.push((heapUsed + external) / 2 ** 20);
  }

  const count = (what: string, value: number, atMost: number) => {
    report(what, String(value), value, { atMost, isCount: true });
  };
  count('first time: requests for members', seenFirst.pages.all, pages);
  // For the installation and for its token: GitHub does not count those.
  count('first time: with the App’s own key', seenFirst.all.all - seenFirst.pages.all, 2);
  count(`later, ${rounds} times: requests, at most`, seenLater.most, pages);
  count('later: of all, without If-None-Match', seenLater.unconditional, 0);
  count('later: of all, counted against the limit', seenLater.counted, 0);
  const usual = median(bare ?? []);
  for (const [what, milliseconds] of [
    ['first time, beside fetching the pages', first.took],
    ['later, beside fetching the pages', median(took ?? [])],
  ] as const) {
    const ratio = milliseconds / usual;
    report(what, `${milliseconds.toFixed(0)} ms = ${ratio.toFixed(2)} x ${usual.toFixed(0)} ms`, ratio, {});
  }
  const longest = Math.max(...(blocked ?? []));
  report('nobody else had a turn, first time', `${first.blocked.toFixed(0)} ms`, first.blocked, {});
  report('nobody else had a turn, later, at most', `${longest.toFixed(0)} ms`, longest, {});
  const third = rounds / 3;
  const [early, late] = [median(inUse?.slice(0, third) ?? []), median(inUse?.slice(-third) ?? [])];
  const figure = `${late.toFixed(1)} MiB = ${(late / early).toFixed(2)} x ${early.toFixed(1)} MiB`;
  report('memory in use, late beside early', figure, late / early, { atMost: 1.05 });
} finally {
  await database.close();
  await github.stop();
  await rm(folder, { recursive: true, force: true });
}

/** @returns milliseconds for all pages, one after the other, fetched and parsed and nothing else */
async function fetchBarely(token: string): Promise<number> {
  const client = new Client(github.url);
  const started = performance.now();
  let people = 0;
  for (const role of ['admin', 'member'] as const) {
    for (let page = 1, hasNext = true; hasNext; page++) {
      const path = `/api/v3/organizations/${github.population.organization.id}/members`;
      const { headers, body } = await client.request({
        ...{ method: 'GET', path, query: { role, per_page: 100, page } },
        headers: { authorization: `token ${token}` },
      });
      people += ((await body.json()) as unknown[]).length;
      hasNext = String(headers['link'] ?? '').includes('rel="next"');
    }
  }
  const took = performance.now() - started;
  await client.close();
  if (people !== size.admins + size.members) throw new Error(`${people} people were listed`);
  return took;
}
