import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { packArtifact } from '../../src/nx-client/artifact/pack.js';
import type { Deadlines } from '../../src/nx-client/deadlines.js';
import { paths } from '../../src/protocol/paths.js';
import { json, silence, startAnsweringServer, type Answer, type AnsweringServer } from '../support/answering-server.js';
import { recordToken } from '../support/ledger.js';
import { tempDir } from '../support/temp-dir.js';
import { startRun, writeResult, type TestRun, type TestRunOptions } from './test-run.js';

const nxCloudId = '63f1a2b3c4d5e6f708192a3b';
const mayWrite = json(200, {
  nxCloudId,
  level: 'read-write',
  because: 'no token was sent; anonymous access is read-write',
});

/** Short, so that no test waits. The question keeps its time: it is answered at once, also on a busy computer. */
const short: Deadlines = { connectMs: 3_000, questionMs: 30_000, silenceMs: 200, leastBytes: 1024 };

function cachePath(hash: string): string {
  return `${paths.remoteCache(nxCloudId)}/v1/cache/${hash}`;
}

/** A server that lets everybody in and then does with the cache what the test wants. */
async function startCache(answers: Record<string, Answer> = {}): Promise<AnsweringServer> {
  const cache = Object.entries(answers).map(([hash, answer]): [string, Answer] => [cachePath(hash), answer]);
  return startAnsweringServer({ [paths.workspaceAccess(nxCloudId)]: mayWrite, ...Object.fromEntries(cache) });
}

function runWith(server: { url: string }, options: TestRunOptions = {}): TestRun {
  return startRun({ nxJson: { nxCloudUrl: server.url, nxCloudId }, deadlines: short, ...options });
}

async function artifact(content = 'compiled'): Promise<Buffer> {
  const folder = tempDir();
  mkdirSync(join(folder, 'outputs/dist'), { recursive: true });
  writeFileSync(join(folder, 'outputs/dist/app.js'), content);
  const file = join(folder, 'artifact');
  await packArtifact({ folder: join(folder, 'outputs'), terminalOutput: 'fine\n', code: 0 }, file);
  return readFileSync(file);
}

function send(bytes: Buffer): Answer {
  return (_, response) => {
    response.writeHead(200, { 'content-length': String(bytes.length) }).end(bytes);
  };
}

const failing: Answer = (_, response) => {
  response.writeHead(503, { 'content-type': 'text/plain' }).end('the remote cache cannot be used at the moment');
};

function warnings(text: string): string[] {
  return text.split('\n').filter((line) => line.startsWith('warning: '));
}

function retrieveAll({ cache, cacheDirectory }: TestRun, hashes: string[]): Promise<unknown[]> {
  return Promise.all(hashes.map((hash) => cache.retrieve(hash, cacheDirectory)));
}

it('goes on after one request has failed, and says so in the end', async () => {
  const server = await startCache({ '1': failing, '2': send(await artifact()) });
  const run = runWith(server);
  expect(await run.cache.retrieve('1', run.cacheDirectory)).toBe(null);
  expect(await run.cache.retrieve('2', run.cacheDirectory)).toMatchObject({ terminalOutput: 'fine\n' });
  expect(run.printed()).toBe('');
  expect(run.end()).toContain(
    `warning: 1 request to the remote cache failed. ${server.url} failed to answer (status 503).`,
  );
});

it('leaves a server alone that has failed three times', async () => {
  const server = await startCache({ '1': failing, '2': failing, '3': failing, '4': send(await artifact()) });
  const run = runWith(server);
  for (const hash of ['1', '2', '3', '4', '5']) expect(await run.cache.retrieve(hash, run.cacheDirectory)).toBe(null);
  writeResult(run, '6', { 'app.js': 'compiled' });
  expect(await run.cache.store('6', run.cacheDirectory, '', 0)).toBe(false);
  expect(server.requests.map(({ path }) => path).slice(1)).toEqual(['1', '2', '3'].map(cachePath));
  const text = run.end();
  expect(text).toContain('warning: The remote cache was left alone for the rest of this run.');
  expect(text).toContain('status 503');
  expect(warnings(text)).toHaveLength(1);
});

it('does not ask a server again that cannot be reached at first', async () => {
  const server = await startCache();
  const { port } = new URL(server.url);
  const run = runWith({ url: `http://127.0.0.1:${port === '1' ? '2' : '1'}` });
  const hashes = Array.from({ length: 100 }, (_, index) => String(index));
  expect(new Set(await retrieveAll(run, hashes))).toEqual(new Set([null]));
  const text = run.end();
  expect(text).toMatch(/^warning: No remote cache for this run\. Could not reach http:\/\/127\.0\.0\.1:\d+: .+\n.+\n$/);
});

it('asks the server once, however many results are wanted at once', async () => {
  const server = await startCache();
  const run = runWith(server);
  await retrieveAll(run, ['1', '2', '3']);
  expect(server.requests.filter(({ path }) => path === paths.workspaceAccess(nxCloudId))).toHaveLength(1);
  expect(run.end()).toBe('');
});

it('gives up three silent requests, and with them all others', async () => {
  const hashes = Array.from({ length: 300 }, (_, index) => String(index));
  const server = await startCache(Object.fromEntries(hashes.map((hash) => [hash, silence])));
  const run = runWith(server);
  expect(new Set(await retrieveAll(run, hashes))).toEqual(new Set([null]));
  const text = run.end();
  expect(text).toContain('warning: The remote cache was left alone for the rest of this run.');
  expect(text).toContain('is too slow: less than 1 KiB came or went within 0.2 s.');
  expect(warnings(text)).toHaveLength(1);
  expect(run.kept()).toEqual([]);
});

it('gives up a body that comes a byte at a time', async () => {
  const bytes = await artifact();
  const server = await startCache({
    '1': (_, response) => {
      response.writeHead(200, { 'content-length': String(bytes.length) });
      let sent = 0;
      const timer = setInterval(() => response.write(bytes.subarray(sent, ++sent)), 20);
      response.once('close', () => {
        clearInterval(timer);
      });
    },
  });
  const run = runWith(server);
  expect(await run.cache.retrieve('1', run.cacheDirectory)).toBe(null);
  expect(run.end()).toContain('warning: 1 request to the remote cache failed.');
  expect(run.kept()).toEqual([]);
});

it('waits as long as it takes with NX_CLOUD_NO_TIMEOUTS, in the environment or in nx-cloud.env', async () => {
  const bytes = await artifact();
  const late: Answer = (request, response) => {
    setTimeout(() => {
      send(bytes)(request, response);
    }, 1000);
  };
  const server = await startCache({ '1': late });
  const impatient = runWith(server);
  const patient = runWith(server, { env: { NX_CLOUD_NO_TIMEOUTS: 'true' } });
  const patientByFile = runWith(server);
  writeFileSync(join(patientByFile.root, 'nx-cloud.env'), 'NX_CLOUD_NO_TIMEOUTS=true\n');
  const runs = [impatient, patient, patientByFile];
  const results = await Promise.all(runs.map(({ cache, cacheDirectory }) => cache.retrieve('1', cacheDirectory)));
  expect(results.map((result) => result !== null)).toEqual([false, true, true]);
  expect(warnings(impatient.end())).toHaveLength(1);
  expect(patient.end() + patientByFile.end()).toBe('');
});

it('leaves nothing in the cache folder of a body that is cut off', async () => {
  const bytes = await artifact('x'.repeat(100_000));
  const server = await startCache({
    '1': (_, response) => {
      response.writeHead(200, { 'content-length': String(bytes.length) });
      response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy());
    },
  });
  const run = runWith(server);
  expect(await run.cache.retrieve('1', run.cacheDirectory)).toBe(null);
  expect(run.end()).toContain('the connection was cut before the answer was complete');
  expect(run.kept()).toEqual([]);
});

it('tries once more where a kept connection turns out to be closed', async () => {
  const bytes = await artifact();
  let asked = 0;
  const server = await startCache({
    '1': (request, response) => {
      if (++asked === 1) response.destroy();
      else send(bytes)(request, response);
    },
    '2': (_, response) => {
      if (++asked === 3) response.destroy();
      else response.writeHead(200).end();
    },
  });
  const run = runWith(server);
  expect(await run.cache.retrieve('1', run.cacheDirectory)).not.toBe(null);
  writeResult(run, '2', { 'app.js': 'compiled' });
  expect(await run.cache.store('2', run.cacheDirectory, '', 0)).toBe(true);
  expect(server.requests.filter(({ method }) => method === 'PUT').map(({ body }) => body.length > 0)).toEqual([
    true,
    true,
  ]);
  expect(run.end()).toBe('');
});

it('opens a bounded number of connections for any number of results', async () => {
  const bytes = await artifact();
  const hashes = Array.from({ length: 300 }, (_, index) => String(index));
  let held: (() => void)[] = [];
  let most = 0;
  const answer: Answer = (request, response) => {
    held.push(() => {
      send(bytes)(request, response);
    });
    most = Math.max(most, held.length);
  };
  const timer = setInterval(() => {
    for (const release of held) release();
    held = [];
  }, 50);
  onTestFinished(() => {
    clearInterval(timer);
  });
  const server = await startCache(Object.fromEntries(hashes.map((hash) => [hash, answer])));
  const run = runWith(server, { deadlines: { ...short, silenceMs: 60_000 } });
  const results = await retrieveAll(run, hashes);
  expect(results.filter((result) => result === null)).toEqual([]);
  expect(hashes.every((hash) => existsSync(join(run.cacheDirectory, hash, 'dist/app.js')))).toBe(true);
  expect(most).toBeGreaterThan(1);
  expect(most).toBeLessThanOrEqual(32);
  expect(run.end()).toBe('');
});

it('replaces what another process has put there meanwhile', async () => {
  const server = await startCache({ '1': send(await artifact('from the cache')) });
  const run = runWith(server);
  writeResult(run, '1', { 'left/over.js': 'half of it' });
  await run.cache.retrieve('1', run.cacheDirectory);
  expect(run.kept()).toEqual(['1', '1/dist', '1/dist/app.js']);
  expect(run.end()).toBe('');
});

it('says in the end that a result was too large to be stored', async () => {
  const server = await startCache({
    '1': (_, response) => {
      response.writeHead(413, { 'content-type': 'text/plain' }).end('this server takes at most 10 bytes');
    },
  });
  const run = runWith(server);
  writeResult(run, '1', { 'app.js': 'compiled' });
  expect(await run.cache.store('1', run.cacheDirectory, '', 0)).toBe(false);
  expect(run.kept()).toEqual(['1', '1/app.js']);
  expect(run.end()).toContain('1 result of this run was not stored in the remote cache.');
});

it('takes no notice of an artifact that is there already', async () => {
  const server = await startCache({
    '1': (_, response) => {
      response.writeHead(409).end();
    },
  });
  const run = runWith(server);
  writeResult(run, '1', { 'app.js': 'compiled' });
  expect(await run.cache.store('1', run.cacheDirectory, '', 0)).toBe(false);
  expect(run.end()).toBe('');
});

it('tells each operation with NX_VERBOSE_LOGGING, at once and without a token', async () => {
  const token = `nxp_${'a'.repeat(36)}`;
  recordToken(token);
  const server = await startCache({ '1': send(await artifact()), '2': failing });
  const run = runWith(server, { env: { NX_VERBOSE_LOGGING: 'true', NX_CLOUD_PERSONAL_ACCESS_TOKEN: token } });
  await run.cache.retrieve('1', run.cacheDirectory);
  expect(run.printed()).toMatch(/^\[nxkey\] retrieve 1 hit \d+ bytes \d+ ms$/m);
  await run.cache.retrieve('2', run.cacheDirectory);
  await run.cache.retrieve('3', run.cacheDirectory);
  expect(run.printed()).toMatch(/^\[nxkey\] retrieve 2 failed: .*status 503.* \d+ ms$/m);
  expect(run.printed()).toMatch(/^\[nxkey\] retrieve 3 miss \d+ ms$/m);
  expect(server.requests.every(({ headers }) => headers.authorization === `Bearer ${token}`)).toBe(true);
  expect(run.end()).not.toContain(token);
});

it('sends a large artifact as a stream', async () => {
  const server = await startCache({});
  const run = runWith(server);
  writeResult(run, '1', { 'app.bin': Array.from({ length: 100_000 }, () => Math.random()).join() });
  let size = 0;
  server.answers[cachePath('1')] = (request, response) => {
    size = Number(request.headers['content-length']);
    response.writeHead(200).end();
  };
  expect(await run.cache.store('1', run.cacheDirectory, '', 0)).toBe(true);
  expect(size).toBeGreaterThan(500_000);
  expect(run.kept()).toEqual(['1', '1/app.bin']);
  expect(run.end()).toBe('');
});

it('stores nothing more that is being packed when the server is left alone', async () => {
  const server = await startCache({ '1': failing, '2': failing, '3': failing });
  const run = runWith(server);
  writeResult(run, '4', { 'app.bin': Array.from({ length: 100_000 }, () => Math.random()).join() });
  const stored = run.cache.store('4', run.cacheDirectory, '', 0);
  await retrieveAll(run, ['1', '2', '3']);
  expect(await stored).toBe(false);
  expect(run.kept()).toEqual(['4', '4/app.bin']);
  expect(warnings(run.end())).toHaveLength(1);
});

it.each([
  ['a page', '<html><body>Access denied by policy</body></html>', 'gives you no access any more.'],
  ['nothing', '', 'gives you no access any more.'],
  ['a sentence', 'the VPN is off.', 'gives you no access any more: the VPN is off.'],
])('tells in a whole sentence that a proxy refuses, which answers with %s', async (_, body, sentence) => {
  const server = await startCache({
    '1': (_request, response) => {
      response.writeHead(403).end(body);
    },
  });
  const run = runWith(server);
  expect(await run.cache.retrieve('1', run.cacheDirectory)).toBe(null);
  expect(run.end()).toContain(`${server.url} ${sentence}\n`);
});

it.each([404, 403, 200])('reads on no endless answer with the status %i', async (status) => {
  const endless: Answer = (_, response) => {
    response.writeHead(status);
    const go = () => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536, 'x')));
    };
    response.on('drain', go);
    go();
  };
  const server = await startCache({ '1': endless, '2': endless });
  const run = runWith(server);
  expect(await run.cache.retrieve('1', run.cacheDirectory)).toBe(null);
  writeResult(run, '2', { 'app.js': 'compiled' });
  expect(await run.cache.store('2', run.cacheDirectory, '', 0)).toBe(status === 200);
});
