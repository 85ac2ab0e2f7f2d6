import type { Clock } from '../model.js';

/**
 * When something was observed: times that only ever grow, so that of two observations of one millisecond, or across a
 * clock that was set back, the later one is known for it.
 */
export interface Stamps {
  /** @param known what is known already; the stamp is later than that, too */
  next(known?: number): number;
}

export function createStamps(clock: Clock): Stamps {
  let last = 0;
  return {
    next(known = 0) {
      last = Math.max(last + 1, clock(), known + 1);
      return last;
    },
  };
}
