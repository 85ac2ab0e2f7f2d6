/**
 * `npm run bench:github-removal`: how long somebody who was removed at GitHub is still served. 10,000 members came from
 * GitHub, and 16 connections read all the time: one of them with the token of whoever is removed next, the others with
 * those of everybody who stays. The clock runs from sending the webhook to the first refused answer. Beside it, in turn,
 * members who were added by hand are removed by an owner over REST.
 *
 * Then some more are removed while one reconciliation follows the other. In the end, when GitHub has been asked about
 * everybody who was removed, each of them is tried once more.
 *
 * `-- --self-test` shows that the count of those that are served too late can be other than 0: it takes each webhook for
 * answered before it is sent.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { paths } from '../src/protocol/paths.js';
import { GithubProcess } from './github/github-process.js';
import { Remover, seedMembers, type MemberFromGithub, type Person } from './github/removals.js';
import { report } from './measure.js';
import { noCounts, read, storeTarget, type Counts } from './revocation/readers.js';
import { createCiToken, startNxkeyServer } from './support/nxkey-server.js';

const selfTest = process.argv.includes('--self-test');
const size = { admins: 50, members: 9950 };
const removals = selfTest ? 300 : 1000;
const duringReconciliation = selfTest ? 0 : 300;
const connections = 16;
const triesAfter = 3;
const longestWaitMs = 10_000;

const folder = await mkdtemp(join(tmpdir(), 'nxkey-bench-'));
const github = await GithubProcess.start(size);
const seeded: { fromGithub: MemberFromGithub[]; byHand: Person[] } = { fromGithub: [], byHand: [] };
const server = await startNxkeyServer(folder, {
  env: github.environment,
  prepare: async (set) => {
    Object.assign(seeded, await seedMembers(set, github, removals));
  },
});
try {
  const target = await storeTarget(server, await createCiToken(server, 'read-write'));
  const ownerToken = (await server.operator(['pat', 'create', '--email', server.email])).trim();
  const remover = new Remover(server, ownerToken, github);
  // Those that stay are the admins and most of the others.
  const going = seeded.fromGithub.slice(size.admins, size.admins + removals + duringReconciliation);
  const staying = seeded.fromGithub.filter((person) => !going.includes(person));

  const counts: Counts = { ...noCounts };
  const others: Counts = { ...noCounts };
  const progress: { done: boolean; removed: Person | undefined } = { done: false, removed: undefined };
  const ended = () => progress.done;
  const anyOther = () => staying[Math.floor(Math.random() * staying.length)];
  const readers = [
    read(target, () => progress.removed, ended, counts),
    ...Array.from({ length: connections - 1 }, () => read(target, anyOther, ended, others)),
  ];

  /** @returns the milliseconds from sending to the first refusal */
  async function remove(person: Person, send: () => Promise<void>): Promise<number> {
    progress.removed = person;
    // Served once at least: what the server keeps in memory about it is what must be dropped.
    await until(() => person.served > 0, 'was not served');
    if (selfTest) {
      person.revoked = true;
      await until(() => person.triedAfter > 0, 'was not tried');
    }
    const sentAt = performance.now();
    await send();
    person.revoked = true;
    await until(() => person.refusedAt !== null && person.triedAfter >= triesAfter, 'is still served');
    return (person.refusedAt ?? Number.NaN) - sentAt;
  }

  const byWebhook: number[] = [];
  const byHand: number[] = [];
  const meanwhile: number[] = [];
  async function removeAll(): Promise<void> {
    for (const [index, person] of going.slice(0, removals).entries()) {
      byWebhook.push(await remove(person, await remover.byWebhook(person)));
      const other = seeded.byHand[index];
      if (other !== undefined) byHand.push(await remove(other, remover.byHand(other)));
    }
    await github.requests();
    for (const person of going.slice(removals)) {
      await remover.askForReconciliation();
      meanwhile.push(await remove(person, await remover.byWebhook(person)));
      // So slowly that a few reconciliations pass.
      await sleep(20);
    }
  }
  await Promise.race([Promise.all(readers), removeAll()]);
  progress.done = true;
  await Promise.all(readers);

  const { pages } = await github.requests();
  await until(async () => (await waitingChecks()) === 0, 'has not been asked about at GitHub', 90_000);
  const rest = [...going, ...seeded.byHand];
  const afterChecks = { ...noCounts };
  await read(
    target,
    () => rest.pop(),
    () => rest.length === 0,
    afterChecks,
  );

  console.log(
    `${byWebhook.length} removals by webhook, ${byHand.length} by DELETE and ${meanwhile.length} more by webhook while ` +
      `${pages.all} pages of members were reconciled; ${connections} connections read;\n` +
      `  ${others.served} requests of other members were served, ` +
      `${counts.refusedAfter} of those who had been removed were refused\n` +
      `  first refusal after a webhook: ${shown(byWebhook)}\n` +
      `                    after DELETE: ${shown(byHand)}\n` +
      (meanwhile.length === 0 ? '' : `    after one in a reconciliation: ${shown(meanwhile)}`),
  );
  const tried = [...going, ...seeded.byHand].filter(({ triedAfter }) => triedAfter >= triesAfter).length;
  report('removed people tried afterwards', String(tried), tried, {
    atLeast: going.length + seeded.byHand.length,
    isCount: true,
  });
  report('requests of other members refused', String(others.refusedBefore), others.refusedBefore, {
    atMost: 0,
    isCount: true,
  });
  if (selfTest) {
    report('self-test: served after a pretended one', String(counts.servedAfter), counts.servedAfter, {
      atLeast: 1,
      isCount: true,
    });
  } else {
    const servedAfter = counts.servedAfter + afterChecks.servedAfter;
    report('requests served after the answer', String(servedAfter), servedAfter, { atMost: 0, isCount: true });
    const [webhook, hand] = [quantile(byWebhook, 0.99), quantile(byHand, 0.99)];
    const figure = `${webhook.toFixed(1)} ms = ${(webhook / hand).toFixed(2)} x ${hand.toFixed(1)} ms`;
    report('webhook to first refusal, p99, beside DELETE', figure, webhook, { atMost: 100 });
    const slow = quantile(meanwhile, 0.99);
    report('the same, in reconciliations', `${slow.toFixed(1)} ms`, slow, { atMost: 100 });
  }
} finally {
  await server.stop();
  await github.stop();
  await rm(folder, { recursive: true, force: true });
}

async function until(
  isSo: () => boolean | Promise<boolean>,
  otherwise: string,
  milliseconds = longestWaitMs,
): Promise<void> {
  const deadline = performance.now() + milliseconds;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`after ${milliseconds} ms, somebody ${otherwise}`);
    await nextTurn();
  }
}

async function waitingChecks(): Promise<number> {
  await sleep(500);
  const text = await (await fetch(server.url + paths.metrics)).text();
  return Number(/^nxkey_github_checks_waiting (\d+)$/m.exec(text)?.[1] ?? Number.NaN);
}

function quantile(values: number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN;
}

function shown(values: number[]): string {
  const [p50, p99, most] = [0.5, 0.99, 1].map((share) => quantile(values, share).toFixed(1));
  return `p50 ${p50 ?? ''} ms, p99 ${p99 ?? ''} ms, max ${most ?? ''} ms`;
}
