import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startTestServer } from '../../server/test/support/test-server.js';
import { packArtifact } from '../../src/nx-client/artifact/pack.js';
import type { Deadlines } from '../../src/nx-client/deadlines.js';
import { batchContentType, batchLine, mostInBatch, type BatchAnswer } from '../../src/protocol/batch.js';
import { paths } from '../../src/protocol/paths.js';
import { html, json, silence, startAnsweringServer, type Answer } from '../support/answering-server.js';
import { tempDir } from '../support/temp-dir.js';
import { startRun, writeResult, type TestRun, type TestRunOptions } from './test-run.js';

const nxCloudId = '63f1a2b3c4d5e6f708192a3b';
const cache = `${paths.remoteCache(nxCloudId)}/v1`;

/** Short, so that no test waits. The question keeps its time: it is answered at once, also on a busy computer. */
/** Only for servers that are silent or slow: a busy machine is so, too. */
const short: Deadlines = { connectMs: 30_000, questionMs: 30_000, silenceMs: 200, leastBytes: 1024 };
const patient: Deadlines = { ...short, silenceMs: 60_000 };

/** A server that lets everybody in and then does with the cache what the test wants, by the end of the address. */
async function startCache(answers: Record<string, Answer>) {
  const because = 'no token was sent; anonymous access is read-write';
  const server = await startAnsweringServer({
    [paths.workspaceAccess(nxCloudId)]: json(200, { nxCloudId, level: 'read-write', because }),
    ...Object.fromEntries(Object.entries(answers).map(([end, answer]) => [`${cache}/${end}`, answer])),
  });
  /** What has been asked of the cache, without what the encryption's check asks. */
  const asked = () =>
    server.requests
      .filter(({ path }) => path.startsWith(cache) && !path.includes('key-check'))
      .map(({ path }) => path.slice(cache.length + 1));
  return { url: server.url, asked };
}

function runWith({ url }: { url: string }, options: TestRunOptions = {}): TestRun {
  return startRun({ nxJson: { nxCloudUrl: url, nxCloudId }, deadlines: patient, ...options });
}

/** Whether each was there. */
async function retrieveAll({ cache, cacheDirectory }: TestRun, hashes: readonly string[]): Promise<boolean[]> {
  const results = await Promise.all(hashes.map((hash) => cache.retrieve(hash, cacheDirectory)));
  return results.map((result) => result !== null);
}

async function artifact(content = 'compiled'): Promise<Buffer> {
  const folder = tempDir();
  mkdirSync(join(folder, 'outputs/dist'), { recursive: true });
  writeFileSync(join(folder, 'outputs/dist/app.js'), content);
  const file = join(folder, 'artifact');
  await packArtifact({ folder: join(folder, 'outputs'), terminalOutput: 'fine\n', code: 0 }, file);
  return readFileSync(file);
}

const hit = (bytes: Buffer): BatchAnswer => ({ kind: 'hit', bytes });

function written(answers: Record<string, BatchAnswer>): Buffer {
  return Buffer.concat(
    Object.entries(answers).flatMap(([hash, answer]) => [
      Buffer.from(batchLine(hash, answer)),
      ...(answer.kind === 'hit' ? [answer.bytes] : []),
    ]),
  );
}

function sendBatch(bytes: Buffer, then: 'end' | 'cut' | 'nothing' = 'end'): Answer {
  return (_, response) => {
    response.writeHead(200, { 'content-type': batchContentType });
    response.write(bytes, () => {
      if (then === 'end') response.end();
      if (then === 'cut') response.destroy();
    });
  };
}

function send(bytes: Buffer): Answer {
  return (_, response) => {
    response.writeHead(200, { 'content-length': String(bytes.length) }).end(bytes);
  };
}

function sentence(status: number, text: string, headers: Record<string, string> = {}): Answer {
  return (_, response) => {
    response.writeHead(status, { 'content-type': 'text/plain', ...headers }).end(text);
  };
}

function warnings(text: string): string[] {
  return text.split('\n').filter((line) => line.startsWith('warning: '));
}

describe('results that are wanted at once', () => {
  it('come from a real server in a few requests, the large ones on their own', async () => {
    const server = await startTestServer();
    onTestFinished(() => server.close());
    const nxJson = { nxCloudUrl: server.url, nxCloudId: server.workspace.nxCloudId };
    const env = {
      NX_CLOUD_ACCESS_TOKEN: await server.addCiToken('read-write'),
      NX_CLOUD_ENCRYPTION_KEY: 'kept from the server',
    };
    const hashes = Array.from({ length: 100 }, (_, index) => `task-${index}`);
    const contentOf = (hash: string) =>
      hash === 'task-7' ? Array.from({ length: 20_000 }, () => Math.random()).join() : `compiled ${hash}`;
    const first = startRun({ nxJson, env });
    const contents = new Map(hashes.map((hash) => [hash, contentOf(hash)]));
    for (const [hash, content] of contents) writeResult(first, hash, { 'app.js': content });
    const stored = hashes.map((hash) => first.cache.store(hash, first.cacheDirectory, `built ${hash}`, 0));
    expect(new Set(await Promise.all(stored))).toEqual(new Set([true]));

    const run = startRun({ nxJson, env });
    const results = await Promise.all(
      [...hashes, 'missing'].map((hash) => run.cache.retrieve(hash, run.cacheDirectory)),
    );
    expect(results.map((result) => result?.terminalOutput ?? null)).toEqual([
      ...hashes.map((hash) => `built ${hash}`),
      null,
    ]);
    for (const [hash, content] of contents) {
      expect(readFileSync(join(run.cacheDirectory, hash, 'app.js'), 'utf8') === content).toBe(true);
    }
    const gets = server.log().match(/"method":"GET","route":"\/w\/:nxCloudId\/v1\/cache\/:hash","status":200/g);
    // The large one, and what the encryption's check has left.
    expect(gets).toHaveLength(2);
    expect(first.end() + run.end()).toBe('');
  });

  it('are asked for in requests of about the same size, and one or two each in their own', async () => {
    const hashes = Array.from({ length: mostInBatch * 2 + 2 }, (_, index) => String(index));
    const server = await startCache({});
    const batchesOf = (size: number) =>
      [0, 1, 2].map((part) => hashes.slice(part * size, (part + 1) * size)).map((part) => `batch/${part.join(',')}`);
    const run = runWith(server);
    await retrieveAll(run, ['a']);
    await retrieveAll(run, ['b', 'c']);
    expect(server.asked()).toEqual(['cache/a', 'cache/b', 'cache/c']);
    await retrieveAll(run, hashes);
    expect(server.asked().slice(3, 6).sort()).toEqual(batchesOf(22).sort());
    expect(run.end()).toBe('');
  });

  it('may be the same one more than once', async () => {
    const bytes = await artifact();
    const server = await startCache({
      'batch/1,2,3': sendBatch(written({ '2': { kind: 'miss' }, '3': hit(bytes), '1': hit(bytes) })),
      'cache/1': send(bytes),
    });
    const run = runWith(server);
    expect(await retrieveAll(run, ['1', '2', '3', '1'])).toEqual([true, false, true, true]);
    expect(run.end()).toBe('');
  });

  it('are asked for alone where the server says so', async () => {
    const bytes = await artifact();
    const server = await startCache({
      'batch/1,2,3': sendBatch(written({ '1': { kind: 'alone' }, '2': { kind: 'alone' }, '3': { kind: 'miss' } })),
      'cache/1': send(bytes),
    });
    const run = runWith(server);
    expect(await retrieveAll(run, ['1', '2', '3'])).toEqual([true, false, false]);
    expect(server.asked()).toEqual(['batch/1,2,3', 'cache/1', 'cache/2']);
    expect(run.end()).toBe('');
  });

  it('do not suffer from a damaged one among them', async () => {
    const bytes = await artifact();
    const damaged = hit(Buffer.from('no artifact'));
    const server = await startCache({
      'batch/1,2,3': sendBatch(written({ '1': hit(bytes), '2': damaged, '3': hit(bytes) })),
    });
    const run = runWith(server);
    expect(await retrieveAll(run, ['1', '2', '3'])).toEqual([true, false, true]);
    expect(run.end()).toContain('warning: 1 result of the remote cache could not be used.');
  });
});

describe('where the server knows no such requests', () => {
  it.each([
    ['404', html(404, '<h1>Not Found</h1>')],
    ['400', sentence(400, 'the hash is wrong')],
    ['405', sentence(405, '')],
    ['501', sentence(501, '')],
    ['403, as a proxy that minds the address may', html(403, '<h1>Forbidden</h1>')],
    ['a page', html(200, '<h1>Welcome</h1>')],
    ['another redirect', sentence(302, '', { location: '/' })],
  ])('and answers with %s, each result is asked for on its own, and that is remembered', async (_, answer) => {
    const bytes = await artifact();
    const server = await startCache({ 'batch/1,2,3': answer, 'cache/1': send(bytes), 'cache/6': send(bytes) });
    const run = runWith(server);
    expect(await retrieveAll(run, ['1', '2', '3'])).toEqual([true, false, false]);
    expect(await retrieveAll(run, ['4', '5', '6'])).toEqual([false, false, true]);
    expect(server.asked()).toEqual(['batch/1,2,3', ...['1', '2', '3', '4', '5', '6'].map((hash) => `cache/${hash}`)]);
    expect(run.end()).toBe('');
  });
});

describe('a request for many that goes wrong', () => {
  it.each([
    ['is cut in the middle', 'cut', 'the connection was cut before the answer was complete'],
    ['ends too early', 'end', 'answered in a way that makes no sense. It ends too early.'],
    ['goes silent', 'nothing', 'is too slow: less than 1 KiB came or went within 0.2 s.'],
  ] as const)('because it %s leaves what has come, and is one failure', async (_, then, reason) => {
    const bytes = await artifact();
    const most = written({ '1': hit(bytes), '2': hit(bytes), '3': hit(bytes) });
    const server = await startCache({
      'batch/1,2,3,4': sendBatch(most.subarray(0, -10), then),
      'cache/5': send(bytes),
    });
    const run = runWith(server, { deadlines: then === 'nothing' ? short : patient });
    expect(await retrieveAll(run, ['1', '2', '3', '4'])).toEqual([true, true, false, false]);
    expect(await retrieveAll(run, ['5'])).toEqual([true]);
    const text = run.end();
    expect(text).toContain('warning: 1 request to the remote cache failed.');
    expect(text).toContain(reason);
    expect(warnings(text)).toHaveLength(1);
    expect(run.kept().filter((name) => !name.includes('/'))).toEqual(['1', '2', '5']);
  });

  it.each([
    ['of another hash', 'other miss\n'],
    ['of a hash that has been answered', '1 miss\n1 miss\n'],
    ['of a length that no answer has', '1 hit 999999999\n'],
    ['that is none', 'hello\n'],
    ['without an end', 'x'.repeat(1_000_000)],
  ])('because of an answer %s is one failure', async (_, text) => {
    const server = await startCache({ 'batch/1,2,3': sendBatch(Buffer.from(text), 'nothing') });
    const run = runWith(server);
    expect(await retrieveAll(run, ['1', '2', '3'])).toEqual([false, false, false]);
    expect(run.end()).toMatch(
      /^warning: 1 request to the remote cache failed\. .* answered in a way that makes no sense/,
    );
  });

  it('because a length is a lie harms only what comes after it', async () => {
    const bytes = await artifact();
    const lying = Buffer.concat([
      written({ '1': hit(bytes) }),
      Buffer.from(`2 hit ${bytes.length - 5}\n`),
      bytes,
      written({ '3': hit(bytes) }),
    ]);
    const server = await startCache({ 'batch/1,2,3': sendBatch(lying) });
    const run = runWith(server);
    expect(await retrieveAll(run, ['1', '2', '3'])).toEqual([true, false, false]);
    expect(warnings(run.end())).toHaveLength(1);
    expect(run.kept()).toEqual(['1', '1/dist', '1/dist/app.js']);
  });

  it('only after everything has been answered is none, and is not read on', async () => {
    const bytes = await artifact();
    let closed = false;
    const server = await startCache({
      'batch/1,2,3': (_, response) => {
        response.once('close', () => (closed = true));
        response.writeHead(200, { 'content-type': batchContentType });
        response.write(written({ '1': hit(bytes), '2': hit(bytes), '3': hit(bytes) }));
        const go = () => {
          while (!response.destroyed && response.write(Buffer.alloc(65_536, 'x')));
        };
        response.on('drain', go);
        go();
      },
    });
    const run = runWith(server);
    expect(await retrieveAll(run, ['1', '2', '3'])).toEqual([true, true, true]);
    await expect.poll(() => closed).toBe(true);
    expect(run.end()).toBe('');
  });

  it('a byte at a time is given up', async () => {
    const all = written({ '1': hit(await artifact()), '2': { kind: 'miss' }, '3': { kind: 'miss' } });
    const server = await startCache({
      'batch/1,2,3': (_, response) => {
        response.writeHead(200, { 'content-type': batchContentType });
        let sent = 0;
        const timer = setInterval(() => response.write(all.subarray(sent, ++sent)), 20);
        response.once('close', () => {
          clearInterval(timer);
        });
      },
    });
    const run = runWith(server, { deadlines: short });
    expect(await retrieveAll(run, ['1', '2', '3'])).toEqual([false, false, false]);
    expect(run.end()).toContain('warning: 1 request to the remote cache failed.');
  });

  it('three times ends the use of the cache for this run', async () => {
    const failing = sentence(503, 'the remote cache cannot be used at the moment');
    const server = await startCache({ 'batch/1,2,3': failing, 'batch/4,5,6': failing, 'batch/7,8,9': failing });
    const run = runWith(server);
    for (const hashes of ['123', '456', '789', 'abc']) {
      expect(await retrieveAll(run, hashes.split(''))).toEqual([false, false, false]);
    }
    expect(server.asked()).toEqual(['batch/1,2,3', 'batch/4,5,6', 'batch/7,8,9']);
    const text = run.end();
    expect(text).toContain('warning: The remote cache was left alone for the rest of this run.');
    expect(warnings(text)).toHaveLength(1);
  });

  it('at once with others, and they with it, where a server is silent', async () => {
    const hashes = Array.from({ length: 300 }, (_, index) => String(index));
    const batches = Array.from({ length: 10 }, (_, index) => hashes.slice(index * 30, (index + 1) * 30));
    const server = await startCache(Object.fromEntries(batches.map((batch) => [`batch/${batch.join(',')}`, silence])));
    const run = runWith(server, { deadlines: short });
    expect(new Set(await retrieveAll(run, hashes))).toEqual(new Set([false]));
    const text = run.end();
    expect(text).toContain('warning: The remote cache was left alone for the rest of this run.');
    expect(warnings(text)).toHaveLength(1);
  });

  it('is tried once more where a kept connection turns out to be closed', async () => {
    const bytes = await artifact();
    const answers = [
      ((_, response) => response.destroy()) satisfies Answer,
      sendBatch(written({ '1': hit(bytes), '2': hit(bytes), '3': hit(bytes) })),
    ];
    const server = await startCache({
      'batch/1,2,3': (request, response) => answers.shift()?.(request, response),
    });
    const run = runWith(server);
    expect(await retrieveAll(run, ['1', '2', '3'])).toEqual([true, true, true]);
    expect(run.end()).toBe('');
  });
});

it.each([
  ['a token that has ended', sentence(401, 'the token was revoked'), 'it is expired or revoked.'],
  [
    'a right that has ended',
    sentence(404, 'you are no member any more', { 'x-nxkey-refused': 'true' }),
    'you are no member any more',
  ],
])('tells of %s as for one artifact alone, once', async (_, answer, reason) => {
  const server = await startCache({ 'batch/1,2,3': answer });
  const run = runWith(server);
  expect(await retrieveAll(run, ['1', '2', '3'])).toEqual([false, false, false]);
  expect(await retrieveAll(run, ['4'])).toEqual([false]);
  expect(server.asked()).toEqual(['batch/1,2,3']);
  const text = run.end();
  expect(warnings(text)).toHaveLength(1);
  expect(text).toContain('warning: The remote cache was left alone for the rest of this run.');
  expect(text).toContain(reason);
  expect(existsSync(join(run.cacheDirectory, '1'))).toBe(false);
});
