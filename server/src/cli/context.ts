import type { Clock } from '../domain/model.js';

/** What a command gets from the outside world. */
export interface CliContext {
  stdin: NodeJS.ReadableStream;
  /** Results only. */
  stdout: NodeJS.WritableStream;
  /** Everything for people, and the log. */
  stderr: NodeJS.WritableStream;
  /** A person can be asked: standard input and standard error are terminals, and this is no CI. */
  interactive: boolean;
  clock: Clock;
  hostName(): string;
  /** Aborted by SIGINT and SIGTERM. */
  signal: AbortSignal;
}

export function tell(context: CliContext, text: string): void {
  context.stderr.write(`${text}\n`);
}
