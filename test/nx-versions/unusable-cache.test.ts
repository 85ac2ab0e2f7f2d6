/**
 * More of what Nx's built-in cache client does, as docs/use-the-cache.md says it: where the cache cannot be used, and with
 * `nxkey run`. The shorter half is test/acceptance/real-nx.test.ts.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import type { CiAccessTokenList } from '../../src/protocol/wire-types.js';
import { clonesOf, variables, withCiToken } from '../support/cache-access.js';
import { ciToken } from '../support/cache-users.js';
import { build, outputOf, startNx, type Access } from '../support/nx.js';
import { nxUnderTest } from '../support/nx-installation.js';
import { logInWithToken, newPerson } from '../support/person.js';
import { startServer, type TestServer } from '../support/server.js';
import { atTheEndOfTheFile } from '../support/temp-dir.js';

const unreachable = 'http://127.0.0.1:1';
const ways: Access['by'][] = ['variables', 'nxkey run'];

/** One with the preset `recommended`, in which people read and only CI writes. */
let server: TestServer;
let writer: string;
const atTheEnd = atTheEndOfTheFile();
beforeAll(async () => {
  server = await startServer({ atTheEnd });
  writer = await ciToken(server, 'read-write');
});

/** What Nx makes of a cache that it cannot use, and what `nxkey run` makes of it: a sentence, and a build without it. */
describe(`Nx ${nxUnderTest.version}, where the cache cannot be used`, () => {
  async function revokedToken(): Promise<string> {
    const token = await ciToken(server, 'read-write', 'revoked');
    const list = await server.operate(['ci-token', 'list', '--workspace', server.nxCloudId, '--json']);
    const { tokens } = JSON.parse(list) as CiAccessTokenList;
    for (const { id, name } of tokens) if (name === 'revoked') await server.operate(['ci-token', 'revoke', '--id', id]);
    return token;
  }

  it('fails for a revoked token, says "Unauthorized" and builds nothing', async () => {
    const built = await build(clonesOf(server)(), variables(await revokedToken(), server));
    expect(built).toMatchObject({ code: 1, ran: [] });
    expect(built.printed).toMatch(/Unauthorized: .*unknown, expired or revoked/);
  });

  it('builds by nxkey run with a revoked token, which says so', async () => {
    const built = await build(clonesOf(server)(), withCiToken('nxkey run', await revokedToken(), server));
    expect(built).toMatchObject({ code: 0, ran: ['lib'] });
    expect(built.printed).toContain('No remote cache for this run.');
    expect(built.printed).toContain('does not accept the CI access token');
  });

  it('fails for a server that cannot be reached, and builds nothing', async () => {
    const elsewhere = { nxCloudId: server.nxCloudId, url: unreachable };
    const built = await build(clonesOf(elsewhere)(), variables(writer, elsewhere));
    expect(built).toMatchObject({ code: 1, ran: [] });
    expect(built.printed).toContain('Failed to send request: error sending request for url (http://127.0.0.1:1/w/');
  });

  it('builds by nxkey run with a server that cannot be reached', async () => {
    const clone = clonesOf({ nxCloudId: server.nxCloudId, url: unreachable })();
    const built = await build(clone, withCiToken('nxkey run', writer, server));
    expect(built).toMatchObject({ code: 0, ran: ['lib'] });
    expect(built.printed).toContain('No remote cache for this run. Could not reach http://127.0.0.1:1');
  });

  it.each(ways)(
    'fails when the server stops in the middle of a build (by %s), and builds when it is back',
    async (way) => {
      const unsteady = await startServer();
      const token = await ciToken(unsteady, 'read-write');
      const access: Access =
        way === 'variables' ? variables(token, unsteady) : { by: way, env: { NX_CLOUD_ACCESS_TOKEN: token } };
      const clone = clonesOf(unsteady)();

      const interrupted = startNx(clone, access, ['build', 'app'], { paused: 'lib' });
      await interrupted.started();
      await unsteady.stop();
      interrupted.goOn();
      const built = await interrupted.finished;
      // 1 or 130, depending on Nx's version.
      expect(built.code).not.toBe(0);
      expect(built.ran).toEqual(['lib']);
      expect(built.printed).toContain('Failed to send request');

      await unsteady.restart();
      expect(await build(clone, access, 'app')).toMatchObject({ code: 0 });
      expect(outputOf(clone, 'app')).not.toBeNull();
    },
  );
});

describe(`Nx ${nxUnderTest.version}, by nxkey run`, () => {
  it('reads without a login where anybody may, and says nothing when it may not write', async () => {
    const open = await startServer({ preset: 'open-source' });
    const clone = clonesOf(open);
    const { env } = newPerson();
    const anybody: Access = { by: 'nxkey run', env };
    expect(await build(clone(), anybody)).toMatchObject({ code: 0, ran: ['lib'] });
    await build(clone(), variables(await ciToken(open, 'read-write'), open));
    expect(await build(clone(), anybody)).toMatchObject({ code: 0, ran: [] });
  });

  it('shares between members what they build where people may write', async () => {
    const open = await startServer({ preset: 'open-source' });
    const clone = clonesOf(open);
    const ada = newPerson();
    await logInWithToken(open, ada);
    const access: Access = { by: 'nxkey run', env: ada.env };
    expect(await build(clone(), access)).toMatchObject({ code: 0, ran: ['lib'] });
    expect(await build(clone(), access)).toMatchObject({ code: 0, ran: [] });
  });

  it('keeps what a read-only CI token stores on one branch from its other branches', async () => {
    const clone = clonesOf(server);
    const token = await ciToken(server, 'read-only');
    const on = (branch: string): Access => ({
      by: 'nxkey run',
      env: { NX_CLOUD_ACCESS_TOKEN: token, NX_BRANCH: branch },
    });
    expect(await build(clone(), on('ada/one'))).toMatchObject({ code: 0, ran: ['lib'] });
    expect(await build(clone(), on('ada/two'))).toMatchObject({ code: 0, ran: ['lib'] });
    expect(await build(clone(), on('ada/one'))).toMatchObject({ code: 0, ran: [] });
  });
});
