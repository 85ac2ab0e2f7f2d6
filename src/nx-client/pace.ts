import type { Deadlines } from './deadlines.js';

/** Looks after the requests that wait for a server. */
export interface Pace {
  /** @param onTooSlow called once, when the server has been silent for too long, or all of it moves too slowly */
  watch: (onTooSlow: () => void) => Watched;
}

export interface Watched {
  /** So many bytes have come, or were taken. */
  moved: (bytes: number) => void;
  /** From now on the server has to do something; until `pause` it is its time that passes, not ours. */
  wait: () => void;
  /** From now on we are busy with what has come. */
  pause: () => void;
  end: () => void;
}

interface State {
  isWaiting: boolean;
  /** Ticks in a row without a byte. */
  silent: number;
  /** Ticks since `movedBefore` was noted. */
  ticks: number;
  movedBefore: number;
  /** How many silent ticks are too many. */
  patience: number;
  onTooSlow: () => void;
}

const ticksPerDeadline = 10;

/** For requests that follow one which waited in vain: where they come one after the other, the waiting adds up. */
const ticksFromThenOn = 3;

/**
 * Time is counted in ticks of one timer, never read from a clock: Nx blocks this process for seconds, in which bytes
 * that have come in time cannot be taken. However long that lasts, it is one tick.
 */
export function createPace({ silenceMs, leastBytes }: Pick<Deadlines, 'silenceMs' | 'leastBytes'>): Pace {
  if (silenceMs === Infinity) return { watch: () => unwatched };
  const states = new Set<State>();
  let timer: NodeJS.Timeout | undefined;
  let movedByAll = 0;
  let patience = ticksPerDeadline;

  const tick = () => {
    for (const state of [...states]) {
      if (!state.isWaiting || !states.has(state)) continue;
      state.silent++;
      state.ticks++;
      if (state.silent < state.patience && state.ticks < ticksPerDeadline) continue;
      if (state.silent >= state.patience || movedByAll - state.movedBefore < leastBytes) {
        end(state);
        patience = ticksFromThenOn;
        state.onTooSlow();
      } else begin(state);
    }
  };
  const begin = (state: State) => {
    state.ticks = 0;
    state.movedBefore = movedByAll;
  };
  const end = (state: State) => {
    states.delete(state);
    if (states.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };

  return {
    watch(onTooSlow) {
      const state: State = { isWaiting: true, silent: 0, ticks: 0, movedBefore: movedByAll, patience, onTooSlow };
      states.add(state);
      // What is waited for keeps the process alive, not the waiting.
      timer ??= setInterval(tick, silenceMs / ticksPerDeadline).unref();
      return {
        moved: (bytes) => {
          state.silent = 0;
          movedByAll += bytes;
        },
        wait: () => {
          state.isWaiting = true;
        },
        pause: () => {
          state.isWaiting = false;
        },
        end: () => {
          end(state);
        },
      };
    },
  };
}

const nothing = () => undefined;
const unwatched: Watched = { moved: nothing, wait: nothing, pause: nothing, end: nothing };
