import { getSystemErrorMap } from 'node:util';
import { UserError } from '../errors.js';
import type { CliContext } from './context.js';

/**
 * A stream that cannot be written says so to whoever wrote, and in an event, which ends the process when nobody listens.
 * A server goes on without the reader of its log, and a command without that of its messages.
 */
export function surviveClosedStreams({ stdout, stderr }: CliContext): void {
  for (const stream of [stdout, stderr]) stream.on('error', () => undefined);
}

/**
 * Writes to standard output, and waits until the system has taken it: not before is it known that the disk is full.
 * A reader that goes away early, as `head` does, has read what it wanted: that is no error.
 *
 * @throws {UserError} when it could not be written
 */
export async function writeOutput(context: CliContext, text: string): Promise<void> {
  const failure = await tryToWrite(context, text);
  if (failure !== null && failure.code !== 'EPIPE') throw new UserError(failure.message, { cause: failure.cause });
}

/** A command's result: text for people and pipes, or one line of JSON. @throws {UserError} as `writeOutput` does */
export async function printResult(context: CliContext, json: boolean, text: string, value: object): Promise<void> {
  await writeOutput(context, `${json ? JSON.stringify(value) : text}\n`);
}

export interface NewToken {
  secret: string;
  /** The result as JSON. */
  value: object;
  remove(): Promise<unknown>;
  /** What to say when it is removed again, if that is more than the token. */
  removed?: string;
  /** What a person does about it, should that fail. */
  removeByHand: string;
}

/**
 * Prints a token that is shown once. When that fails, also for want of a reader, it is removed again: nobody has seen
 * it, so nobody would miss or revoke it. One that waits in a pipe whose reader ends later counts as printed.
 *
 * @throws {UserError} when it was not printed
 */
export async function printNewToken(context: CliContext, json: boolean, token: NewToken): Promise<void> {
  const failure = await tryToWrite(context, `${json ? JSON.stringify(token.value) : token.secret}\n`);
  if (failure === null) return;
  const { message, cause } = failure;
  try {
    await token.remove();
  } catch {
    const remedy = `Nobody has seen the token, and it could not be removed again. ${token.removeByHand}`;
    throw new UserError(message, { remedy, cause });
  }
  const { removed = 'Nobody has seen the token, so it has been removed again.' } = token;
  throw new UserError(message, { remedy: removed, cause });
}

interface WriteFailure {
  /** The system's name for it, such as `ENOSPC`; empty when it has none. */
  code: string;
  message: string;
  cause: Error;
}

async function tryToWrite({ stdout }: CliContext, text: string): Promise<WriteFailure | null> {
  const cause = await new Promise<Error | null | undefined>((resolve) => {
    stdout.write(text, resolve);
  });
  if (cause === undefined || cause === null) return null;
  const number = 'errno' in cause && typeof cause.errno === 'number' ? cause.errno : 0;
  const [code, reason] = getSystemErrorMap().get(number) ?? ['', cause.message];
  return { code, message: `standard output could not be written: ${reason}.`, cause };
}
