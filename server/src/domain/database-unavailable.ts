import { UserError } from '../errors.js';

export type UnavailableReason = 'busy' | 'full' | 'failed';

const sentences: Record<UnavailableReason, { message: string; remedy: string }> = {
  busy: {
    message: 'Another program keeps the database locked. Nothing was changed.',
    remedy: 'Wait until that program is done, and try again.',
  },
  full: {
    message: 'The disk that holds the database is full. Nothing was changed.',
    remedy: 'Make room on it, and try again.',
  },
  failed: {
    message: 'The database cannot be read or written. Nothing was changed.',
    remedy: 'See whether its disk is there, sound and writable for this user, and try again.',
  },
};

/**
 * Any method of a database may throw this: what was asked was not done, and may work when it is asked again. The cause
 * is the driver's own error.
 */
export class DatabaseUnavailableError extends UserError {
  constructor(reason: UnavailableReason, cause: unknown) {
    const { message, remedy } = sentences[reason];
    super(cause instanceof Error ? `${message} (${cause.message})` : message, { remedy, cause });
  }
}
