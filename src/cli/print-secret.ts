import { UserError } from '../errors.js';
import type { Io } from './io.js';

export interface NewSecret {
  /** What goes to standard output, without the line end. */
  text: string;
  /** Ends the secret. */
  revoke: () => Promise<void>;
  /** What to type, should that fail. */
  revokeByHand: string;
  /** What to do next once it has been revoked. Default: the same again. */
  next?: string;
}

const again = 'Run the command again where its output can be written.';

/**
 * Prints a token that is shown once. When that fails, also for want of a reader, it is revoked: nobody has seen it, so
 * nobody would miss or revoke it. One that waits in a pipe whose reader ends later counts as printed.
 * @throws {UserError} when it was not printed
 */
export async function printSecret(
  { stdout }: Io,
  { text, revoke, revokeByHand, next = again }: NewSecret,
): Promise<void> {
  const cause = await new Promise<Error | null | undefined>((resolve) => {
    stdout.write(`${text}\n`, resolve);
  });
  if (cause === undefined || cause === null) return;
  try {
    await revoke();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(`The new token could not be printed, and not be revoked either: ${error.message}`, {
      remedy: `Nobody has seen it. Revoke it:  ${revokeByHand}`,
      cause,
    });
  }
  throw new UserError('The new token could not be printed. Nobody has seen it, so it has been revoked again.', {
    remedy: next,
    cause,
  });
}
