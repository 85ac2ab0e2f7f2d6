/**
 * `npm run bench:memory`: the server's resident memory while an artifact of 1 GiB goes in and 16 readers take it out,
 * again and again: what it needs must not grow with what it has done. Needs Linux.
 */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { Pool } from 'undici';
import { paths } from '../src/protocol/paths.js';
import { report } from './measure.js';
import { createCiToken, startNxkeyServer } from './support/nxkey-server.js';
import { memory, peakMemory, resetPeakMemory } from './support/process-memory.js';

const gibibyte = 2 ** 30;
const readers = 16;
const rounds = 3;
const piece = randomBytes(2 ** 20);

const folder = await mkdtemp(join(tmpdir(), 'nxkey-bench-'));
const server = await startNxkeyServer(folder);
const http = new Pool(server.url, { connections: readers, bodyTimeout: 0, headersTimeout: 0 });
try {
  const headers = { authorization: `Bearer ${await createCiToken(server, 'read-write')}` };
  const cache = `${paths.remoteCache(server.nxCloudId)}/v1/cache`;
  const expected = createHash('sha256');
  for (const bytes of pieces()) expected.update(bytes);
  const digest = expected.digest('hex');
  const peak = async (work: Promise<unknown>) => {
    await resetPeakMemory(server.pid);
    await work;
    return peakMemory(server.pid);
  };
  const megabytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
  console.log(`The server's resident memory: ${megabytes(await memory(server.pid))} before the first request.`);

  const peaks: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    const path = `${cache}/${round}`;
    const writing = await peak(write(path, headers));
    // One of them looks at the bytes, all of them count them.
    const reading = await peak(
      Promise.all(
        Array.from({ length: readers }, (_, reader) => read(path, headers, reader === 0 ? digest : undefined)),
      ),
    );
    console.log(
      `Round ${round}: ${megabytes(writing)} while 1 GiB goes in, ${megabytes(reading)} while ${readers} read it.`,
    );
    peaks.push(Math.max(writing, reading));
  }
  // The first round fills the pools and the heap that all later ones use.
  const [before = Number.NaN, last = Number.NaN] = peaks.slice(-2);
  const most = Math.max(...peaks);
  report('most resident memory, in MiB', megabytes(most), most / 2 ** 20, { atMost: 200 });
  report(
    'the last round, beside the one before',
    `${(last / before).toFixed(2)} x ${megabytes(before)}`,
    last / before,
    {
      atMost: 1.2,
    },
  );
} finally {
  await http.close();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}

function* pieces(): Generator<Buffer> {
  for (let sent = 0; sent < gibibyte; sent += piece.length) yield piece;
}

async function write(path: string, headers: Record<string, string>): Promise<void> {
  const { statusCode, body } = await http.request({
    method: 'PUT',
    path,
    headers: { ...headers, 'content-length': String(gibibyte) },
    body: Readable.from(pieces()),
  });
  const text = await body.text();
  if (statusCode !== 200) throw new Error(`the write was answered with ${statusCode}: ${text}`);
}

/** @param digest SHA-256 of what has to come, for the reader that looks */
async function read(path: string, headers: Record<string, string>, digest: string | undefined): Promise<void> {
  let received = 0;
  const hash = createHash('sha256');
  await http.stream({ method: 'GET', path, headers }, ({ statusCode }) => {
    if (statusCode !== 200) throw new Error(`a read was answered with ${statusCode}`);
    return new Writable({
      write(bytes: Buffer, _encoding, done) {
        received += bytes.length;
        if (digest !== undefined) hash.update(bytes);
        done();
      },
    });
  });
  if (received !== gibibyte) throw new Error(`a read ended after ${received} bytes`);
  if (digest !== undefined && hash.digest('hex') !== digest) throw new Error('other bytes came out than went in');
}
