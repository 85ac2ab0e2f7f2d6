import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../../server/test/support/test-server.js';
import { atTheEndOfTheFile } from '../support/temp-dir.js';
import { startRun, writeResult } from './test-run.js';

let server: TestServer;
const atTheEnd = atTheEndOfTheFile();
beforeAll(async () => {
  server = await startTestServer();
  atTheEnd(() => server.close());
});

function nxJson(): object {
  return { nxCloudUrl: server.url, nxCloudId: server.workspace.nxCloudId };
}

it('gives one run what another has stored, and prints nothing', async () => {
  const token = await server.addCiToken('read-write');
  const first = startRun({ nxJson: nxJson(), env: { NX_CLOUD_ACCESS_TOKEN: token } });
  writeResult(first, '17', { 'dist/app.js': 'compiled' });
  expect(await first.cache.store('17', first.cacheDirectory, 'all fine\n', 0)).toBe(true);

  const second = startRun({ nxJson: nxJson(), env: { NX_CLOUD_ACCESS_TOKEN: token } });
  const result = await second.cache.retrieve('17', second.cacheDirectory);
  const outputsPath = join(second.cacheDirectory, '17');
  expect(result).toEqual({ outputsPath, terminalOutput: 'all fine\n', code: 0 });
  expect(readFileSync(join(outputsPath, 'dist/app.js'), 'utf8')).toBe('compiled');
  expect(await second.cache.retrieve('18', second.cacheDirectory)).toBe(null);
  expect(first.end() + second.end()).toBe('');
  expect(second.kept()).toEqual(['17', '17/dist', '17/dist/app.js']);
});

it('keeps a result as Nx before version 20 wants it, and stores it from there', async () => {
  const token = await server.addCiToken('read-write');
  const first = startRun({ nxJson: nxJson(), env: { NX_CLOUD_ACCESS_TOKEN: token } });
  writeResult(first, 'abc1', {
    'outputs/dist/app.js': 'compiled',
    terminalOutput: 'failed\n',
    code: '3',
    source: 'me',
  });
  expect(await first.cache.v1.store('abc1', first.cacheDirectory)).toBe(true);

  const second = startRun({ nxJson: nxJson(), env: { NX_CLOUD_ACCESS_TOKEN: token } });
  expect(await second.cache.v1.retrieve('abc1', second.cacheDirectory)).toBe(true);
  const read = (path: string) => readFileSync(join(second.cacheDirectory, path), 'utf8');
  const paths = ['abc1.commit', 'abc1/code', 'abc1/terminalOutput', 'abc1/outputs/dist/app.js'];
  expect(paths.map(read)).toEqual(['true', '3', 'failed\n', 'compiled']);
  expect(second.kept()).toEqual(['abc1', ...paths, 'abc1/outputs', 'abc1/outputs/dist'].sort());

  // On the wire it is what Nx 20 and later reads and writes.
  const result = await first.cache.retrieve('abc1', join(first.cacheDirectory));
  expect(result).toEqual({ outputsPath: join(first.cacheDirectory, 'abc1'), terminalOutput: 'failed\n', code: 3 });
  expect(readFileSync(join(first.cacheDirectory, 'abc1/dist/app.js'), 'utf8')).toBe('compiled');
});
