import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createGunzip } from 'node:zlib';
import { extract, type Header } from 'tar-stream';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { paths } from '../../../src/protocol/paths.js';
import { recordToken } from '../../../test/support/ledger.js';
import { atTheEndOfTheFile, tempDir } from '../../../test/support/temp-dir.js';
import { loadClientProgram } from '../../src/client-program/client-program.js';
import { httpClient } from '../support/http.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const publicUrl = 'https://nxkey.acme.example';
const offer = z.strictObject({ valid: z.literal(false), version: z.string(), url: z.string() });

const atTheEnd = atTheEndOfTheFile();
let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ publicUrl });
  atTheEnd(() => server.close());
});

const { request } = httpClient(() => server.url);

async function verify(query: Record<string, string> = {}, init: RequestInit = {}): Promise<unknown> {
  const { status, body } = await request(`${paths.clientVerify}?${new URLSearchParams(query).toString()}`, init);
  expect(status).toBe(200);
  return body;
}

async function download(url: string): Promise<Response> {
  return fetch(url.replace(publicUrl, server.url));
}

/** Extracts as Nx does: into folders that the archive has named before. */
async function extractTo(folder: string, archive: Uint8Array): Promise<Header['type'][]> {
  const types: Header['type'][] = [];
  const entries = extract();
  Readable.from([archive]).pipe(createGunzip()).pipe(entries);
  for await (const entry of entries) {
    const { type, name } = entry.header;
    types.push(type);
    if (type === 'directory') mkdirSync(join(folder, name));
    else {
      statSync(dirname(join(folder, name)));
      writeFileSync(join(folder, name), await buffer(entry));
    }
  }
  return types;
}

/** The rule of `getBundleContentHash` in the `nx` package: nx-protocol.md §1. */
function contentHashAsNx(folder: string): string {
  const hash = (content: Buffer | string) => createHash('sha256').update(content).digest('hex');
  const hashes = readdirSync(folder).map((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? contentHashAsNx(path) : hash(readFileSync(path));
  });
  return hash(hashes.sort().join(''));
}

describe('a first download', () => {
  it('is offered to an Nx that has none, at the public address', async () => {
    const { version, url } = offer.parse(await verify());
    expect(version).toMatch(/^version-\d+\.\d+\.\d+-[0-9a-f]{12}$/);
    expect(url).toBe(publicUrl + paths.clientProgram(version));
  });

  it('has plain files only, and no folders', async () => {
    const { url } = offer.parse(await verify());
    const folder = tempDir();
    const types = await extractTo(folder, new Uint8Array(await (await download(url)).arrayBuffer()));
    expect(new Set(types)).toEqual(new Set(['file']));
    const { main } = z
      .object({ main: z.string() })
      .parse(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')));
    expect(readdirSync(folder)).toContain(main);
  });

  it('is then valid: Nx computes the same content hash', async () => {
    const { version, url } = offer.parse(await verify());
    const folder = tempDir();
    await extractTo(folder, new Uint8Array(await (await download(url)).arrayBuffer()));
    expect(await verify({ version, contentHash: contentHashAsNx(folder) })).toEqual({ valid: true });
  });
});

describe('a copy that is not the right one', () => {
  it('is replaced when a file of it was changed', async () => {
    const { version, url } = offer.parse(await verify());
    const folder = tempDir();
    await extractTo(folder, new Uint8Array(await (await download(url)).arrayBuffer()));
    writeFileSync(join(folder, 'index.js'), 'changed');
    expect(await verify({ version, contentHash: contentHashAsNx(folder) })).toEqual({ valid: false, version, url });
  });

  it('is replaced when it is of another version, older or newer, so that a server can also be set back', async () => {
    const current = await verify();
    for (const version of ['0.0.1-000000000000', '99.0.0-000000000000', '../../etc', '']) {
      expect(await verify({ version, contentHash: '0'.repeat(64) })).toEqual(current);
    }
  });
});

describe('a fleet of servers in the middle of an upgrade', () => {
  it('hands out its program also at the address that another version of the server has named', async () => {
    const { url } = offer.parse(await verify());
    const own = Buffer.from(await (await download(url)).arrayBuffer());
    const other = await download(publicUrl + paths.clientProgram('99.0.0-000000000000'));
    expect(other.status).toBe(200);
    expect(Buffer.from(await other.arrayBuffer()).equals(own)).toBe(true);
    expect(other.headers.get('cache-control')).toBe('no-store');
  });
});

it('takes no notice of the token that older clients send along', async () => {
  const token = Buffer.from('5ad0e0a7-6d7f-4b3e-9b0b-000000000000|read-write').toString('base64');
  recordToken(token);
  expect(await verify({}, { headers: { authorization: token } })).toEqual(await verify());
  expect(server.log()).not.toContain(token);
});

it('says so when it was started without having been built, and not with 404, which Nx takes for an outdated server', async () => {
  expect(await loadClientProgram(new URL(`file://${tempDir()}/`))).toBeNull();
  const without = await startTestServer({ clientProgram: null });
  atTheEnd(() => without.close());
  const { status, body } = await httpClient(() => without.url).request(paths.clientVerify);
  expect(status).toBe(503);
  expect(body).toMatchObject({ detail: expect.stringContaining('without the client program') as string });
});
