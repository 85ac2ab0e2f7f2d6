/**
 * Unmodified Nx with the client program that it downloads from the built server: nothing but nx.json speaks of the
 * cache, and no package of ours is in the repository. `npm test` runs it with the repository's own Nx;
 * `npm run test:nx-versions` with each of the others, and more beside it (test/nx-versions).
 */
import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { ciToken, newMember } from '../support/cache-users.js';
import { build, byClientProgram, complaints, newClone, outputOf, startNx } from '../support/nx.js';
import { nxUnderTest } from '../support/nx-installation.js';
import { logInByNx, newPerson } from '../support/person.js';
import { startServer, type TestServer } from '../support/server.js';
import { atTheEndOfTheFile } from '../support/temp-dir.js';

// Up to ten programs, one after the other.
vi.setConfig({ testTimeout: 180_000 });

/** Members read and write, everybody else reads. */
let server: TestServer;
const atTheEnd = atTheEndOfTheFile();
beforeAll(async () => {
  server = await startServer({ preset: 'open-source', atTheEnd });
});

describe(`Nx ${nxUnderTest.version}, with nothing but nx.json`, () => {
  it('logs in, stores what it has built, and takes it from the remote cache in the next clone', async () => {
    const repository = { nxCloudId: server.nxCloudId, nxCloudUrl: server.url, source: randomUUID() };
    const first = newClone(repository);
    const ada = newPerson();
    await logInByNx(server, ada, first);

    const built = await build(first, byClientProgram(ada.env));
    expect(built).toMatchObject({ code: 0, ran: ['lib'] });
    expect(complaints(built)).toEqual([]);

    const second = newClone(repository);
    const hit = await build(second, byClientProgram(ada.env));
    expect(hit).toMatchObject({ code: 0, ran: [] });
    expect(hit.printed).toMatch(/nx run lib:build +\[remote cache\]/);
    expect(hit.printed).toContain('compiled lib');
    expect(complaints(hit)).toEqual([]);
    expect(outputOf(second)).toBe(repository.source);
  });

  it('gets nothing for a member who was removed, says why in one warning, and builds all the same', async () => {
    const closed = await startServer();
    const repository = { nxCloudId: closed.nxCloudId, nxCloudUrl: closed.url, source: randomUUID() };
    await build(newClone(repository), byClientProgram({ NX_CLOUD_ACCESS_TOKEN: await ciToken(closed, 'read-write') }));
    const { token, remove } = await newMember(closed);
    const bob = byClientProgram({ NX_CLOUD_PERSONAL_ACCESS_TOKEN: token });
    const hit = await build(newClone(repository), bob);
    expect(hit).toMatchObject({ code: 0, ran: [] });
    expect(complaints(hit)).toEqual([]);

    await remove();
    const built = await build(newClone(repository), bob);
    expect(built).toMatchObject({ code: 0, ran: ['lib'] });
    expect(complaints(built)).toEqual([
      expect.stringMatching(/^warning: No remote cache for this run\. .* gives you no access: .*not a member of acme/),
    ]);
  });

  it('warns once where only an Nx that a task has started asks for results', async () => {
    const closed = await startServer();
    const { token, remove } = await newMember(closed);
    await remove();
    const clone = newClone({ nxCloudId: closed.nxCloudId, nxCloudUrl: closed.url, source: randomUUID() });
    const bob = byClientProgram({ NX_CLOUD_PERSONAL_ACCESS_TOKEN: token });
    const built = await startNx(clone, bob, ['run', 'app:nested']).finished;
    expect(built).toMatchObject({ code: 0, ran: ['lib'] });
    expect(complaints(built)).toEqual([expect.stringMatching(/^warning: No remote cache for this run\./)]);
    expect(built.printed).toMatch(/^A run of Nx within app(:nested)? says so\.$/m);
  });

  it('warns who encrypts with another key than the others, whether Nx asks for the same results then or for other ones', async () => {
    const repository = { nxCloudId: server.nxCloudId, nxCloudUrl: server.url, source: randomUUID() };
    const token = await ciToken(server, 'read-write');
    const withKey = (key: string) =>
      build(newClone(repository), byClientProgram({ NX_CLOUD_ACCESS_TOKEN: token, NX_CLOUD_ENCRYPTION_KEY: key }));
    expect(complaints(await withKey('one key'))).toEqual([]);
    const hit = await withKey('one key');
    expect(hit).toMatchObject({ code: 0, ran: [] });
    expect(complaints(hit)).toEqual([]);
    const wrong = await withKey('another key');
    expect(wrong).toMatchObject({ code: 0, ran: ['lib'] });
    expect(complaints(wrong)).toEqual([
      expect.stringMatching(/^warning: .* stored (with|them today with) another (encryption )?key/),
    ]);
  });

  it('says in one warning that the server is down, and builds all the same', async () => {
    const unsteady = await startServer();
    const access = byClientProgram({ NX_CLOUD_ACCESS_TOKEN: await ciToken(unsteady, 'read-write') });
    const clone = newClone({ nxCloudId: unsteady.nxCloudId, nxCloudUrl: unsteady.url, source: randomUUID() });
    expect(await build(clone, access, 'lib')).toMatchObject({ code: 0, ran: ['lib'] });
    await unsteady.stop();
    const built = await build(clone, access, 'app');
    expect(built).toMatchObject({ code: 0, ran: ['app'] });
    expect(complaints(built)).toEqual([
      expect.stringMatching(/^warning: No remote cache for this run\. Could not reach http:\/\/127\.0\.0\.1:/),
    ]);
  });
});
