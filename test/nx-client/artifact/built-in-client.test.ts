import {
  createReadStream,
  mkdirSync,
  openSync,
  closeSync,
  symlinkSync,
  writeFileSync,
  writeSync,
  readFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { dirname, join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { extractArtifact } from '../../../src/nx-client/artifact/extract.js';
import { packArtifact } from '../../../src/nx-client/artifact/pack.js';
import { atTheEndOfTheFile, tempDir } from '../../support/temp-dir.js';
import { contentOf, inChunks } from './archives.js';

// The client that Nx has built in, as it is, against a server that keeps what it is given.
const limits = { maxBytes: 50_000_000, maxEntries: 10_000 };
const kept = new Map<string, Buffer>();
const atTheEnd = atTheEndOfTheFile();
let builtInClient: BuiltInClient;

/** As `nx/dist/src/native/index.d.ts` of Nx 23 has it. */
interface BuiltInClient {
  retrieve: (hash: string, cacheDirectory: string) => Promise<object | null>;
  store: (hash: string, cacheDirectory: string, terminalOutput: string, code: number) => Promise<boolean>;
}

beforeAll(async () => {
  const server = createServer((request, response) => {
    const address = request.url ?? '';
    if (request.method === 'PUT') {
      void buffer(request).then((body) => {
        kept.set(address, body);
        response.end();
      });
    } else {
      response.writeHead(kept.has(address) ? 200 : 404).end(kept.get(address));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atTheEnd(() => {
    server.closeAllConnections();
    server.close();
  });
  process.env['NX_SELF_HOSTED_REMOTE_CACHE_SERVER'] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  // By its path, because the package does not export it.
  const require = createRequire(import.meta.url);
  const path = join(dirname(require.resolve('nx/package.json')), 'dist/src/native/index.js');
  const native = require(path) as { HttpRemoteCache: new () => BuiltInClient };
  builtInClient = new native.HttpRemoteCache();
});

test('what it stores, we extract', async () => {
  const cache = tempDir();
  const extracted = tempDir();
  fill(join(cache, '11'));
  expect(await builtInClient.store('11', cache, '✔ built', 130)).toBe(true);
  const artifact = kept.get('/v1/cache/11') ?? Buffer.alloc(0);
  expect(await extractArtifact(inChunks(artifact), extracted, limits)).toEqual({
    terminalOutput: '✔ built',
    code: 130,
  });
  expect(contentOf(extracted)).toEqual(contentOf(join(cache, '11')));
});

test('what we pack, it extracts', async () => {
  const cache = tempDir();
  const folder = join(tempDir(), 'outputs');
  fill(folder);
  const file = join(dirname(folder), 'artifact');
  await packArtifact({ folder, terminalOutput: '✔ built', code: 130 }, file);
  kept.set('/v1/cache/12', await buffer(createReadStream(file)));
  expect(await builtInClient.retrieve('12', cache)).toMatchObject({
    terminalOutput: '✔ built',
    code: 130,
    outputsPath: join(cache, '12'),
  });
  expect(contentOf(join(cache, '12'))).toEqual(contentOf(folder));
});

test.each([0, 1, 255, -1])('both mean the same by the exit code %i', async (code) => {
  const cache = tempDir();
  const file = join(cache, 'artifact');
  mkdirSync(join(cache, 'outputs'));
  await packArtifact({ folder: join(cache, 'outputs'), terminalOutput: '', code }, file);
  kept.set('/v1/cache/13', readFileSync(file));
  expect(await builtInClient.retrieve('13', cache)).toMatchObject({ code, terminalOutput: '' });
});

test('files with holes, which it stores as GNU sparse entries, come back with the same bytes', async () => {
  const cache = tempDir();
  const extracted = tempDir();
  mkdirSync(join(cache, '14/dist'), { recursive: true });
  const file = openSync(join(cache, '14/dist/holes'), 'w');
  // More stretches than the header itself has room for (4), and than one block of extension (21).
  for (let stretch = 0; stretch < 40; stretch += 1) writeSync(file, `stretch ${stretch}`, stretch * 131_072 + 70_000);
  closeSync(file);
  await builtInClient.store('14', cache, '', 0);
  const artifact = kept.get('/v1/cache/14') ?? Buffer.alloc(0);
  await extractArtifact(inChunks(artifact), extracted, limits);
  expect(contentOf(extracted)).toEqual(contentOf(join(cache, '14')));
  // Holes count: a file of a few blocks can ask for a whole disk.
  const small = { ...limits, maxBytes: 5_000_000 };
  await expect(extractArtifact(inChunks(artifact), tempDir(), small)).rejects.toMatchObject({ reason: 'too-large' });
});

function fill(folder: string): void {
  const long = `${'a-rather-long-name/'.repeat(15)}file.js`;
  mkdirSync(join(folder, 'dist/empty'), { recursive: true });
  mkdirSync(dirname(join(folder, 'dist', long)), { recursive: true });
  writeFileSync(join(folder, 'dist', long), 'long');
  writeFileSync(join(folder, 'dist/main.js'), 'x'.repeat(100_000));
  writeFileSync(join(folder, 'dist/empty.txt'), '');
  writeFileSync(join(folder, 'dist/Ünïcödé 漢字'), 'name');
  writeFileSync(join(folder, 'dist/run.sh'), '#!/bin/sh\n', { mode: 0o755 });
  symlinkSync('main.js', join(folder, 'dist/link'));
  symlinkSync(long, join(folder, 'dist/link-to-long'));
  symlinkSync('../dist/empty', join(folder, 'dist/link-to-folder'));
}
