/** Bytes that have all come. To be read like every source of an artifact, or at once. */
export class Whole implements AsyncIterable<Uint8Array> {
  readonly bytes: Buffer;
  /** Nobody will read them again. To be called at most once. */
  readonly release: () => void;

  constructor(bytes: Buffer, release: () => void = () => undefined) {
    this.bytes = bytes;
    this.release = release;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    yield await Promise.resolve(this.bytes);
  }
}

/** A stream of which the first bytes have been looked at. */
export interface Opened {
  /** At least as many bytes as were asked for, unless `isWhole`. */
  start: Buffer;
  /** The stream has ended: there is nothing but `start`. */
  isWhole: boolean;
  /** All of it, `start` included. */
  all: () => AsyncGenerator<Uint8Array, void, undefined>;
}

/**
 * Reads the first bytes of a stream before it is decided what becomes of the rest. The iterator stays the caller's, who
 * has to end it: a generator that was never begun, as `all()` may be, ends nothing.
 */
export async function openChunks(iterator: AsyncIterator<Uint8Array>, length: number): Promise<Opened> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  let isWhole = false;
  while (size < length && !isWhole) {
    const next = await iterator.next();
    if (next.done === true) {
      isWhole = true;
    } else {
      chunks.push(next.value);
      size += next.value.length;
    }
  }
  const [only] = chunks;
  const start = chunks.length === 1 && Buffer.isBuffer(only) ? only : Buffer.concat(chunks, size);
  return { start, isWhole, all: () => goOn(start, iterator) };
}

async function* goOn(start: Buffer, iterator: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  if (start.length > 0) yield start;
  for (;;) {
    const next = await iterator.next();
    if (next.done === true) return;
    yield next.value;
  }
}

/**
 * Tells a source that nobody reads on. It is not waited for: a generator that is waiting itself, for a server that has
 * fallen silent, answers only when that wait is over, and who has found the artifact damaged should hear so now.
 */
export function endSource(iterator: AsyncIterator<Uint8Array>): void {
  iterator.return?.().catch(() => undefined);
}
