import { writeNow } from './write-now.js';

/** What is used of the process. */
export interface EndingProcess {
  env: Readonly<Record<string, string | undefined>>;
  stderr: { fd: number };
  prependListener: (event: 'exit', listener: () => void) => unknown;
}

/**
 * Prints the one warning of a run when the process ends: Nx draws on the terminal before. When Nx is done, listeners are
 * all that is still called, and of them only those that come first: the one of Nx 20 ends the process itself.
 * @param warning asked at the end; `undefined` when all was well
 */
export function warnAtExit(process: EndingProcess, warning: () => string | undefined): void {
  // An Nx that a task has started: what it prints would be kept as the task's output, and shown again by every hit. The run
  // around it says the same, if it has asked the cache for anything itself.
  if (process.env['NX_TASK_HASH'] !== undefined) return;
  process.prependListener('exit', () => {
    const text = warning();
    if (text !== undefined) writeNow(process.stderr.fd, text);
  });
}
