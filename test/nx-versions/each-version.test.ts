/** What else people meet who have nothing but nx.json, with each version of Nx. */
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ciToken } from '../support/cache-users.js';
import { build, byClientProgram, complaints, newClone, outputOf, startNx } from '../support/nx.js';
import type { Repository } from '../support/nx-repository.js';
import { nxUnderTest, type NxInstallation } from '../support/nx-installation.js';
import { startServer, type TestServer } from '../support/server.js';
import { atTheEndOfTheFile } from '../support/temp-dir.js';

/** People read, only CI writes, and nobody gets in without a token. */
let server: TestServer;
let ci: NodeJS.ProcessEnv;
const atTheEnd = atTheEndOfTheFile();
beforeAll(async () => {
  server = await startServer({ atTheEnd });
  ci = { NX_CLOUD_ACCESS_TOKEN: await ciToken(server, 'read-write') };
});

/** With NX_CACHE_FAILURES all versions store the results of failed tasks; up to 22 none looks at one again. */
const takesFailures = nxUnderTest.major > 22;

function newRepository(nxCloudUrl = server.url): Repository {
  return { nxCloudId: server.nxCloudId, nxCloudUrl, source: randomUUID() };
}

describe(`Nx ${nxUnderTest.version}`, () => {
  it('takes CI’s results for a person who may only read, and says in one warning that hers are not stored', async () => {
    const repository = newRepository();
    const ada = byClientProgram({ NX_CLOUD_PERSONAL_ACCESS_TOKEN: await server.createPat() });
    const built = await build(newClone(repository), ada, 'app');
    expect(built).toMatchObject({ code: 0, ran: ['lib', 'app'] });
    expect(complaints(built)).toEqual([
      expect.stringMatching(
        /^warning: 2 results of this run were not stored in the remote cache\. You may only read it/,
      ),
    ]);

    expect(await build(newClone(repository), byClientProgram(ci), 'app')).toMatchObject({
      code: 0,
      ran: ['lib', 'app'],
    });
    const clone = newClone(repository);
    const hit = await build(clone, ada, 'app');
    expect(hit).toMatchObject({ code: 0, ran: [] });
    expect(complaints(hit)).toEqual([]);
    expect([outputOf(clone, 'lib'), outputOf(clone, 'app')]).toEqual([repository.source, repository.source]);
  });

  it('says in one warning how to log in, and builds all the same', async () => {
    const built = await build(newClone(newRepository()), byClientProgram({}));
    expect(built).toMatchObject({ code: 0, ran: ['lib'] });
    expect(complaints(built)).toEqual([
      expect.stringMatching(/^warning: No remote cache for this run\. .* gives you no access/),
    ]);
    // Nx 17 and 18 bring an `nx-cloud` of their own, which does nothing without an access token.
    const typed = [17, 18].includes(nxUnderTest.major) ? 'nxkey' : 'nx-cloud';
    expect(built.printed).toContain(`Log in:  npx ${typed} login ${server.url}`);
  });

  it('fails again with the stored result of a task that failed, where Nx takes such a result', async () => {
    const repository = newRepository();
    const keeping = byClientProgram({ ...ci, NX_CACHE_FAILURES: 'true' });
    const failed = await startNx(newClone(repository), keeping, ['test', 'lib']).finished;
    expect(failed).toMatchObject({ code: 1, ran: ['lib'] });
    const again = await startNx(newClone(repository), keeping, ['test', 'lib']).finished;
    expect(again).toMatchObject({ code: 1, ran: takesFailures ? [] : ['lib'] });
    expect(again.printed).toContain('tested lib');
    expect(again.stderr).not.toContain('warning:');
  });

  it('goes on with the client program that it has when the server is down, also when it wants to ask for a newer', async () => {
    const unsteady = await startServer();
    const token = await ciToken(unsteady, 'read-write');
    const access = byClientProgram({ NX_CLOUD_ACCESS_TOKEN: token, NX_CLOUD_FORCE_REVALIDATE: 'true' });
    const clone = newClone({ ...newRepository(unsteady.url), nxCloudId: unsteady.nxCloudId });
    await build(clone, access);
    await unsteady.stop();
    const built = await build(clone, access, 'app');
    expect(built).toMatchObject({ code: 0, ran: ['app'] });
    expect(complaints(built)).toEqual([expect.stringContaining('Could not reach http://127.0.0.1:')]);
  });

  it('builds with its daemon as without', async () => {
    const repository = newRepository();
    const withDaemon = byClientProgram({ ...ci, NX_DAEMON: 'true' });
    const first = newClone(repository);
    expect(await build(first, withDaemon)).toMatchObject({ code: 0, ran: ['lib'] });
    const second = newClone(repository);
    const hit = await build(second, withDaemon);
    expect(hit).toMatchObject({ code: 0, ran: [] });
    expect(complaints(hit)).toEqual([]);
    // Nx answers from what its daemon knows of the outputs, and asks nobody; then it has to notice that they are gone.
    expect(await build(second, withDaemon)).toMatchObject({ code: 0, ran: [] });
    rmSync(join(second.root, 'dist'), { recursive: true });
    expect(await build(second, withDaemon)).toMatchObject({ code: 0, ran: [] });
    expect(outputOf(second)).toBe(repository.source);
    for (const clone of [first, second]) await startNx(clone, withDaemon, ['reset']).finished;
  });
});

/**
 * Nx itself loads the client program, so before the first download we have no say. It does not build with the packages
 * of version 19.1.3, nor with Nx 20. docs/use-the-cache.md says what to do.
 */
describe(`Nx ${nxUnderTest.version}, with a server that cannot be reached before the first download`, () => {
  const unreachable = 'http://127.0.0.1:1';

  it('does what Nx does without us', async () => {
    const { code, ran, ...built } = await build(newClone(newRepository(unreachable)), byClientProgram(ci));
    expect({ code, ran, complaints: complaints({ code, ran, ...built }) }).toEqual(withoutProgram(nxUnderTest));
  });

  it('builds with NX_NO_CLOUD=true, unless the package beside it fails before it looks at that', async () => {
    const off = byClientProgram({ ...ci, NX_NO_CLOUD: 'true' });
    const expected = nxUnderTest.cloudPackage?.version === '19.1.3' ? { code: 1, ran: [] } : { code: 0, ran: ['lib'] };
    expect(await build(newClone(newRepository(unreachable)), off)).toMatchObject(expected);
  });
});

function withoutProgram({ major, cloudPackage }: NxInstallation): object {
  const stopped = { code: 1, ran: [] };
  const built = { code: 0, ran: ['lib'] };
  const containing = (text: string) => expect.stringContaining(text) as unknown;
  if (cloudPackage?.version === '19.1.3') {
    return { ...stopped, complaints: [containing('Unable to retrieve Nx Cloud bundle')] };
  }
  if (cloudPackage !== null) return { ...built, complaints: [containing('Nx Cloud Will Not Be Used')] };
  const noProgram = containing('No existing Nx Cloud client and failed to download new version');
  if (major === 20) return { ...stopped, complaints: [noProgram] };
  const once = [noProgram, 'Nx Cloud was not used for this command.', containing('You might be offline')];
  return { ...built, complaints: major < 20 ? once : [noProgram, ...once] };
}
