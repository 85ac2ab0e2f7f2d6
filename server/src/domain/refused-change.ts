import { UserError } from '../errors.js';

/** Why something that was asked for was not done; whoever speaks HTTP has a status for each. */
export type RefusalReason = 'not-found' | 'forbidden' | 'conflict' | 'invalid';

/** A change that was asked for and not made, and the sentence for whoever asked. Nothing of it was done. */
export class RefusedChange extends UserError {
  readonly reason: RefusalReason;
  /** The part of the request that was wrong, where it was one. */
  readonly field: string | undefined;

  constructor(reason: RefusalReason, message: string, options: { remedy?: string; field?: string } = {}) {
    super(message, options);
    this.reason = reason;
    this.field = options.field;
  }
}
