import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { secretStore } from '../conversion/rotation/secret-store.js';
import { recordToken } from '../support/ledger.js';
import { logInWithToken, newPerson } from '../support/person.js';
import { programs, run } from '../support/programs.js';
import { startServer, type TestServer } from '../support/server.js';

it('convert-to-nx-cloud-id --rotate rotates at the server that the nx.json of the given path names, wherever it is typed', async () => {
  const server = await startServer();
  const { home, env } = newPerson();
  await logInWithToken(server, { home, env });
  const committed = Buffer.from(`${randomUUID()}|read-write`).toString('base64');
  recordToken(committed);
  await server.importCiToken(committed);

  // Where it is typed, another nx.json names a server at which nobody answers.
  writeFileSync(
    join(home, 'nx.json'),
    JSON.stringify({ nxCloudUrl: 'http://127.0.0.1:9', nxCloudId: server.nxCloudId }),
  );
  mkdirSync(join(home, 'elsewhere'));
  const nxJson = join(home, 'elsewhere/nx.json');
  writeFileSync(nxJson, JSON.stringify({ nxCloudUrl: server.url, nxCloudAccessToken: committed }));

  const store = secretStore();
  const rotate = ['--rotate', '--grace', '0', '--secret-command', store.command('store')];
  const { code, stderr } = await run(programs.convert, ['elsewhere', ...rotate], { env, cwd: home });
  expect([code, stderr]).toEqual([0, expect.stringContaining('nx.json')]);

  expect(JSON.parse(readFileSync(nxJson, 'utf8'))).toMatchObject({ nxCloudId: server.nxCloudId });
  expect([await statusOfMiss(server, store.take().token), await statusOfMiss(server, committed)]).toEqual([404, 401]);
});

async function statusOfMiss({ url, nxCloudId }: TestServer, token: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}` };
  return (await fetch(`${url}/w/${nxCloudId}/v1/cache/1`, { headers })).status;
}
