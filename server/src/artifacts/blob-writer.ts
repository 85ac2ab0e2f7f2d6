import { constants } from 'node:fs';
import { open, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { blockBytes, createBlockBuffers, type BlockBuffers } from './block-buffers.js';
import { createCachedWriter } from './cached-writer.js';
import { createDirectWriter, directFlags } from './direct-writer.js';
import { receive } from './receive.js';

/** So many uploads go past the file cache at a time; more of them take the usual way. A buffer of 1 MiB for each. */
const directUploads = 32;

/** For smaller ones two ways to the disk cost the same. */
const directFrom = 128 * 1024;

export interface BlobWriter {
  /**
   * Exactly `size` bytes of `body` into a new file, on the disk when this ends. What is left when it throws, the caller
   * removes.
   *
   * @throws {BodyLengthError} and whatever the file system says
   */
  write(path: string, body: Readable, size: number): Promise<void>;
}

/** @param folder where it may try what the file system can do */
export async function createBlobWriter(folder: string): Promise<BlobWriter> {
  const buffers = createBlockBuffers(directUploads);
  const isDirectPossible = await takesDirectWrites(join(folder, 'probe'), buffers);
  return {
    async write(path, body, size) {
      const buffer = isDirectPossible && size >= directFrom ? buffers.take() : undefined;
      if (buffer === undefined) {
        await writeFile(path, 'wx', (file) => receive(body, size, createCachedWriter(file)));
        return;
      }
      try {
        await writeFile(path, directFlags, (file) => receive(body, size, createDirectWriter(file, buffer)));
      } finally {
        buffers.giveBack(buffer);
      }
    },
  };
}

async function writeFile(
  path: string,
  flags: string | number,
  fill: (file: FileHandle) => Promise<void>,
): Promise<void> {
  const file = await open(path, flags, 0o600);
  try {
    await fill(file);
    await file.datasync();
  } finally {
    await file.close();
  }
}

/** Not every operating system and file system does. */
async function takesDirectWrites(path: string, buffers: BlockBuffers): Promise<boolean> {
  const buffer = buffers.take();
  if (buffer === undefined || !('O_DIRECT' in constants)) return false;
  try {
    await writeFile(path, directFlags, async (file) => {
      await file.write(buffer, 0, blockBytes, 0);
    });
    return true;
  } catch {
    return false;
  } finally {
    buffers.giveBack(buffer);
    await unlink(path).catch(() => undefined);
  }
}
