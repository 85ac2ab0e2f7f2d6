import { writeSync } from 'node:fs';
import { errorCode } from '../files/file-errors.js';

/**
 * Writes before it returns, since the process may be about to end and Nx waits for nothing then. A pipe whose reader is
 * slow refuses with EAGAIN, and is asked again for a moment; a reader that has gone is nobody's loss.
 */
export function writeNow(fd: number, text: string): void {
  let rest: Uint8Array = Buffer.from(text);
  for (let patience = 100; rest.length > 0 && patience > 0;) {
    try {
      rest = rest.subarray(writeSync(fd, rest));
    } catch (error) {
      if (errorCode(error) !== 'EAGAIN') return;
      patience--;
      sleep(5);
    }
  }
}

/** Blocks, without using the processor. Milliseconds. */
function sleep(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
