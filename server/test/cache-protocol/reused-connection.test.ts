import { randomBytes } from 'node:crypto';
import { Agent } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { cacheClient } from '../campaigns/cache-client.js';
import { startTestServer } from '../support/test-server.js';

it('lets go of a connection after each artifact that it sends in pieces', async () => {
  const server = await startTestServer();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const warnings: Error[] = [];
  const onWarning = (warning: Error) => void warnings.push(warning);
  process.on('warning', onWarning);
  onTestFinished(async () => {
    process.off('warning', onWarning);
    agent.destroy();
    await server.close();
  });

  const cache = cacheClient(() => server.url, agent);
  const artifact = { nxCloudId: server.workspace.nxCloudId, hash: '1' };
  const body = randomBytes(100_000);
  expect((await cache.put(artifact, { kind: 'none' }, body)).status).toBe(200);
  for (let read = 0; read < 12; read++) {
    expect((await cache.get(artifact, { kind: 'none' })).body.equals(body)).toBe(true);
  }
  // A listener for each of them stayed, and Node warns of the eleventh.
  await setImmediate();
  expect(warnings).toEqual([]);
});
