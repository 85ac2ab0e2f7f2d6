import { Cancelled, UsageError } from '../errors.js';
import type { Dependencies } from './dependencies.js';

/**
 * Lets a person think again before what cannot be undone. `--yes` has answered already.
 * @param what as a sentence that says what is about to happen
 * @throws {UsageError} when there is nobody to ask; {Cancelled} when the answer is no
 */
export async function confirm(what: string, flags: { yes: boolean }, { io, prompts }: Dependencies): Promise<void> {
  if (flags.yes) return;
  if (!io.interactive) {
    throw new UsageError(`${what} That has to be confirmed, and there is no terminal to ask at. Nothing was changed.`, {
      remedy: 'To go on without being asked, add --yes.',
    });
  }
  if (!(await (await prompts()).confirm(`${what} Go on?`, { default: false }))) {
    throw new Cancelled('Cancelled. Nothing was changed.');
  }
}
