import { byOperator, type Initiator } from '../domain/audit-log.js';
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
  /** Its variables; which of them there are, the server's README says. */
  environment: Readonly<Record<string, string | undefined>>;
  /** Where the build has put what the server hands out. */
  builtFolder: URL;
  hostName(): string;
  /** Who runs the command, by the operating system's name; the audit log tells it. */
  userName(): string;
  /** Aborted by SIGINT and SIGTERM. */
  signal: AbortSignal;
}

export function tell(context: CliContext, text: string): void {
  context.stderr.write(`${text}\n`);
}

/** Who does what a command does, as the audit log has it. */
export function operator(context: CliContext): Initiator {
  return byOperator(context.userName());
}
