import { setImmediate } from 'node:timers/promises';

/** Longer than a small artifact takes, and too short for a delay to be noticed. */
const sliceInMilliseconds = 8;

/**
 * Divides synchronous work on files, which takes less than half the time of asynchronous work, so that Nx, which lives in
 * the same process, gets its turn:
 *
 *     if (pause.isDue()) await pause.take();
 */
export class Pause {
  #since = performance.now();

  isDue(): boolean {
    return performance.now() - this.#since > sliceInMilliseconds;
  }

  async take(): Promise<void> {
    await setImmediate();
    this.#since = performance.now();
  }
}
