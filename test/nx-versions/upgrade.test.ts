/** What becomes of builds while the server is upgraded, and with it the client program that Nx has downloaded. */
import { randomUUID } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ciToken } from '../support/cache-users.js';
import {
  build,
  byClientProgram,
  complaints,
  newClone,
  outputOf,
  startNx,
  type Access,
  type Clone,
} from '../support/nx.js';
import { nxUnderTest } from '../support/nx-installation.js';
import type { Repository } from '../support/nx-repository.js';
import { serverWithOtherClient, type OtherServer } from '../support/other-server.js';
import { startServer, type TestServer } from '../support/server.js';
import { atTheEndOfTheFile } from '../support/temp-dir.js';

const others = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];

let server: TestServer;
let before: OtherServer;
/** Nx asks at every run whether its client program is still right, not every half hour. */
let access: Access;
let token: string;
const atTheEnd = atTheEndOfTheFile();
beforeAll(async () => {
  const older = JSON.stringify({ name: 'nxkey-nx-client', version: '0.0.9', main: 'index.js' });
  before = await serverWithOtherClient(
    '0.0.9',
    (files) => new Map([...files, ['package.json', Buffer.from(older)]]),
    atTheEnd,
  );
  server = await startServer({ atTheEnd, program: before.program });
  token = await ciToken(server, 'read-write');
  access = byClientProgram({ NX_CLOUD_ACCESS_TOKEN: token, NX_CLOUD_FORCE_REVALIDATE: 'true' });
});

async function serve(program?: string): Promise<void> {
  await server.stop();
  await server.restart(program);
}

/** A clone that has the client program of the server before its upgrade. */
async function cloneBeforeUpgrade(repository: Repository): Promise<Clone> {
  await serve(before.program);
  const clone = newClone(repository);
  expect(await build(clone, access, 'nine')).toMatchObject({ code: 0 });
  expect(clientsOf(clone)).toEqual(['old']);
  return clone;
}

/** Whether a clone has the client program of the server before its upgrade: `old`, `new`, or both. */
function clientsOf(clone: Clone): string[] {
  const folders = readdirSync(join(clone.root, '.nx/cache/cloud'), { withFileTypes: true });
  // Nx 24 adds a random part to the version.
  const isOld = (name: string) => name.startsWith(before.clientVersion);
  const found = folders.filter((entry) => entry.isDirectory()).map(({ name }) => (isOld(name) ? 'old' : 'new'));
  return [...new Set(found)];
}

describe(`Nx ${nxUnderTest.version}`, () => {
  it('stores with the client program that a run began with, though a second run has replaced and removed it', async () => {
    const repository: Repository = {
      nxCloudId: server.nxCloudId,
      nxCloudUrl: server.url,
      source: randomUUID(),
      others,
    };
    const clone = await cloneBeforeUpgrade(repository);
    const long = startNx(clone, access, ['build', 'lib'], { paused: 'lib' });
    await long.started();
    await serve();
    const short = await build(clone, access, 'one');
    expect(short).toMatchObject({ code: 0 });
    expect(clientsOf(clone)).toEqual(['new']);
    long.goOn();
    const built = await long.finished;
    expect(built.code).toBe(0);
    expect(complaints(built)).toEqual([]);

    const next = newClone(repository);
    expect(await build(next, access, 'lib')).toMatchObject({ code: 0, ran: [] });
  });

  /**
   * Up to 22, they are in each other's way: what one hashes the other one removes. It says so and goes on, with the cache.
   * In one of 115 rounds of two processes on a loaded machine a build failed, since Nx (`removeOldClientBundles`) looks at a
   * `verify.lock` that the other one has removed within the same milliseconds; of eight processes, 6 of 160 fail.
   *
   * 24 locks the download, and not what comes before it: a process that looks at the old program just when another one
   * removes it (`verifyCurrentBundle`) says that it goes on without the cache, and no task ran all the same. Seen once, with
   * 13 processes for two cores.
   */
  const tellsOfTheOther = /Cannot find module '.*\/cloud\/version-0\.0\.9-|^Nx Cloud was not used for this command\.$/;
  const isLocked = nxUnderTest.major >= 24;

  it.each(isLocked ? [2, 8] : [2])(
    'uses the cache in each of %i processes that find a newer client program at once',
    { retry: isLocked ? 0 : 2 },
    async (count) => {
      const repository: Repository = {
        nxCloudId: server.nxCloudId,
        nxCloudUrl: server.url,
        source: randomUUID(),
        others,
      };
      await serve(before.program);
      const all = await startNx(newClone(repository), access, ['run-many', '--target=build', '--all']).finished;
      expect(all.code, all.printed).toBe(0);
      const clone = await cloneBeforeUpgrade(repository);
      await serve();
      if (!isLocked) writeFileSync(join(clone.root, '.nx/cache/cloud/verify.lock'), '0');
      const once: Access = isLocked ? access : byClientProgram({ NX_CLOUD_ACCESS_TOKEN: token });
      const projects = others.slice(0, count);
      const builds = await Promise.all(projects.map((name) => startNx(clone, once, ['build', name]).finished));
      for (const [index, built] of builds.entries()) {
        const said = complaints(built);
        expect(built, built.printed).toMatchObject({ code: 0, ran: [] });
        expect(said.filter((line) => !tellsOfTheOther.test(line))).toEqual([]);
        expect(outputOf(clone, projects[index])).not.toBeNull();
      }
      expect(clientsOf(clone)).toEqual(['new']);
    },
  );
});
