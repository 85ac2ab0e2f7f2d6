/** What a disk takes past the file cache comes in whole blocks, from memory and to places that begin at one. */
export const blockBytes = 4096;

/** One write for an artifact of usual size; larger ones get no faster. */
export const blockBufferBytes = 1024 * 1024;

export interface BlockBuffers {
  /** `undefined` once all are in use. */
  take(): Buffer | undefined;
  /** Its content may change from now on. */
  giveBack(buffer: Buffer): void;
}

/**
 * Up to `count` buffers that begin at a memory page. Node's own begin anywhere; WebAssembly's memory is the only one that
 * it has which begins at a page. It takes no room before it is used.
 */
export function createBlockBuffers(count: number): BlockBuffers {
  const pages = (count * blockBufferBytes) / 65_536;
  let memory: ArrayBuffer | undefined;
  const free: Buffer[] = [];
  let made = 0;
  return {
    take() {
      const buffer = free.pop();
      if (buffer !== undefined || made === count) return buffer;
      memory ??= new WebAssembly.Memory({ initial: pages, maximum: pages }).buffer;
      return Buffer.from(memory, made++ * blockBufferBytes, blockBufferBytes);
    },
    giveBack(buffer) {
      free.push(buffer);
    },
  };
}
