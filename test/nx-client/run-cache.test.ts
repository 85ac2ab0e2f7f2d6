import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../../server/test/support/test-server.js';
import { atTheEndOfTheFile } from '../support/temp-dir.js';
import { startRun, writeResult } from './test-run.js';
import { beforeAll } from 'vitest';

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
