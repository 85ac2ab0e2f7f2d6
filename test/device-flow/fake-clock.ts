import type { MonotonicClock } from '../../src/device-flow/device-flow.js';

export interface FakeClock extends MonotonicClock {
  /** The naps taken so far, in seconds. */
  naps: number[];
}

/** Time that passes only by sleeping, at once. `events`: what happens while the n-th nap (from 1) is taken. */
export function fakeClock(events: Record<number, () => unknown> = {}): FakeClock {
  let now = 1_000_000;
  const naps: number[] = [];
  return {
    naps,
    now: () => now,
    sleep: async (milliseconds, signal) => {
      naps.push(milliseconds / 1000);
      now += milliseconds;
      await events[naps.length]?.();
      signal.throwIfAborted();
    },
  };
}
