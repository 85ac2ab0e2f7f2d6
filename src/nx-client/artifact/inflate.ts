import { createGunzip, gunzipSync } from 'node:zlib';
import { pipeline } from 'node:stream';
import { DamagedArtifact } from './errors.js';

/** A compressed artifact up to this size is inflated at once … */
const smallCompressed = 256 * 1024;
/** … unless it gets larger than this: a few milliseconds at most, and a bomb goes no further. */
const smallInflated = 4 * 1024 * 1024;

/**
 * Inflates gzip and stops as soon as more than `maxBytes` have come out.
 *
 * Small artifacts, which is nearly all, are inflated in one synchronous call: a stream with its hops through the thread
 * pool takes longer than the work itself.
 * @throws {DamagedArtifact} `malformed`, `truncated`, `too-large`; whatever `source` throws as it is
 */
export async function* inflate(source: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const iterator = source[Symbol.asyncIterator]();
  let ended = false;
  while (size <= smallCompressed) {
    const next = await iterator.next();
    if (next.done === true) {
      ended = true;
      break;
    }
    chunks.push(next.value);
    size += next.value.length;
  }
  const whole = ended ? inflateAtOnce(Buffer.concat(chunks, size)) : undefined;
  let inflated = 0;
  const count = (chunk: Buffer): Buffer => {
    inflated += chunk.length;
    if (inflated > maxBytes) throw tooLarge(maxBytes);
    return chunk;
  };
  if (whole !== undefined) {
    yield count(whole);
    return;
  }
  const gunzip = createGunzip({ chunkSize: 64 * 1024 });
  pipeline(continueWith(chunks, iterator), gunzip, () => undefined);
  try {
    for await (const chunk of gunzip as AsyncIterable<Buffer>) yield count(chunk);
  } catch (error) {
    throw describe(error);
  }
}

function inflateAtOnce(compressed: Buffer): Buffer | undefined {
  try {
    return gunzipSync(compressed, { maxOutputLength: smallInflated });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw describe(error);
  }
}

async function* continueWith(
  chunks: readonly Uint8Array[],
  iterator: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
    for (;;) {
      const next = await iterator.next();
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    await iterator.return?.();
  }
}

function describe(error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error;
  if (error.code === 'Z_BUF_ERROR') return new DamagedArtifact('truncated', 'It ends too early.', { cause: error });
  if (error.code === 'Z_DATA_ERROR')
    return new DamagedArtifact('malformed', 'It is not gzip, or has been damaged.', { cause: error });
  return error;
}

function tooLarge(maxBytes: number): DamagedArtifact {
  return new DamagedArtifact('too-large', `It has more than ${maxBytes} bytes when it is inflated.`);
}
