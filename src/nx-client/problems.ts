import { AuthenticationRequired, UserError } from '../errors.js';
import { errorCode, refusal } from '../files/file-errors.js';
import type { Session } from './session.js';

/** What a person is told about the cache when it was open and then something went wrong. */

export function accessEnded({ serverUrl }: Session, because: string): UserError {
  return new UserError(`${serverUrl} gives you no access any more${reason(because)}.`, {
    remedy: 'Ask an owner of the organization; who you are says:  npx nxkey status',
  });
}

export function tokenEnded({ serverUrl, who }: Session): UserError {
  const [token, remedy] =
    who === 'ci'
      ? [
          'the CI access token',
          'Set NX_CLOUD_ACCESS_TOKEN in the CI secrets to a new one:  npx nxkey ci-token create --help',
        ]
      : ['your personal access token', `Log in again:  npx nxkey login ${serverUrl}`];
  return new AuthenticationRequired(`${serverUrl} does not accept ${token} any more: it is expired or revoked.`, {
    remedy,
  });
}

export function notAllowed({ who, serverUrl }: Session, because: string): UserError {
  const other = who === 'anybody' ? `Log in:  npx nxkey login ${serverUrl}` : 'Who you are says:  npx nxkey status';
  return new UserError(`You may only read it${reason(because)}.`, {
    remedy: `In CI, set NX_CLOUD_ACCESS_TOKEN to an access token that may write. ${other}`,
  });
}

export function tooLarge({ serverUrl }: Session, because: string): UserError {
  return new UserError(`${serverUrl} does not take one of that size${reason(because)}.`, {
    remedy: 'Leave out of the outputs what need not be kept, or ask whoever runs the server for a larger limit.',
  });
}

/** What the server said, to go on a sentence with. Proxies refuse, too, and say nothing that could be shown. */
function reason(because: string): string {
  return because === '' ? '' : `: ${because.replace(/\.$/, '')}`;
}

export function defect(cause: unknown): UserError {
  return new UserError(`nxkey has a defect and could not go on: ${describe(cause)}.`, {
    remedy: 'Please report it, with what the same command prints when NX_VERBOSE_LOGGING=true is set.',
    cause,
  });
}

/**
 * The system's own errors are about our files, since those of the network are `TransferFailed` already. They name Nx's
 * cache folder: the names in our part of it are random.
 */
export function asDiskProblem(error: unknown, cacheDirectory: string): unknown {
  return error instanceof UserError || errorCode(error) === undefined ? error : refusal(cacheDirectory, error);
}

/** Nothing more can be kept, so that nothing more need be asked for. */
export function isDiskUnusable(error: unknown): boolean {
  return error instanceof Error && ['ENOSPC', 'EDQUOT', 'EROFS'].includes(errorCode(error.cause) ?? '');
}

/** An error and what it comes from, for `NX_VERBOSE_LOGGING`. */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message} (${describe(error.cause)})`;
}
