/**
 * `npm run bench:access`: what the access check adds to a request. Warm: everything about the credential is remembered,
 * and the database is asked whether that still holds. Cold: a token that was never seen before, in a database of 1,000
 * and in one of 1,000,000 tokens, in turn.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createAccessCheck,
  type Access,
  type AccessCheck,
  type Credential,
} from '../server/src/domain/access-check.js';
import { openSqliteDatabase } from '../server/src/database/sqlite.js';
import type { Database } from '../server/src/domain/repositories.js';
import { newToken } from '../server/src/domain/secrets.js';
import { fillWithTokens } from './access/fill.js';
import { median, report } from './measure.js';

/** Tokens whose secret is known here; they lie anywhere among the others. */
const samples = 3000;
const warmRounds = 200;
const warmCredentials = 500;
const connections = 16;

interface Subject {
  database: Database;
  accessCheck: AccessCheck;
  nxCloudId: string;
  credentials: Credential[];
}

const folder = await mkdtemp(join(tmpdir(), 'nxkey-bench-'));
try {
  const small = await prepare('small', 1000);
  const large = await prepare('large', 1_000_000);

  const cold = { small: [] as number[], large: [] as number[], unknown: [] as number[] };
  for (let sample = 0; sample < samples; sample++) {
    // A small database has only so many tokens: what was remembered of them is forgotten after each time around.
    const again = small.credentials[sample % small.credentials.length];
    if (sample % small.credentials.length === 0) small.accessCheck = checkOf(small.database);
    cold.small.push(await coldCheck(small, again, 'read-write'));
    cold.large.push(await coldCheck(large, large.credentials[sample], 'read-write'));
    cold.unknown.push(await coldCheck(large, { kind: 'bearer', secret: newToken('ci') }, 'none'));
  }

  const warm = { together: [] as number[], alone: [] as number[] };
  const credentials = large.credentials.slice(0, warmCredentials);
  for (const credential of credentials) await large.accessCheck.check(credential, large.nxCloudId);
  for (let round = 0; round < warmRounds; round++) {
    warm.together.push(await warmChecks(large, credentials, connections));
    warm.alone.push(await warmChecks(large, credentials, 1));
  }

  const milliseconds = (times: number[]) => `${median(times).toFixed(3)} ms`;
  const [together, alone] = [median(warm.together) * 1000, median(warm.alone) * 1000];
  report(`warm, of ${connections} that arrive together`, `${together.toFixed(2)} µs`, together, { atMost: 5 });
  report('warm, of one that arrives alone', `${alone.toFixed(2)} µs`, alone, {});
  report('cold, in 1,000,000 tokens', milliseconds(cold.large), median(cold.large), { atMost: 1 });
  const ratio = median(cold.large) / median(cold.small);
  report('cold, beside 1,000 tokens', `${ratio.toFixed(2)} x ${milliseconds(cold.small)}`, ratio, { atMost: 1.5 });
  report('unknown, in 1,000,000 tokens', milliseconds(cold.unknown), median(cold.unknown), { atMost: 1 });
  for (const { database } of [small, large]) await database.close();
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function prepare(name: string, tokens: number): Promise<Subject> {
  const dataFolder = join(folder, name);
  const { nxCloudId, secrets } = await fillWithTokens(dataFolder, { tokens, samples: Math.min(samples, tokens) });
  const database = await openSqliteDatabase(dataFolder);
  const credentials = secrets.map((secret): Credential => ({ kind: 'bearer', secret }));
  return { database, accessCheck: checkOf(database), nxCloudId, credentials };
}

function checkOf(database: Database): AccessCheck {
  return createAccessCheck({ database, clock: Date.now, tokenIdleDays: 90 });
}

/** Milliseconds. @throws {Error} when it decides otherwise, or has seen the token before */
async function coldCheck(
  { accessCheck, nxCloudId }: Subject,
  credential: Credential | undefined,
  level: Access['decision']['level'],
): Promise<number> {
  if (credential === undefined) throw new Error('there are too few samples');
  const { cold } = accessCheck.lookups;
  const started = performance.now();
  const access = await accessCheck.check(credential, nxCloudId);
  const took = performance.now() - started;
  const looked = accessCheck.lookups.cold - cold;
  if (looked !== 1 || access.decision.level !== level) throw new Error('this is no cold check of that token');
  return took;
}

/**
 * Milliseconds for each, of so many in one turn of the event loop: those share the look at what has changed.
 * @throws {Error} when one of them has to be looked up
 */
async function warmChecks(
  { accessCheck, nxCloudId }: Subject,
  credentials: readonly Credential[],
  inOneTurn: number,
): Promise<number> {
  const { warm } = accessCheck.lookups;
  const started = performance.now();
  for (let at = 0; at < credentials.length; at += inOneTurn) {
    for (const credential of credentials.slice(at, at + inOneTurn)) void accessCheck.check(credential, nxCloudId);
    await Promise.resolve();
  }
  const took = performance.now() - started;
  if (accessCheck.lookups.warm - warm !== credentials.length) throw new Error('not everything was warm');
  return took / credentials.length;
}
