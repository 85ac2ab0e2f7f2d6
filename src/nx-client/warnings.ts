import { handOver, takeWarningsOfTasks, type FamilyProcess, type Warning } from './run-family.js';
import { writeNow } from './write-now.js';

/** What is used of the process; `exit` is the only event. */
export interface EndingProcess extends FamilyProcess {
  stderr: { fd: number };
  prependListener: (event: 'exit', listener: () => void) => unknown;
}

/** What a run and the runs that its tasks start have to say: one warning in all, printed when the process ends. */
export interface Warnings {
  /** @param source asked at the end; `undefined` when all was well */
  add: (source: () => Warning | undefined) => void;
  /** Runs that these tasks start can hand their warnings over from now on. */
  takeThoseOf: (tasks: unknown) => void;
}

export function createWarnings(process: EndingProcess): Warnings {
  const sources: (() => Warning | undefined)[] = [];
  let takenOver: (() => Warning[]) | undefined;
  let isListening = false;

  /**
   * Nx draws on the terminal before. When it is done, listeners are all that is still called, and of them only those that
   * come first: the one of Nx 20 ends the process itself.
   */
  function listen(): void {
    if (isListening) return;
    isListening = true;
    process.prependListener('exit', () => {
      const own = sources.flatMap((source) => source() ?? []);
      // What is told in the same words or with the same weight, this run tells itself: sorting keeps the order.
      const [first] = [...own, ...(takenOver?.() ?? [])].sort((one, other) => one.rank - other.rank);
      if (first !== undefined && !handOver(process, first)) writeNow(process.stderr.fd, first.text);
    });
  }

  return {
    add(source) {
      sources.push(source);
      listen();
    },
    takeThoseOf(tasks) {
      takenOver ??= takeWarningsOfTasks(process, tasks);
      listen();
    },
  };
}
