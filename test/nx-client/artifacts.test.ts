import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../../server/test/support/test-server.js';
import { mounting, smallDisk } from '../support/small-disk.js';
import { describeWith } from '../support/system-parts.js';
import { atTheEndOfTheFile } from '../support/temp-dir.js';
import { code, tarOf, terminalOutput } from './artifact/archives.js';
import { startRun, writeResult, type TestRun, type TestRunOptions } from './test-run.js';

let server: TestServer;
let token: string;
const atTheEnd = atTheEndOfTheFile();
beforeAll(async () => {
  server = await startTestServer();
  atTheEnd(() => server.close());
  token = await server.addCiToken('read-write');
});

function newRun({ env = {}, ...options }: TestRunOptions = {}): TestRun {
  const nxJson = { nxCloudUrl: server.url, nxCloudId: server.workspace.nxCloudId };
  return startRun({ nxJson, env: { NX_CLOUD_ACCESS_TOKEN: token, ...env }, ...options });
}

const retrieve = (run: TestRun, hash: string) => run.cache.retrieve(hash, run.cacheDirectory);

async function store(run: TestRun, hash: string, content = 'compiled'): Promise<boolean> {
  writeResult(run, hash, { 'app.js': content });
  return run.cache.store(hash, run.cacheDirectory, 'fine', 0);
}

/** Puts bytes into the cache as anybody could who may write. */
async function putBytes(hash: string, bytes: Uint8Array): Promise<void> {
  const url = `${server.url}/w/${server.workspace.nxCloudId}/v1/cache/${hash}`;
  const headers = { authorization: `Bearer ${token}` };
  expect((await fetch(url, { method: 'PUT', body: Buffer.from(bytes), headers })).status).toBe(200);
}

it('stores and retrieves what is larger than any buffer', async () => {
  const content = randomBytes(3_000_000).toString('base64');
  const first = newRun();
  expect(await store(first, 'bulky', content)).toBe(true);
  const run = newRun();
  expect(await retrieve(run, 'bulky')).not.toBe(null);
  expect(readFileSync(join(run.cacheDirectory, 'bulky/app.js'), 'utf8') === content).toBe(true);
  expect(first.kept()).toEqual(['bulky', 'bulky/app.js']);
  expect(first.end() + run.end()).toBe('');
});

it('takes nothing of a hostile archive, and says how many there were', async () => {
  const outside = [{ ...code, name: '../../escaped', content: 'evil' }, terminalOutput, code];
  const hostile = gzipSync(await tarOf(outside));
  await putBytes('hostile1', hostile);
  await putBytes('hostile2', hostile);
  await putBytes('page', Buffer.from('<html>maintenance</html>'));
  const run = newRun();
  const results = await Promise.all(['hostile1', 'hostile2', 'page'].map((hash) => retrieve(run, hash)));
  expect(results).toEqual([null, null, null]);
  expect(run.kept()).toEqual([]);
  expect(existsSync(join(run.root, '.nx/escaped'))).toBe(false);
  expect(run.end()).toMatch(/^warning: 3 results of the remote cache could not be used\. It /);
});

it('goes on with other artifacts after a damaged one', async () => {
  await putBytes('damaged', Buffer.from('no artifact'));
  const first = newRun();
  expect(await store(first, 'good')).toBe(true);
  const run = newRun();
  expect(await retrieve(run, 'damaged')).toBe(null);
  expect(await retrieve(run, 'good')).not.toBe(null);
  expect(run.end()).toContain('warning: 1 result of the remote cache could not be used.');
});

it('stores encrypted with a key, from the environment or from nx.json, and reads it with the same', async () => {
  const [key, other] = ['kept from the server', 'the key of others'];
  const byEnvironment = newRun({ env: { NX_CLOUD_ENCRYPTION_KEY: key }, options: { encryptionKey: other } });
  expect(await store(byEnvironment, 'sealed', 'secret sauce')).toBe(true);
  const sent = await fetch(`${server.url}/w/${server.workspace.nxCloudId}/v1/cache/sealed`);
  expect(
    Buffer.from(await sent.arrayBuffer())
      .subarray(0, 10)
      .toString(),
  ).toBe('nxkey-enc1');

  const bySetting = newRun({ options: { encryptionKey: key } });
  expect(await retrieve(bySetting, 'sealed')).toMatchObject({ terminalOutput: 'fine' });
  expect(byEnvironment.end() + bySetting.end()).toBe('');

  const wrongKey = newRun({ options: { encryptionKey: other } });
  expect(await retrieve(wrongKey, 'sealed')).toBe(null);
  const text = wrongKey.end();
  expect(text).toContain('warning: 1 result of the remote cache could not be used. It cannot be decrypted');
  expect(text).not.toContain(other);

  const noKey = newRun();
  expect(await retrieve(noKey, 'sealed')).toBe(null);
  expect(noKey.end()).toContain('It is encrypted, and no key is set here.');
});

it('does not store outputs for which the format has no room, and says so', async () => {
  const run = newRun();
  writeResult(run, 'unsuitable', { code: 'an output of that name' });
  expect(await run.cache.store('unsuitable', run.cacheDirectory, '', 0)).toBe(false);
  expect(run.end()).toContain('warning: 1 result of this run was not stored in the remote cache. ');
});

it('removes what killed processes have left in its folder more than a day ago', async () => {
  const run = newRun();
  const folder = join(run.cacheDirectory, '.nxkey');
  for (const name of ['old', 'new']) mkdirSync(join(folder, name, 'dist'), { recursive: true });
  const longAgo = new Date(Date.now() - 25 * 60 * 60 * 1000);
  utimesSync(join(folder, 'old'), longAgo, longAgo);
  expect(await store(run, 'any')).toBe(true);
  await expect.poll(() => readdirSync(folder)).toEqual(['new']);
});

it('tells of a cache folder in which nothing can be made, and takes it for no defect of its own', async () => {
  const run = newRun();
  const noFolder = join(run.root, 'nx.json');
  expect(await run.cache.store('any-other', noFolder, '', 0)).toBe(false);
  expect(await store(run, 'any-other')).toBe(true);
  expect(run.end()).toContain(`into the remote cache. ${noFolder} could not be written: `);
});

it('refuses a hash that is none', async () => {
  const run = newRun();
  expect(await retrieve(run, '../../outside')).toBe(null);
  expect(await run.cache.store('../../outside', run.cacheDirectory, '', 0)).toBe(false);
  expect(run.end()).toBe('');
});

describeWith(mounting, 'a full disk', () => {
  it('is a miss, leaves nothing behind, and the cache alone for the rest of the run', async () => {
    const first = newRun();
    writeResult(first, 'large', { 'app.js': 'x'.repeat(1024 * 1024) });
    expect(await first.cache.store('large', first.cacheDirectory, '', 0)).toBe(true);
    expect(await store(first, 'small')).toBe(true);

    const cacheDirectory = smallDisk(256);
    const run = newRun({ cacheDirectory });
    expect([await retrieve(run, 'large'), await retrieve(run, 'small')]).toEqual([null, null]);
    expect(run.kept()).toEqual([]);
    const text = run.end();
    expect(text).toContain('warning: The remote cache was left alone for the rest of this run.');
    expect(text).toContain(`${cacheDirectory} could not be written: the disk is full.`);
  });
});
