import { Chalk, chalkStderr, type ChalkInstance } from 'chalk';

export type CalledAs = 'nxkey' | 'nx-cloud';

/** The terminal as commands see it. Results go to stdout, everything for people to stderr (style.md 4). */
export interface Io {
  readonly stdin: NodeJS.ReadableStream;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  /** A person can be asked: standard input and standard error are terminals, and this is no CI. */
  readonly interactive: boolean;
  /** The width of standard output where that is a terminal. */
  readonly columns: number | undefined;
  /** What people type for the program: `nxkey`, or `nx-cloud` where Nx has downloaded it and nothing is installed. */
  readonly calledAs: CalledAs;
  /** Colors for standard error; plain when it is no terminal or `NO_COLOR` is set. */
  readonly style: ChalkInstance;
}

export function createIo(process: NodeJS.Process, calledAs: CalledAs = 'nxkey'): Io {
  const { stdin, stdout, stderr, env } = process;
  // https://no-color.org: set and not empty means no color. chalk itself does not look at it.
  const noColor = (env['NO_COLOR'] ?? '') !== '';
  return {
    stdin,
    stdout,
    stderr,
    interactive: stdin.isTTY && stderr.isTTY && !isCi(env),
    // A terminal that does not know its width, such as that of some CI, says 0.
    columns: stdout.isTTY ? stdout.columns || 80 : undefined,
    calledAs,
    style: new Chalk({ level: noColor ? 0 : chalkStderr.level }),
  };
}

/** Whether nobody is there to be asked, although there may be a terminal. */
export function isCi(env: Readonly<Record<string, string | undefined>>): boolean {
  return env['CI'] !== undefined && env['CI'] !== '' && env['CI'] !== 'false';
}

/** One line of a command's result. */
export function printResult(io: Io, text: string): void {
  io.stdout.write(`${text}\n`);
}

/** A command's result for scripts (`--json`): one object, indented for the people who look at it. */
export function printJson(io: Io, value: unknown): void {
  printResult(io, JSON.stringify(value, null, 2));
}

/** One line for people. */
export function tell(io: Io, text = ''): void {
  io.stderr.write(`${inWordsOf(io.calledAs, text)}\n`);
}

/** Texts name the program by its package. Where that is not installed, npx would fetch it only to type what they say. */
export function inWordsOf(calledAs: CalledAs, text: string): string {
  return text.replaceAll('npx nxkey', `npx ${calledAs}`);
}
