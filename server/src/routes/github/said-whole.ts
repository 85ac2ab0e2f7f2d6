import { RefusedChange } from '../../domain/refused-change.js';

/**
 * What is to be done about a refusal of these is done at GitHub or on a page, so whoever asks is told that too: where the
 * GitHub App is installed, how an account is linked.
 */
export async function saidWhole<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof RefusedChange) || error.remedy === undefined) throw error;
    const { reason, message, remedy, field } = error;
    throw new RefusedChange(reason, `${message} ${remedy}`, field === undefined ? {} : { field });
  }
}
