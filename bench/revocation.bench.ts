/**
 * `npm run bench:revocation`: ends the rights of 10,000 credentials in every way there is while 16 connections read with
 * those that are about to lose theirs and those that just have, and counts what is served to a credential on a request
 * that was sent after its revocation was acknowledged.
 *
 * `-- --self-test` shows that the count can be other than 0: it takes each revocation for acknowledged when it is sent.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { paths } from '../src/protocol/paths.js';
import { report } from './measure.js';
import { createCredentials, ways, type Credential } from './revocation/credentials.js';
import { Candidates, read, type Counts, type Target } from './revocation/readers.js';
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
  const neverRevoked = credentialOf(await createCiToken(server, 'read-write'));
  const ownerToken = (await server.operator(['pat', 'create', '--email', server.email])).trim();
  const target: Target = {
    origin: server.url,
    path: `${paths.remoteCache(server.nxCloudId)}/v1/cache/1234567890`,
    size: 4096,
  };
  const stored = await fetch(target.origin + target.path, {
    method: 'PUT',
    headers: { authorization: `Bearer ${neverRevoked.secret}` },
    body: randomBytes(target.size),
  });
  if (stored.status !== 200) throw new Error(`the artifact was not stored: ${stored.status}`);
  const credentials = await createCredentials(server, revocations);
  const revoker = await Revoker.start(server, ownerToken, lanes);

  const candidates = new Candidates();
  const counts: Counts = { served: 0, servedInRace: 0, servedAfter: 0, refusedAfter: 0 };
  const control: Counts = { ...counts };
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

function credentialOf(secret: string): Credential {
  return { way: 'delete CI token', secret, id: '', revoked: false, served: 0, triedAfter: 0 };
}
