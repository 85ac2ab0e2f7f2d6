import type { FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { BodyLengthError } from './artifact-store.js';

/** A socket gives at most 64 KiB at a time. One write of many pieces costs hardly more than one of a single piece. */
const gatheredBytes = 1024 * 1024;

/**
 * Writes exactly `size` bytes of `body` to `file`. While a write is under way nothing more is taken from the body, so a
 * slow disk slows the sender down instead of filling the memory.
 *
 * @throws {BodyLengthError} and whatever the file system says
 */
export async function receive(body: Readable, size: number, file: FileHandle): Promise<void> {
  let received = 0;
  let gathered: Buffer[] = [];
  let waiting = 0;
  for await (const piece of piecesOf(body)) {
    received += piece.length;
    if (received > size) throw new BodyLengthError(`The body goes on after the ${size} bytes that were announced.`);
    gathered.push(piece);
    waiting += piece.length;
    if (waiting >= gatheredBytes) {
      await writeAll(file, gathered);
      gathered = [];
      waiting = 0;
    }
  }
  if (received < size) throw new BodyLengthError(`The body ended after ${received} of ${size} bytes.`);
  await writeAll(file, gathered);
}

async function* piecesOf(body: Readable): AsyncGenerator<Buffer> {
  try {
    // Leaving a plain loop early destroys the body, and with it the connection that the refusal has to go out on.
    for await (const piece of body.iterator({ destroyOnReturn: false }) as AsyncIterable<unknown>) {
      yield Buffer.isBuffer(piece) ? piece : Buffer.from(String(piece));
    }
  } catch (cause) {
    throw new BodyLengthError('The connection broke before the whole body was there.', { cause });
  }
}

async function writeAll(file: FileHandle, pieces: Buffer[]): Promise<void> {
  let rest = pieces;
  while (rest.length > 0) {
    const { bytesWritten } = await file.writev(rest);
    rest = after(rest, bytesWritten);
  }
}

/** What is left to be written: a nearly full disk may take a part only, and say why at the next attempt. */
function after(pieces: Buffer[], bytes: number): Buffer[] {
  let skipped = bytes;
  return pieces.flatMap((piece) => {
    const from = Math.min(skipped, piece.length);
    skipped -= from;
    return from === piece.length ? [] : [piece.subarray(from)];
  });
}
