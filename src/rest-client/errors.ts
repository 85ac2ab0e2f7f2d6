import { UserError } from '../errors.js';

/** No answer came from the server: nothing is known about the token or the workspace that was asked for. */
export class ServerUnreachable extends UserError {
  /** The time was up, rather than the connection refused or cut: RFC 8628 §3.5 wants later polls slower. */
  readonly timedOut: boolean;

  constructor(message: string, options: { remedy: string; cause?: unknown; timedOut?: boolean }) {
    super(message, options);
    this.timedOut = options.timedOut ?? false;
  }
}

/** An answer came, and it is none that this program can use: a web page, a 500, JSON of another shape. */
export class UnexpectedAnswer extends UserError {
  /** The HTTP status; `undefined` when the status was fine and the body was not. */
  readonly status: number | undefined;

  constructor(message: string, options: { remedy: string; cause?: unknown; status?: number }) {
    super(message, options);
    this.status = options.status;
  }
}

/** The API itself said no: not allowed (403), not there or not for this person to know (404), in the way (409). */
export class Refused extends UserError {
  readonly status: number;

  constructor(message: string, options: { remedy: string; status: number }) {
    super(message, options);
    this.status = options.status;
  }
}
