/**
 * Unmodified Nx with its built-in cache client against the built server. What it does here is what docs/use-the-cache.md
 * says. `npm run test:nx-versions` runs all of this, from the oldest Nx that has that client to the newest; `npm test`
 * leaves out what differs only in who sets the variables.
 */
import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { CiAccessTokenList } from '../../src/protocol/wire-types.js';
import { ciToken, newMember } from '../support/cache-users.js';
import { build, newClone, outputOf, startNx, type Access, type Clone } from '../support/nx.js';
import { nxUnderTest, nxVersionIsGiven } from '../support/nx-installation.js';
import { logInWithToken, newPerson } from '../support/person.js';
import { startServer, type TestServer } from '../support/server.js';
import { atTheEndOfTheFile } from '../support/temp-dir.js';

// Up to ten programs, one after the other.
vi.setConfig({ testTimeout: 180_000 });

const unreachable = 'http://127.0.0.1:1';

/** One with the preset `recommended`, in which people read and only CI writes. */
let server: TestServer;
let writer: string;
const atTheEnd = atTheEndOfTheFile();
beforeAll(async () => {
  server = await startServer({ atTheEnd });
  writer = await ciToken(server, 'read-write');
});

/** As many clones of a new repository as somebody needs. */
function clonesOf(of: { nxCloudId: string; url: string }): () => Clone {
  const source = randomUUID();
  return () => newClone({ nxCloudId: of.nxCloudId, nxCloudUrl: of.url, source });
}

function variables(token: string, of: { nxCloudId: string; url: string } = server): Access {
  return { by: 'variables', serverUrl: of.url, nxCloudId: of.nxCloudId, token };
}

const ways: Access['by'][] = nxVersionIsGiven ? ['variables', 'nxkey run'] : ['nxkey run'];

/** The same token, given in one of the two ways. */
function withCiToken(way: Access['by'], token: string): Access {
  return way === 'variables' ? variables(token) : { by: way, env: { NX_CLOUD_ACCESS_TOKEN: token } };
}

function withPat(way: Access['by'], token: string): Access {
  return way === 'variables' ? variables(token) : { by: way, env: { NX_CLOUD_PERSONAL_ACCESS_TOKEN: token } };
}

describe.each(ways)(`Nx ${nxUnderTest.version}, by %s`, (way) => {
  it('stores what CI has built, and takes it from the remote cache in everybody’s clone', async () => {
    const clone = clonesOf(server);
    const first = await build(clone(), withCiToken(way, writer));
    expect(first).toMatchObject({ code: 0, ran: ['lib'] });
    expect(first.printed).toContain('Successfully ran target build for project lib');

    const second = clone();
    const hit = await build(second, withCiToken(way, writer));
    expect(hit).toMatchObject({ code: 0, ran: [] });
    expect(hit.printed).toMatch(/nx run lib:build +\[remote cache\]/);
    expect(hit.printed).toContain('Nx read the output from the cache instead of running the command for 1 out of 1');
    expect(hit.printed).toContain('compiled lib');
    expect(outputOf(second)).not.toBeNull();

    expect(await build(clone(), withCiToken(way, await ciToken(server, 'read-only')))).toMatchObject({
      code: 0,
      ran: [],
    });
    expect(await build(clone(), withPat(way, await server.createPat()))).toMatchObject({ code: 0, ran: [] });
  });

  it('keeps what a read-only CI token stores from everybody else', async () => {
    const clone = clonesOf(server);
    const pullRequest = withCiToken(way, await ciToken(server, 'read-only'));
    expect(await build(clone(), pullRequest)).toMatchObject({ code: 0, ran: ['lib'] });
    expect(await build(clone(), pullRequest)).toMatchObject({ code: 0, ran: [] });
    expect(await build(clone(), withCiToken(way, writer))).toMatchObject({ code: 0, ran: ['lib'] });
  });

  it('builds without a word for a person who may only read, and stores nothing of it', async () => {
    const clone = clonesOf(server);
    const built = await build(clone(), withPat(way, await server.createPat()));
    expect(built).toMatchObject({ code: 0, ran: ['lib'] });
    expect(built.printed).not.toMatch(/warning|error|forbidden|403/i);
    expect(await build(clone(), withCiToken(way, writer))).toMatchObject({ ran: ['lib'] });
  });

  it('gets nothing from the cache any more for a member who was removed, and builds all the same', async () => {
    const clone = clonesOf(server);
    await build(clone(), withCiToken(way, writer));
    const { token, remove } = await newMember(server);
    expect(await build(clone(), withPat(way, token))).toMatchObject({ code: 0, ran: [] });
    await remove();
    const built = await build(clone(), withPat(way, token));
    expect(built).toMatchObject({ code: 0, ran: ['lib'] });
    if (way === 'nxkey run') expect(built.printed).toMatch(/No remote cache for this run\..*not a member of acme/);
    else expect(built.printed).not.toMatch(/warning|error|not a member/i);
  });
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
    const built = await build(clonesOf(server)(), variables(await revokedToken()));
    expect(built).toMatchObject({ code: 1, ran: [] });
    expect(built.printed).toMatch(/Unauthorized: .*unknown, expired or revoked/);
  });

  it('builds by nxkey run with a revoked token, which says so', async () => {
    const built = await build(clonesOf(server)(), withCiToken('nxkey run', await revokedToken()));
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
    const built = await build(clone, withCiToken('nxkey run', writer));
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
