import { Readable } from 'node:stream';
import { createGunzip, gunzipSync } from 'node:zlib';
import { endSource, openChunks, type Opened } from './chunks.js';
import { DamagedArtifact } from './errors.js';

/** An artifact that is not larger is inflated in one piece … */
const smallCompressed = 128 * 1024;
/** … unless more than this comes out, which then is thrown away. */
const smallInflated = 1024 * 1024;

const chunkSize = 64 * 1024;

/**
 * Inflates gzip, and stops as soon as more than `maxBytes` have come out, or gone in: what nothing comes out of could go
 * on for ever.
 *
 * Nearly all artifacts are small, and one synchronous call for the whole is then less work than a pipeline of streams,
 * and than a way through the thread pool: 0.05 ms for 50 KiB that no compression has made smaller, and 0.15 ms that way.
 * @throws {DamagedArtifact} `malformed`, `truncated`, `too-large`; what `source` throws comes through as it is
 */
export async function* inflate(
  source: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<Buffer, void, undefined> {
  const iterator = source[Symbol.asyncIterator]();
  try {
    const opened = await openChunks(iterator, smallCompressed + 1);
    const whole = opened.isWhole ? inflateAtOnce(opened.start, maxBytes) : undefined;
    let size = 0;
    for await (const chunk of whole ?? inflateInPieces(opened, maxBytes)) {
      size += chunk.length;
      if (size > maxBytes) throw inflatesTooFar(maxBytes);
      yield chunk;
    }
  } finally {
    endSource(iterator);
  }
}

/**
 * What comes out, as the only chunk; `undefined` when it is too much for that, but not necessarily for `maxBytes`.
 * @throws {DamagedArtifact} as `inflate`
 */
export function inflateAtOnce(compressed: Buffer, maxBytes: number): [Buffer] | undefined {
  let inflated: Buffer;
  try {
    inflated = gunzipSync(compressed, { maxOutputLength: smallInflated, chunkSize });
  } catch (error) {
    if (codeOf(error) === 'ERR_BUFFER_TOO_LARGE') return undefined;
    throw describeFailure(error);
  }
  if (inflated.length > maxBytes) throw inflatesTooFar(maxBytes);
  return [inflated];
}

async function* inflateInPieces(opened: Opened, maxBytes: number): AsyncGenerator<Buffer, void, undefined> {
  const gunzip = createGunzip({ chunkSize });
  const compressed = Readable.from(atMost(opened.all(), maxBytes));
  // Not pipeline(): with it, a failure of the source and one of gunzip are hard to tell apart.
  compressed.on('error', (error) => gunzip.destroy(error)).pipe(gunzip);
  try {
    for await (const chunk of gunzip as AsyncIterable<Buffer>) yield chunk;
  } catch (error) {
    throw describeFailure(error);
  } finally {
    compressed.destroy();
    gunzip.destroy();
  }
}

async function* atMost(
  source: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let size = 0;
  for await (const chunk of source) {
    size += chunk.length;
    if (size > maxBytes) throw new DamagedArtifact('too-large', `It has more than ${maxBytes} bytes.`);
    yield chunk;
  }
}

function inflatesTooFar(maxBytes: number): DamagedArtifact {
  return new DamagedArtifact('too-large', `It inflates to more than ${maxBytes} bytes.`);
}

function describeFailure(cause: unknown): unknown {
  if (codeOf(cause) === 'Z_BUF_ERROR') return new DamagedArtifact('truncated', 'It ends too early.', { cause });
  if (codeOf(cause) === 'Z_DATA_ERROR') {
    return new DamagedArtifact('malformed', 'It is not gzip, or has been damaged.', { cause });
  }
  return cause;
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
