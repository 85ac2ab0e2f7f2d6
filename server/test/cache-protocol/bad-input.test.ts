import { readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { bearer, get, put } from './cache-client.js';
import { RawConnection, statusOf } from './raw-client.js';

const maxArtifactSize = 100_000;

let server: TestServer;
let token: string;
beforeAll(async () => {
  server = await startTestServer({ maxArtifactSize, uploadPace: { everyMs: 100, bytes: 10 } });
  token = await server.addCiToken('read-write');
});
afterAll(() => server.close());

const target = () => ({ url: server.url, nxCloudId: server.workspace.nxCloudId });
const path = (hash: string) => `/w/${server.workspace.nxCloudId}/v1/cache/${hash}`;
const authorization = () => `Authorization: Bearer ${token}`;
let hashes = 1000;
const newHash = () => String(++hashes);

/** One request, and everything that comes back until the connection ends. */
async function raw(lines: string[], body = ''): Promise<string> {
  const connection = new RawConnection(server.url);
  connection.send([...lines, 'Host: x', 'Connection: close'], body);
  return await connection.untilClosed();
}

const incoming = () => readdirSync(join(server.dataFolder, 'artifacts', 'incoming'));

async function nothingIsLeft(hash: string): Promise<void> {
  while (incoming().length > 0) await sleep(5);
  expect((await get(target(), hash, bearer(token))).status).toBe(404);
}

describe('an address', () => {
  it.each([
    ['a hash of 129 characters', () => path('a'.repeat(129))],
    ['no hash', () => path('')],
    ['a hash with a dot', () => path('..')],
    ['a hash with an encoded slash', () => path('..%2f..%2fetc%2fpasswd')],
    ['a hash with an encoded dot', () => path('%2e%2e')],
    ['a hash with a null byte', () => path('a%00')],
    ['a hash with a query', () => path('1?x=1')],
    ['a hash and one part more', () => path('1/2')],
    ['an nxCloudId that climbs', () => '/w/%2e%2e/v1/cache/1'],
    ['an nxCloudId that is too short', () => '/w/abc/v1/cache/1'],
    ['a branch that is no UTF-8', () => `/w/${server.workspace.nxCloudId}/branch/%ff/v1/cache/1`],
    ['a branch with half an escape', () => `/w/${server.workspace.nxCloudId}/branch/%2/v1/cache/1`],
  ])('with %s is refused with 400, reading and writing', async (_, address) => {
    for (const method of ['GET', 'PUT']) {
      const answer = await raw([`${method} ${address()} HTTP/1.1`, authorization(), 'Content-Length: 0']);
      expect(answer).toMatch(/^HTTP\/1\.1 400 /);
      expect(answer).toMatch(/^content-type: text\/plain\r$/im);
    }
  });

  it.each(['/w/', '/w/abc', '/w/abc/v1/cachet/1', '/w//v1/cache/1', '/w/a/../../v1/cache'])(
    '%s leads nowhere',
    async (address) => {
      expect(statusOf(await raw([`GET ${address} HTTP/1.1`, authorization()]))).toBe(404);
    },
  );

  it('takes a branch with any name', async () => {
    const branch = 'feature/ünïcode & more';
    expect((await put({ ...target(), branch }, newHash(), bearer(token))).status).toBe(200);
  });
});

describe('a method', () => {
  it.each(['POST', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS'])('%s is refused, and says which are not', async (method) => {
    const answer = await raw([`${method} ${path('1')} HTTP/1.1`, authorization()]);
    expect(statusOf(answer)).toBe(405);
    expect(answer).toMatch(/^allow: GET, PUT\r$/im);
  });
});

describe('credentials', () => {
  it.each([
    ['two Authorization headers', [`Authorization: Bearer a`, `Authorization: Bearer b`]],
    ['two personal access tokens', ['Nx-Cloud-Personal-Access-Token: a', 'Nx-Cloud-Personal-Access-Token: b']],
    ['a bearer token and another personal one', ['Authorization: Bearer a', 'Nx-Cloud-Personal-Access-Token: b']],
    ['two words behind Bearer', ['Authorization: Bearer a b']],
    ['another scheme', ['Authorization: Basic YTpi']],
    ['the id of another workspace', [`Nx-Cloud-Id: ${'b'.repeat(24)}`]],
  ])('%s are refused with 400', async (_, lines) => {
    const answer = await raw([`GET ${path('1')} HTTP/1.1`, ...lines]);
    expect(statusOf(answer)).toBe(400);
  });

  it('twice the same id is no contradiction to the address, but is refused all the same', async () => {
    const { nxCloudId } = server.workspace;
    const lines = [`Nx-Cloud-Id: ${nxCloudId}`, `Nx-Cloud-Id: ${nxCloudId}`];
    expect(statusOf(await raw([`GET ${path('1')} HTTP/1.1`, ...lines]))).toBe(400);
  });

  it('are read from headers of 16 KiB and no more', async () => {
    const filler = (size: number) => `X: ${'a'.repeat(size)}`;
    expect(statusOf(await raw([`GET ${path('1')} HTTP/1.1`, authorization(), filler(15_000)]))).toBe(404);
    expect(statusOf(await raw([`GET ${path('1')} HTTP/1.1`, authorization(), filler(17_000)]))).toBe(431);
  });
});

describe('an upload', () => {
  it('without Content-Length is refused with 411, chunked or not', async () => {
    const hash = newHash();
    const chunked = [`PUT ${path(hash)} HTTP/1.1`, authorization(), 'Transfer-Encoding: chunked'];
    expect(statusOf(await raw(chunked, '5\r\nhello\r\n0\r\n\r\n'))).toBe(411);
    expect(statusOf(await raw([`PUT ${path(hash)} HTTP/1.1`, authorization()]))).toBe(411);
    await nothingIsLeft(hash);
  });

  it('that is too large is refused before it is read, and the connection is closed', async () => {
    const connection = new RawConnection(server.url);
    const length = `Content-Length: ${maxArtifactSize + 1}`;
    connection.send([`PUT ${path(newHash())} HTTP/1.1`, 'Host: x', authorization(), length]);
    const answer = await connection.untilClosed();
    expect(statusOf(answer)).toBe(413);
    expect(answer).toMatch(/^connection: close\r$/im);
    expect(answer).toContain(`at most ${maxArtifactSize}`);
  });

  it('may be as large as the limit, and empty', async () => {
    const [largest, empty] = [newHash(), newHash()];
    const body = 'a'.repeat(maxArtifactSize);
    expect((await put(target(), largest, bearer(token), body)).status).toBe(200);
    expect((await get(target(), largest, bearer(token))).body).toBe(body);
    expect((await put(target(), empty, bearer(token), '')).status).toBe(200);
    expect(await get(target(), empty, bearer(token))).toMatchObject({ status: 200, body: '' });
  });

  it.each(['Content-Length: -1', 'Content-Length: 1e3', 'Content-Length: 5\r\nContent-Length: 6', 'Content-Length: '])(
    'whose length is %j is refused with 400',
    async (length) => {
      const hash = newHash();
      expect(statusOf(await raw([`PUT ${path(hash)} HTTP/1.1`, authorization(), length], 'hello'))).toBe(400);
      await nothingIsLeft(hash);
    },
  );

  it('that is cut off leaves nothing', async () => {
    const hash = newHash();
    const connection = new RawConnection(server.url);
    connection.send(
      [`PUT ${path(hash)} HTTP/1.1`, 'Host: x', authorization(), 'Content-Length: 50000'],
      'a'.repeat(20_000),
    );
    while (incoming().length === 0) await sleep(5);
    connection.socket.destroy();
    await nothingIsLeft(hash);
  });

  it('that ends before its length leaves nothing', async () => {
    const hash = newHash();
    const connection = new RawConnection(server.url);
    connection.send([`PUT ${path(hash)} HTTP/1.1`, 'Host: x', authorization(), 'Content-Length: 50'], 'hello');
    connection.socket.end();
    const answer = await connection.untilClosed();
    expect(answer).not.toMatch(/^HTTP\/1\.1 200/);
    await nothingIsLeft(hash);
  });

  it('that goes on behind its length is not kept: the length has lied', async () => {
    const hash = newHash();
    const connection = new RawConnection(server.url);
    connection.send([`PUT ${path(hash)} HTTP/1.1`, 'Host: x', authorization(), 'Content-Length: 5'], 'hello, world');
    expect(await connection.untilClosed()).not.toMatch(/^HTTP\/1\.1 200/);
    await nothingIsLeft(hash);
  });

  it('that gets on too slowly is cut, and leaves nothing', async () => {
    const hash = newHash();
    const connection = new RawConnection(server.url);
    connection.send([`PUT ${path(hash)} HTTP/1.1`, 'Host: x', authorization(), 'Content-Length: 50'], 'hello');
    expect(await connection.untilClosed()).toBe('');
    await nothingIsLeft(hash);
  });

  it('may take longer than the pace is looked at, as long as it keeps it', async () => {
    const hash = newHash();
    const connection = new RawConnection(server.url);
    connection.send([`PUT ${path(hash)} HTTP/1.1`, 'Host: x', authorization(), 'Content-Length: 600']);
    for (let piece = 0; piece < 30; piece++) {
      connection.socket.write('a'.repeat(20));
      await sleep(15);
    }
    expect(statusOf(await connection.until('\r\n\r\n'))).toBe(200);
    connection.socket.destroy();
  });

  it('that asks before it sends is told to go on, or why not', async () => {
    const hash = newHash();
    const head = [`PUT ${path(hash)} HTTP/1.1`, 'Host: x', 'Content-Length: 5', 'Expect: 100-continue'];
    const welcome = new RawConnection(server.url);
    welcome.send([...head, authorization()]);
    expect(await welcome.until('\r\n\r\n')).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    welcome.socket.write('hello');
    expect(await welcome.until('HTTP/1.1 200')).toContain('x-request-id');
    welcome.socket.destroy();

    for (const [expected, sent] of [
      [409, authorization()],
      [401, 'Authorization: Bearer unknown'],
    ] as const) {
      const refused = new RawConnection(server.url);
      refused.send([...head, sent]);
      const answer = await refused.untilClosed();
      expect(statusOf(answer)).toBe(expected);
      expect(answer).not.toContain('100 Continue');
    }
  });

  it('that is refused is received before it is answered, and the connection goes on', async () => {
    const connection = new RawConnection(server.url);
    const refused = [`PUT ${path(newHash())} HTTP/1.1`, 'Host: x', 'Authorization: Bearer unknown'];
    connection.send([...refused, 'Content-Length: 60000'], 'a'.repeat(30_000));
    await sleep(50);
    expect(connection.received).toBe('');
    connection.socket.write('a'.repeat(30_000));
    expect(statusOf(await connection.until('revoked'))).toBe(401);
    connection.send([`GET ${path('0')} HTTP/1.1`, 'Host: x', 'Connection: close', authorization()]);
    expect(await connection.untilClosed()).toContain('HTTP/1.1 404');
  });

  it('that is refused is received to its end from those who have a token, and not from strangers', async () => {
    const roomy = await startTestServer();
    const { nxCloudId } = await roomy.addWorkspace('closed', 'recommended');
    const size = 40_000_000;
    const upload = (sent: string[]) => {
      const connection = new RawConnection(roomy.url);
      connection.send([`PUT /w/${nxCloudId}/v1/cache/1 HTTP/1.1`, 'Host: x', `Content-Length: ${size}`, ...sent]);
      return connection;
    };
    for (const [sent, status] of [
      [[], 403],
      [['Authorization: Bearer unknown'], 401],
    ] as const) {
      const stranger = upload([...sent]);
      // Only a part of what was announced, and the server waits for no more.
      stranger.socket.write('a'.repeat(18_000_000));
      const answer = await stranger.untilClosed();
      expect(statusOf(answer)).toBe(status);
      expect(answer.toLowerCase()).toContain('connection: close');
    }
    const member = upload([`Authorization: Bearer ${await roomy.addToken(roomy.owner)}`]);
    member.socket.write('a'.repeat(size));
    expect(statusOf(await member.until('nothing may be written'))).toBe(403);
    member.send([`GET /w/${nxCloudId}/v1/cache/1 HTTP/1.1`, 'Host: x', 'Connection: close']);
    expect(await member.untilClosed()).toContain('HTTP/1.1 404');
    await roomy.close();
  });
});

describe('a connection', () => {
  it('answers requests that are sent without waiting in their order', async () => {
    const [stored, there] = [newHash(), newHash()];
    await put(target(), there, bearer(token), 'what is there');
    const connection = new RawConnection(server.url);
    const head = (line: string, ...more: string[]) => [line, 'Host: x', authorization(), ...more, '', ''].join('\r\n');
    connection.socket.write(
      `${head(`PUT ${path(stored)} HTTP/1.1`, 'Content-Length: 5')}hello` +
        head(`GET ${path(there)} HTTP/1.1`) +
        head(`GET ${path('0')} HTTP/1.1`) +
        head(`GET ${path('..')} HTTP/1.1`, 'Connection: close'),
    );
    const answer = await connection.untilClosed();
    const statuses = [...answer.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => status);
    expect(statuses).toEqual(['200', '200', '404', '400']);
    expect(answer).toContain('what is there');
    expect((await get(target(), stored, bearer(token))).body).toBe('hello');
  });

  it('has each of its requests looked at when the answers before it are sent, and holds no others in memory', async () => {
    const own = await startTestServer();
    const revoked = await own.addCiToken('read-write');
    const { nxCloudId } = own.workspace;
    await put({ url: own.url, nxCloudId }, '1', bearer(revoked), 'a'.repeat(1_000_000));
    const connection = new RawConnection(own.url);
    const get1 = [`GET /w/${nxCloudId}/v1/cache/1 HTTP/1.1`, 'Host: x', `Authorization: Bearer ${revoked}`];
    // As many as fit into one packet, and more than the system takes while nobody reads.
    for (let requests = 0; requests < 60; requests++) connection.send(get1);
    await connection.until('HTTP/1.1 200');
    connection.socket.pause();
    const { ciAccessTokens } = own.services.database;
    for (const { id } of await ciAccessTokens.ofWorkspace(own.workspace.id)) await ciAccessTokens.remove(id);
    connection.socket.resume();
    await connection.until('HTTP/1.1 401');
    connection.socket.destroy();
    await own.close();
  });

  it('that is closed by its reader in the middle of an artifact lets the file go, and harms nobody else', async () => {
    const big = await startTestServer();
    const ci = await big.addCiToken('read-write');
    const body = 'a'.repeat(20_000_000);
    const { nxCloudId } = big.workspace;
    await put({ url: big.url, nxCloudId }, '1', bearer(ci), body);
    for (let reader = 0; reader < 5; reader++) {
      const connection = new RawConnection(big.url);
      connection.send([`GET /w/${nxCloudId}/v1/cache/1 HTTP/1.1`, 'Host: x', `Authorization: Bearer ${ci}`]);
      await connection.until('\r\n\r\n');
      connection.socket.destroy();
    }
    while (!/("result":"aborted".*){5}/s.test(big.log())) await sleep(5);
    expect((await get({ url: big.url, nxCloudId }, '1', bearer(ci))).body).toHaveLength(body.length);
    // The store may keep a file open for the next reader; one that is removed stays open for those who read it only.
    await big.artifacts.purge(big.workspace.id, { all: true });
    const isOpen = (fd: string) => linkOf(fd).includes(`${big.dataFolder}/artifacts/blobs`);
    while (readdirSync('/proc/self/fd').some(isOpen)) await sleep(5);
    await big.close();
  });
});

/** What an open file is, in Linux's own words; a file may be closed meanwhile. */
function linkOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return '';
  }
}
