/**
 * Unmodified Nx with its built-in cache client against the built server. What it does here is what docs/use-the-cache.md
 * says. `npm run test:nx-versions` runs this and more (test/nx-versions), from the oldest Nx that has that client to the
 * newest; `npm test` leaves out what differs only in who sets the variables.
 */
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { clonesOf, withCiToken, withPat } from '../support/cache-access.js';
import { ciToken, newMember } from '../support/cache-users.js';
import { build, outputOf, type Access } from '../support/nx.js';
import { nxUnderTest, nxVersionIsGiven } from '../support/nx-installation.js';
import { startServer, type TestServer } from '../support/server.js';
import { atTheEndOfTheFile } from '../support/temp-dir.js';

// Up to ten programs, one after the other.
vi.setConfig({ testTimeout: 180_000 });

/** One with the preset `recommended`, in which people read and only CI writes. */
let server: TestServer;
let writer: string;
const atTheEnd = atTheEndOfTheFile();
beforeAll(async () => {
  server = await startServer({ atTheEnd });
  writer = await ciToken(server, 'read-write');
});

const ways: Access['by'][] = nxVersionIsGiven ? ['variables', 'nxkey run'] : ['nxkey run'];

describe.each(ways)(`Nx ${nxUnderTest.version}, by %s`, (way) => {
  it('stores what CI has built, and takes it from the remote cache in everybody’s clone', async () => {
    const clone = clonesOf(server);
    const first = await build(clone(), withCiToken(way, writer, server));
    expect(first).toMatchObject({ code: 0, ran: ['lib'] });
    expect(first.printed).toContain('Successfully ran target build for project lib');

    const second = clone();
    const hit = await build(second, withCiToken(way, writer, server));
    expect(hit).toMatchObject({ code: 0, ran: [] });
    expect(hit.printed).toMatch(/nx run lib:build +\[remote cache\]/);
    expect(hit.printed).toContain('Nx read the output from the cache instead of running the command for 1 out of 1');
    expect(hit.printed).toContain('compiled lib');
    expect(outputOf(second)).not.toBeNull();

    expect(await build(clone(), withCiToken(way, await ciToken(server, 'read-only'), server))).toMatchObject({
      code: 0,
      ran: [],
    });
    expect(await build(clone(), withPat(way, await server.createPat(), server))).toMatchObject({ code: 0, ran: [] });
  });

  it('keeps what a read-only CI token stores from everybody else', async () => {
    const clone = clonesOf(server);
    const pullRequest = withCiToken(way, await ciToken(server, 'read-only'), server);
    expect(await build(clone(), pullRequest)).toMatchObject({ code: 0, ran: ['lib'] });
    expect(await build(clone(), pullRequest)).toMatchObject({ code: 0, ran: [] });
    expect(await build(clone(), withCiToken(way, writer, server))).toMatchObject({ code: 0, ran: ['lib'] });
  });

  it('builds without a word for a person who may only read, and stores nothing of it', async () => {
    const clone = clonesOf(server);
    const built = await build(clone(), withPat(way, await server.createPat(), server));
    expect(built).toMatchObject({ code: 0, ran: ['lib'] });
    expect(built.printed).not.toMatch(/warning|error|forbidden|403/i);
    expect(await build(clone(), withCiToken(way, writer, server))).toMatchObject({ ran: ['lib'] });
  });

  it('gets nothing from the cache any more for a member who was removed, and builds all the same', async () => {
    const clone = clonesOf(server);
    await build(clone(), withCiToken(way, writer, server));
    const { token, remove } = await newMember(server);
    expect(await build(clone(), withPat(way, token, server))).toMatchObject({ code: 0, ran: [] });
    await remove();
    const built = await build(clone(), withPat(way, token, server));
    expect(built).toMatchObject({ code: 0, ran: ['lib'] });
    if (way === 'nxkey run') expect(built.printed).toMatch(/No remote cache for this run\..*not a member of acme/);
    else expect(built.printed).not.toMatch(/warning|error|not a member/i);
  });
});
