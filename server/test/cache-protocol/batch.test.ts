import { readdirSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { batchContentType, BatchReader, largestInBatch, mostInBatch } from '../../../src/protocol/batch.js';
import { paths } from '../../../src/protocol/paths.js';
import { recordOutput } from '../../../test/support/ledger.js';
import { StorageUnavailableError } from '../../src/artifacts/artifact-store.js';
import { newToken } from '../../src/domain/secrets.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { bearer, get, put, type CacheTarget } from './cache-client.js';
import { RawConnection, statusOf } from './raw-client.js';

let server: TestServer;
let token: string;
beforeEach(async () => {
  server = await startTestServer({ metrics: { registry: new Registry(), token: null } });
  token = await server.addCiToken('read-write');
});
afterEach(() => server.close());

const target = (): CacheTarget => ({ url: server.url, nxCloudId: server.workspace.nxCloudId });
const range = (count: number) => Array.from({ length: count }, (_, index) => String(index + 1));
const path = (hashes: readonly string[]) => `/w/${server.workspace.nxCloudId}/v1/batch/${hashes.join(',')}`;

async function storeAll(hashes: readonly string[], body: (hash: string) => string = (hash) => `artifact ${hash}`) {
  for (const hash of hashes) expect((await put(target(), hash, bearer(token), body(hash))).status).toBe(200);
}

async function ask(hashes: readonly string[], sent: Record<string, string> = bearer(token), where = target()) {
  const base = `${where.url}${paths.remoteCache(where.nxCloudId, where.branch)}`;
  const response = await fetch(`${base}/v1/batch/${hashes.join(',')}`, { headers: sent });
  const { status, headers } = response;
  const type = headers.get('content-type');
  const answers: Record<string, string> = {};
  if (status !== 200) {
    const body = await response.text();
    recordOutput('nxkey-server answer of the cache', `${JSON.stringify([...headers])} ${body}`);
    return { status, type, body, refused: headers.get('x-nxkey-refused'), answers };
  }
  const reader = new BatchReader(hashes);
  for (const [hash, answer] of reader.push(Buffer.from(await response.arrayBuffer()))) {
    answers[hash] = answer.kind === 'hit' ? answer.bytes.toString() : answer.kind;
  }
  expect([...reader.unanswered]).toEqual([]);
  return { status, type, body: '', refused: null, answers };
}

describe('a request for many artifacts', () => {
  it('is answered with those that are there, and with which are not', async () => {
    await storeAll(['1', '3']);
    await put(target(), 'empty', bearer(token), '');
    // From the disk, and from memory.
    for (const round of [1, 2]) {
      const { status, type, answers } = await ask(['1', '2', '3', 'empty']);
      expect({ round, status, type }).toEqual({ round, status: 200, type: batchContentType });
      expect(answers).toEqual({ '1': 'artifact 1', '2': 'miss', '3': 'artifact 3', empty: '' });
    }
  });

  it('can be for as many as it says, and leaves the large ones to be asked for alone', async () => {
    const hashes = range(mostInBatch);
    await storeAll(hashes, (hash) => hash.repeat(Math.floor(largestInBatch / 2)));
    await put(target(), 'large', bearer(token), 'a'.repeat(largestInBatch + 1));
    const { answers } = await ask([...hashes.slice(1), 'large']);
    const expected = hashes.slice(1).map((hash) => [hash, hash.repeat(Math.floor(largestInBatch / 2))]);
    expect(answers).toEqual({ ...Object.fromEntries(expected), large: 'alone' });
  });

  it.each([
    ['none', ''],
    ['one that is no hash', '1,..,2'],
    ['an empty one', '1,,2'],
    ['one too many', range(mostInBatch + 1).join(',')],
    ['far too many', 'a,'.repeat(7000)],
    ['the same twice', '1,2,1'],
    ['a query', '1,2?x=1'],
    ['another part', '1,2/3'],
  ])('with %s is refused with 400', async (_, hashes) => {
    expect(await ask([hashes])).toMatchObject({ status: 400, type: 'text/plain' });
  });

  it.each(['POST', 'PUT', 'DELETE', 'HEAD'])('can only be read: %s is refused', async (method) => {
    const connection = new RawConnection(server.url);
    connection.send([`${method} ${path(['1', '2'])} HTTP/1.1`, 'Host: x', 'Connection: close', 'Content-Length: 0']);
    const answer = await connection.untilClosed();
    expect(statusOf(answer)).toBe(405);
    expect(answer).toMatch(/^allow: GET\r$/im);
  });
});

describe('who may read', () => {
  it('is the same as for each alone: a token that is not valid gets 401, and who has no right what a miss is', async () => {
    await storeAll(['1']);
    expect(await ask(['1', '2'], bearer(newToken('ci')))).toMatchObject({ status: 401, type: 'text/plain' });
    const other = { url: server.url, ...(await server.addWorkspace('closed', 'recommended')) };
    expect(await ask(['1', '2'], {}, other)).toMatchObject({ status: 404, refused: 'true' });
    // Nobody learns whether there is such a workspace.
    const none = { url: server.url, nxCloudId: 'f'.repeat(24) };
    expect(await ask(['1', '2'], {}, none)).toMatchObject({ status: 404, refused: 'true' });
  });

  it('sees its own scope, as a read-only CI token does, by branch', async () => {
    const fork = bearer(await server.addCiToken('read-only', { name: 'fork' }));
    const onBranch = { ...target(), branch: 'feature/x' };
    await storeAll(['1']);
    await put(target(), '2', fork, 'of the fork');
    await put(onBranch, '3', fork, 'on a branch');
    const { answers } = await ask(['1', '2', '3'], fork);
    expect(answers).toEqual({ '1': 'artifact 1', '2': 'of the fork', '3': 'miss' });
    const { answers: branchAnswers } = await ask(['1', '2', '3'], fork, onBranch);
    expect(branchAnswers).toEqual({ '1': 'artifact 1', '2': 'miss', '3': 'on a branch' });
    expect((await ask(['1', '2', '3'])).answers).toEqual({ '1': 'artifact 1', '2': 'miss', '3': 'miss' });
  });

  it('ends in the middle of it when the token is revoked: of the rest nothing is told', async () => {
    const hashes = range(20);
    await storeAll(hashes);
    const { ciAccessTokens } = server.services.database;
    const [used] = await ciAccessTokens.ofWorkspace(server.workspace.id);
    beforeTheFirstRead(() => ciAccessTokens.remove(used?.id ?? ''));
    const { status, answers } = await ask(hashes);
    expect(status).toBe(200);
    expect(answers['1']).toBe('artifact 1');
    expect(hashes.slice(8).map((hash) => answers[hash])).toEqual(hashes.slice(8).map(() => 'alone'));
    expect((await get(target(), '9', bearer(token))).status).toBe(401);
  });
});

/** Between the beginning of a batch and its end. */
function beforeTheFirstRead(happens: () => Promise<unknown>): void {
  const read = server.artifacts.read.bind(server.artifacts);
  let happened: Promise<unknown> | undefined;
  vi.spyOn(server.artifacts, 'read').mockImplementation(async (key, scopes) => {
    await (happened ??= happens());
    return await read(key, scopes);
  });
}

describe('what happens meanwhile', () => {
  it('a purge: what is read after it is not there', async () => {
    const hashes = range(20);
    await storeAll(hashes);
    beforeTheFirstRead(() => server.artifacts.purge(server.workspace.id, { all: true }));
    const { answers } = await ask(hashes);
    expect(Object.values(answers)).toEqual(hashes.map(() => 'miss'));
  });

  it('a disk that fails is a 503 at first, and then a cut connection', async () => {
    await storeAll(range(20));
    const read = server.artifacts.read.bind(server.artifacts);
    const failing = { hash: '1' };
    vi.spyOn(server.artifacts, 'read').mockImplementation(async (key, scopes) => {
      if (key.hash === failing.hash) throw new StorageUnavailableError('The disk is gone.');
      return await read(key, scopes);
    });
    expect((await ask(range(20))).status).toBe(503);
    failing.hash = '20';
    await expect(ask(range(20))).rejects.toThrow();
    expect(server.log()).toContain('The disk is gone.');
    expect((await ask(range(10))).answers).toMatchObject({ '10': 'artifact 10' });
  });

  it('a client that goes away: nothing more is read for it, and no file stays open', async () => {
    const hashes = range(mostInBatch);
    await storeAll(hashes, () => 'a'.repeat(largestInBatch));
    const connection = new RawConnection(server.url);
    connection.socket.pause();
    // More than the system takes while nobody reads.
    for (let requests = 0; requests < 20; requests++) {
      connection.send([`GET ${path(hashes)} HTTP/1.1`, 'Host: x', `Authorization: Bearer ${token}`]);
    }
    while (!server.log().includes('"result":"hit"')) await sleep(5);
    connection.socket.destroy();
    while (!server.log().includes('"result":"aborted"')) await sleep(5);
    expect(server.log().split('"result":"hit"').length - 1).toBeLessThan(20 * mostInBatch);
    await server.artifacts.purge(server.workspace.id, { all: true });
    const isOpen = (fd: string) => linkOf(fd).includes(`${server.dataFolder}/artifacts/blobs`);
    while (readdirSync('/proc/self/fd').some(isOpen)) await sleep(5);
  });
});

it('is counted as if each had been asked for alone, in the metrics and as the use of an artifact', async () => {
  await storeAll(['1', '3'], () => 'hello');
  await put(target(), 'large', bearer(token), 'a'.repeat(largestInBatch + 1));
  server.passTime(60_000);
  await ask(['1', '2', '3', 'large']);
  await ask(['1', '2'], bearer(newToken('ci')));
  const text = await (await fetch(`${server.url}/metrics`)).text();
  recordOutput('nxkey-server metrics', text);
  for (const line of [
    'nxkey_cache_requests_total{method="GET",result="hit"} 2',
    'nxkey_cache_requests_total{method="GET",result="miss"} 1',
    'nxkey_cache_requests_total{method="GET",result="unauthenticated"} 1',
    'nxkey_cache_bytes_total{direction="sent"} 10',
    'nxkey_cache_refused_total{reason="bad-credential"} 1',
  ]) {
    expect(text).toContain(`${line}\n`);
  }
  await server.artifacts.stats(server.workspace.id);
  const found = await server.services.database.artifacts.find({ workspaceId: server.workspace.id, hash: '3' }, [
    'trusted',
  ]);
  expect(found?.lastReadAt).toBe(server.now());
});

it('is in the log with its route and without the hashes', async () => {
  await ask(['abcdef1', 'abcdef2']);
  expect(server.log()).toContain('"/w/:nxCloudId/v1/batch/:hashes"');
  expect(server.log()).not.toContain('abcdef');
});

/** What an open file is, in Linux's own words; a file may be closed meanwhile. */
function linkOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return '';
  }
}
