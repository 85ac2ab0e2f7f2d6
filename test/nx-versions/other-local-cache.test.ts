/** Nx 19.7 and 20 have both local caches, one in files and one with a database, and ask for the remote one differently. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ciToken } from '../support/cache-users.js';
import { build, byClientProgram, complaints, newClone, outputOf } from '../support/nx.js';
import { nxUnderTest } from '../support/nx-installation.js';
import { startServer } from '../support/server.js';

const other =
  nxUnderTest.major < 20
    ? { name: 'with a database', env: { NX_DB_CACHE: 'true' } }
    : { name: 'without a database', env: { NX_DISABLE_DB: 'true' } };

describe(`Nx ${nxUnderTest.version}, ${other.name}`, () => {
  it('stores, and takes from the remote cache what was stored with the other local cache, too', async () => {
    const server = await startServer();
    const token = { NX_CLOUD_ACCESS_TOKEN: await ciToken(server, 'read-write') };
    const usual = byClientProgram(token);
    const unusual = byClientProgram({ ...token, ...other.env });
    const repository = { nxCloudId: server.nxCloudId, nxCloudUrl: server.url, source: randomUUID() };

    expect(await build(newClone(repository), unusual, 'lib')).toMatchObject({ code: 0, ran: ['lib'] });
    expect(await build(newClone(repository), usual, 'app')).toMatchObject({ code: 0, ran: ['app'] });
    const clone = newClone(repository);
    const hit = await build(clone, unusual, 'app');
    expect(hit).toMatchObject({ code: 0, ran: [] });
    expect(complaints(hit)).toEqual([]);
    expect([outputOf(clone, 'lib'), outputOf(clone, 'app')]).toEqual([repository.source, repository.source]);
  });
});
