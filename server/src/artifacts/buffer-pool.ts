/** Enough to keep a socket busy while the next piece is read: 16 readers of large artifacts get no faster above it. */
export const pieceBytes = 512 * 1024;

/** What a reader gets once the pool is used up. */
const smallPieceBytes = 64 * 1024;

export interface BufferPool {
  /** Never waits: many clients that read slowly must not hold up the others. They get smaller pieces instead. */
  take(wantedBytes: number): Buffer;
  /** Its content may change from now on. */
  giveBack(buffer: Buffer): void;
}

/** Keeps up to `count` large buffers for reuse; each is made when it is first needed. */
export function createBufferPool(count: number): BufferPool {
  const free: Buffer[] = [];
  let made = 0;
  return {
    take(wantedBytes) {
      if (wantedBytes > smallPieceBytes) {
        const buffer = free.pop();
        if (buffer !== undefined) return buffer;
        if (made < count) {
          made++;
          return Buffer.allocUnsafeSlow(pieceBytes);
        }
      }
      return Buffer.allocUnsafeSlow(Math.max(1, Math.min(wantedBytes, smallPieceBytes)));
    },
    giveBack(buffer) {
      if (buffer.length === pieceBytes) free.push(buffer);
    },
  };
}
