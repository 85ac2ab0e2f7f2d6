import { Cancelled, UserError } from '../errors.js';
import { ServerUnreachable, UnexpectedAnswer } from '../rest-client/errors.js';
import type { DevicePoll } from './poll.js';

/** Time that only goes forward; the wall clock of a virtual machine may jump by hours. */
export interface MonotonicClock {
  /** Milliseconds since some moment. */
  now(): number;
  /** Resolves after so many milliseconds; rejects when the signal is aborted. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

export interface Approval {
  serverUrl: string;
  /** Seconds. */
  expiresIn: number;
  /** Seconds. */
  interval: number;
  poll: () => Promise<DevicePoll>;
  clock: MonotonicClock;
  signal: AbortSignal;
}

/** The person said no in the browser, or nothing until the code expired. */
export class LoginNotApproved extends UserError {}

/** Milliseconds. */
const slowDownStep = 5_000;
const longestBackoff = 60_000;

/**
 * Polls until there is a token (RFC 8628 §3.5). A poll that fails is no reason to stop: networks come back and servers
 * restart while a person types a password. What is reported at the end tells a broken server from a person who never
 * approved.
 *
 * @returns the access token
 * @throws {LoginNotApproved} denied, or expired while the server answered as it should
 * @throws {ServerUnreachable | UnexpectedAnswer} expired, and the last polls had failed
 * @throws {UserError} the server knows the code no more
 * @throws {Cancelled} the signal was aborted; the authorization still stands on the server
 */
export async function awaitApproval(approval: Approval): Promise<string> {
  const { serverUrl, expiresIn, interval, poll, clock, signal } = approval;
  const end = clock.now() + expiresIn * 1000;
  let wait = interval * 1000;
  let trouble: ServerUnreachable | UnexpectedAnswer | undefined;

  for (;;) {
    await rest(Math.min(wait, end - clock.now()), clock, signal);
    if (clock.now() >= end) throw trouble === undefined ? neverApproved(serverUrl) : failedUntilTheEnd(trouble);

    const result = await poll();
    trouble = undefined;
    switch (result.kind) {
      case 'granted':
        return result.accessToken;
      case 'pending':
        break;
      case 'slow-down':
        wait += slowDownStep;
        break;
      case 'unreachable':
        trouble = result.error;
        if (trouble.timedOut) wait = Math.max(wait, Math.min(wait * 2, longestBackoff));
        break;
      case 'broken':
        trouble = result.error;
        break;
      case 'expired':
        throw neverApproved(serverUrl);
      case 'denied':
        throw new LoginNotApproved(`The login to ${serverUrl} was denied in the browser.`, {
          remedy: `If that was a mistake, start again: npx nxkey login ${serverUrl}`,
        });
      case 'rejected':
        throw new UserError(`${serverUrl} does not accept this login any more (${result.reason}).`, {
          remedy: `Start again: npx nxkey login ${serverUrl}`,
        });
    }
  }
}

async function rest(milliseconds: number, clock: MonotonicClock, signal: AbortSignal): Promise<void> {
  try {
    if (milliseconds > 0) await clock.sleep(milliseconds, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  if (signal.aborted) throw new Cancelled();
}

function neverApproved(serverUrl: string): LoginNotApproved {
  return new LoginNotApproved(`Nobody approved the login to ${serverUrl} before its code expired.`, {
    remedy: `Start again: npx nxkey login ${serverUrl}`,
  });
}

function failedUntilTheEnd(trouble: ServerUnreachable | UnexpectedAnswer): UserError {
  const message = `The code expired while the server could not be asked about it. ${trouble.message}`;
  const options = { remedy: trouble.remedy ?? '', cause: trouble };
  return trouble instanceof ServerUnreachable
    ? new ServerUnreachable(message, options)
    : new UnexpectedAnswer(message, options);
}
