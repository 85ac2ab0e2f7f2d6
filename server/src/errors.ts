/**
 * Everything that may go wrong for the operator at the command line. The message says what happened and to what, the
 * remedy what to type next. Whatever else is thrown is a defect of ours. `cli/main.ts` alone maps these to exit codes.
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
