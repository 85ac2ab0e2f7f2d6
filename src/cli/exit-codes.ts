import {
  AlreadyTold,
  AuthenticationRequired,
  Cancelled,
  PartlyFailed,
  ProgramFailed,
  ProgramNotStarted,
  UsageError,
} from '../errors.js';

/** What a script may rely on (style.md 5). */
export const exitCodes = {
  success: 0,
  failure: 1,
  usage: 2,
  partlyFailed: 3,
  notLoggedIn: 4,
  /** As a shell reports a program ended by Ctrl-C (SIGINT). */
  cancelled: 130,
} as const;

export function exitCodeOf(error: unknown): number {
  if (error instanceof AlreadyTold) return exitCodeOf(error.failure);
  if (error instanceof UsageError) return exitCodes.usage;
  if (error instanceof PartlyFailed) return exitCodes.partlyFailed;
  if (error instanceof AuthenticationRequired) return exitCodes.notLoggedIn;
  if (error instanceof Cancelled) return exitCodes.cancelled;
  if (error instanceof ProgramFailed || error instanceof ProgramNotStarted) return error.exitCode;
  return exitCodes.failure;
}
