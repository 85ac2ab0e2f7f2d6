import { Cancelled } from '../errors.js';

/** Each ends the login on the server, too. The exit code is the shell's: 128 and the signal's number. */
export const interruptSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
export type InterruptSignal = (typeof interruptSignals)[number];

/** The signals with which somebody ends a program. */
export interface Interrupts {
  /** Aborted with `Cancelled` by the first one; a second one ends the process at once, as without us. */
  readonly signal: AbortSignal;
  /** The one that aborted. */
  received(): InterruptSignal | undefined;
  /** Until the function it answers with is called, all of them go to `receiver` and abort nothing. */
  passTo(receiver: (signal: InterruptSignal) => void): () => void;
  /** From now on they end the process, as without us. */
  release(): void;
}

/** @param onInterrupt called with the signal that aborted */
export function watchInterrupts(process: NodeJS.Process, onInterrupt: (signal: InterruptSignal) => void): Interrupts {
  const controller = new AbortController();
  let received: InterruptSignal | undefined;
  const interrupt = (signal: InterruptSignal) => {
    received = signal;
    controller.abort(new Cancelled());
    onInterrupt(signal);
  };
  const watch = () => {
    for (const signal of interruptSignals) process.once(signal, interrupt);
  };
  const release = () => {
    for (const signal of interruptSignals) process.removeListener(signal, interrupt);
  };

  watch();
  return {
    signal: controller.signal,
    received: () => received,
    release,
    passTo(receiver) {
      for (const signal of interruptSignals) process.on(signal, receiver);
      release();
      return () => {
        watch();
        for (const signal of interruptSignals) process.removeListener(signal, receiver);
      };
    },
  };
}
