import type { ChalkInstance } from 'chalk';

/** The terminal as commands see it. Results go to stdout, everything for people to stderr (style.md 4). */
export interface Io {
  readonly stdin: NodeJS.ReadableStream;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  /** A person can be asked: standard input and standard error are terminals, and this is no CI. */
  readonly interactive: boolean;
  /** Colors for standard error; plain when it is no terminal or `NO_COLOR` is set. */
  readonly style: ChalkInstance;
}

/** One line of a command's result. */
export function printResult(io: Io, text: string): void {
  io.stdout.write(`${text}\n`);
}

/** One line for people. */
export function tell(io: Io, text = ''): void {
  io.stderr.write(`${text}\n`);
}
