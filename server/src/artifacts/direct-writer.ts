import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { blockBytes } from './block-buffers.js';
import type { BodyWriter } from './receive.js';

/** For a new file that is written past the operating system's file cache. */
export const directFlags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_DIRECT;

/**
 * Writes to a file that was opened with `directFlags`, in whole blocks from `buffer`; the end of the last one is cut off.
 *
 * What has to be on the disk before it is acknowledged gains nothing from the file cache on its way: the new pages that
 * each artifact of 1 MiB needs there took more than half of the time an upload spends in the kernel (3.6 ms of CPU
 * instead of 1.2 ms).
 */
export function createDirectWriter(file: FileHandle, buffer: Buffer): BodyWriter {
  let used = 0;
  let written = 0;

  async function flush(): Promise<void> {
    const length = Math.ceil(used / blockBytes) * blockBytes;
    for (let at = 0; at < length;) {
      const { bytesWritten } = await file.write(buffer, at, length - at, written + at);
      at += bytesWritten;
    }
    written += used;
    used = 0;
  }

  async function takeInParts(piece: Buffer): Promise<void> {
    for (let from = 0; from < piece.length;) {
      from += fill(piece, from);
      if (used === buffer.length) await flush();
    }
  }

  /** @returns how much of the piece there was room for */
  function fill(piece: Buffer, from: number): number {
    const copied = piece.copy(buffer, used, from);
    used += copied;
    return copied;
  }

  return {
    take(piece) {
      if (used + piece.length >= buffer.length) return takeInParts(piece);
      fill(piece, 0);
      return undefined;
    },
    async end() {
      if (used === 0) return;
      await flush();
      if (written % blockBytes !== 0) await file.truncate(written);
    },
  };
}
