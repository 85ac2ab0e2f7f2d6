/**
 * `npm run bench:revocation`: ends the rights of 10,000 credentials in every way there is while 16 connections read with
 * those that are about to lose theirs and those that just have, and counts what is served to a credential on a request
 * that was sent after its revocation was acknowledged.
 *
 * `-- --self-test` shows that the count can be other than 0: it takes each revocation for acknowledged when it is sent.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { report } from './measure.js';
import { createCredentials, ways } from './revocation/credentials.js';
import { Candidates, noCounts, read, storeTarget, untried, type Counts } from './revocation/readers.js';
import { Revoker } from './revocation/revoke.js';
import { createCiToken, startNxkeyServer } from './support/nxkey-server.js';

const selfTest = process.argv.includes('--self-test');
const revocations = selfTest ? 500 : 10_000;
const connections = 16;
/** Revocations under way at once. */
const lanes = 4;

const folder = await mkdtemp(join(tmpdir(), 'nxkey-bench-'));
const server = await startNxkeyServer(folder);
try {
  const neverRevoked = untried(await createCiToken(server, 'read-write'));
  const ownerToken = (await server.operator(['pat', 'create', '--email', server.email])).trim();
  const target = await storeTarget(server, neverRevoked.secret);
  const credentials = await createCredentials(server, revocations);
  const revoker = await Revoker.start(server, ownerToken, lanes);

  const candidates = new Candidates();
  const counts: Counts = { ...noCounts };
  const control: Counts = { ...noCounts };
  const started = performance.now();
  const progress = { done: false };
  const ended = () => progress.done;
  const readers = [
    // One of them sees that the server goes on serving those who may read.
    read(target, () => neverRevoked, ended, control),
    ...Array.from({ length: connections - 1 }, () => read(target, () => candidates.next(), ended, counts)),
  ];
  const rest = credentials.values();
  const lane = async () => {
    for (const credential of rest) {
      candidates.live.add(credential);
      // Served once at least: what the server keeps in memory about it is what must be dropped.
      while (credential.served === 0) await nextTurn();
      if (selfTest) credential.revoked = true;
      await revoker.revoke(credential);
      credential.revoked = true;
      candidates.revoked(credential);
      while (credential.triedAfter === 0) await nextTurn();
    }
  };
  await Promise.race([Promise.all(readers), Promise.all(Array.from({ length: lanes }, lane))]);
  const took = (performance.now() - started) / 1000;
  progress.done = true;
  await Promise.all(readers);
  await revoker.close();

  const tried = credentials.filter(({ triedAfter }) => triedAfter > 0).length;
  console.log(
    `${revocations} revocations (${ways.join(', ')}, in turn, ${lanes} at once) in ${took.toFixed(0)} s while ` +
      `${connections} connections read:\n` +
      `  ${counts.served + control.served} requests served, ${counts.servedInRace} of them sent before an ` +
      `acknowledgement and answered after it\n` +
      `  ${counts.refusedAfter} requests refused that were sent after it; ${tried} of the credentials were tried again`,
  );
  report('credentials tried after their revocation', String(tried), tried, { atLeast: revocations });
  const figure = String(counts.servedAfter);
  if (selfTest) {
    report('self-test: served after a pretended one', figure, counts.servedAfter, { atLeast: 1 });
  } else {
    report('requests served after the acknowledgement', figure, counts.servedAfter, { atMost: 0 });
  }
} finally {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}
