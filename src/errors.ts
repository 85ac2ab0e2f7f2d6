/**
 * Everything that may go wrong for a person. The message says what happened and to what, the remedy what to type next.
 * Whatever else is thrown is a defect of ours. `src/cli/main.ts` alone maps these to exit codes.
 */
export class UserError extends Error {
  readonly remedy: string | undefined;

  constructor(message: string, options: { remedy?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.remedy = options.remedy;
  }
}

/** The command line itself was wrong. Exit code 2. */
export class UsageError extends UserError {}

/** Of many things some failed and the others are done. Exit code 3. */
export class PartlyFailed extends UserError {}

/** Not logged in, or the token is no longer valid. Exit code 4. */
export class AuthenticationRequired extends UserError {}

/** A program that was to be run in our place could not be started. Exit code 127 when there is none, 126 otherwise. */
export class ProgramNotStarted extends UserError {
  readonly exitCode: 126 | 127;

  constructor(message: string, options: { exitCode: 126 | 127; remedy: string; cause: unknown }) {
    super(message, options);
    this.exitCode = options.exitCode;
  }
}

/** A program that was run in our place failed, and has said so itself. Its exit code is ours. */
export class ProgramFailed extends Error {
  readonly exitCode: number;

  constructor(exitCode: number) {
    super(`The program ended with exit code ${exitCode}.`);
    this.exitCode = exitCode;
  }
}

/** A failure that the command's own output has told already; its exit code is that of `failure`. */
export class AlreadyTold extends Error {
  readonly failure: UserError;

  constructor(failure: UserError) {
    super(failure.message);
    this.failure = failure;
  }
}

/** The person said no or pressed Ctrl-C. Exit code 130. */
export class Cancelled extends UserError {
  constructor(message = 'Cancelled.') {
    super(message);
  }
}
