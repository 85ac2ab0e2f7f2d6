import { StorageUnavailableError, type OpenBlob } from './artifact-store.js';
import type { BufferPool } from './buffer-pool.js';
import type { OpenFile } from './open-files.js';

/** An open file stays readable to its end when its name is removed. */
export class FolderBlob implements OpenBlob {
  readonly size: number;
  readonly #opened: OpenFile;
  readonly #pool: BufferPool;

  constructor(opened: OpenFile, pool: BufferPool) {
    this.size = opened.size;
    this.#opened = opened;
    this.#pool = pool;
  }

  async bytes(): Promise<Buffer> {
    // Of its exact size, and no slice of Node's shared 8 KiB blocks: those would stay in memory as long as it does.
    const bytes = Buffer.allocUnsafeSlow(this.size);
    for (let at = 0; at < this.size;) at += await this.#read(bytes, at, this.size - at);
    return bytes;
  }

  async *pieces(): AsyncGenerator<Buffer> {
    const buffer = this.#pool.take(this.size);
    try {
      for (let at = 0; at < this.size;) {
        const length = await this.#read(buffer, 0, Math.min(buffer.length, this.size - at), at);
        at += length;
        yield buffer.subarray(0, length);
      }
    } finally {
      this.#pool.giveBack(buffer);
    }
  }

  async close(): Promise<void> {
    await this.#opened.release();
  }

  /** @returns how many bytes were read: at least one */
  async #read(buffer: Buffer, offset: number, length: number, position = offset): Promise<number> {
    const { bytesRead } = await this.#opened.file.read(buffer, offset, length, position).catch((cause: unknown) => {
      throw new StorageUnavailableError('The artifact could not be read.', { cause });
    });
    if (bytesRead === 0) throw new StorageUnavailableError('The artifact became shorter while it was being read.');
    return bytesRead;
  }
}
