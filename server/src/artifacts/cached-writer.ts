import type { FileHandle } from 'node:fs/promises';
import type { BodyWriter } from './receive.js';

/** A socket gives at most 64 KiB at a time. One write of many pieces costs hardly more than one of a single piece. */
const gatheredBytes = 1024 * 1024;

/** Writes to a file the usual way, through the operating system's file cache. */
export function createCachedWriter(file: FileHandle): BodyWriter {
  let gathered: Buffer[] = [];
  let waiting = 0;
  async function flush(): Promise<void> {
    const pieces = gathered;
    gathered = [];
    waiting = 0;
    await writeAll(file, pieces);
  }
  return {
    take(piece) {
      gathered.push(piece);
      waiting += piece.length;
      return waiting < gatheredBytes ? undefined : flush();
    },
    end: flush,
  };
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
