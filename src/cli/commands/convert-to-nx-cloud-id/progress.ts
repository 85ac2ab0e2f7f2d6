import { isCi, type Io } from '../../io.js';

/** A line on the terminal that says how far a run is. */
export interface Progress {
  /** One more workspace is through. */
  step(failed: boolean): void;
  /** Takes the line away, so that something can be printed in its place; the next step brings it back. */
  clear(): void;
}

export interface ProgressOptions {
  io: Pick<Io, 'stderr'>;
  env: Readonly<Record<string, string | undefined>>;
  /** Not if something else is printed to the same terminal all the while. */
  shown: boolean;
  /** How many there are, if that is known before. */
  total: number | undefined;
  /** Milliseconds of a clock that never goes back. */
  now: () => number;
}

/** Nothing is shown where nobody looks. */
export function createProgress({ io, env, shown, total, now }: ProgressOptions): Progress {
  if (!shown || !isTerminal(io.stderr) || isCi(env)) return { step: () => undefined, clear: () => undefined };
  return showProgress(io.stderr, total, now);
}

/** Milliseconds between two pictures: what changes faster only flickers. */
const pace = 80;

function showProgress(terminal: NodeJS.WritableStream, total: number | undefined, now: () => number): Progress {
  const count = { done: 0, failed: 0 };
  let shown = false;
  let shownAt = Number.NEGATIVE_INFINITY;
  return {
    step(failed) {
      count.done += 1;
      if (failed) count.failed += 1;
      if (shown && now() - shownAt < pace) return;
      terminal.write(`${eraseLine}${picture(count, total)}`);
      shown = true;
      shownAt = now();
    },
    clear() {
      if (shown) terminal.write(eraseLine);
      shown = false;
    },
  };
}

const eraseLine = '\r\u001b[2K';
const width = 30;

function picture({ done, failed }: { done: number; failed: number }, total: number | undefined): string {
  const failures = failed === 0 ? '' : `, ${failed} failed`;
  if (total === undefined || total === 0) return `${done} workspaces${failures}`;
  const filled = Math.min(width, Math.floor((done / total) * width));
  return `[${'='.repeat(filled).padEnd(width)}] ${done} of ${total} workspaces${failures}`;
}

function isTerminal(stream: NodeJS.WritableStream): boolean {
  return 'isTTY' in stream && stream.isTTY === true;
}
