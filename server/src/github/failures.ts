import { GithubUnavailable } from '../domain/github/gateway.js';
import { isObject } from '../../../src/rest-client/narrow.js';

/** What became of one request, as far as it was not an answer. */
export type RequestFailure =
  | { kind: 'status'; status: number; headers: Readonly<Record<string, unknown>>; message: string }
  | { kind: 'timeout' }
  | { kind: 'unreachable'; code: string };

/**
 * What octokit threw, without the request that it keeps in its errors: that has the token in its headers.
 * @returns `null` for what is no failed request, but a defect
 */
export function requestFailure(error: unknown): RequestFailure | null {
  if (!(error instanceof Error) || !('status' in error) || typeof error.status !== 'number') return null;
  const response = 'response' in error ? error.response : undefined;
  if (isObject(response)) {
    const headers = isObject(response['headers']) ? response['headers'] : {};
    return { kind: 'status', status: error.status, headers, message: error.message };
  }
  const names = causesOf(error).map(({ name }) => name);
  if (names.includes('TimeoutError') || names.includes('AbortError')) return { kind: 'timeout' };
  return { kind: 'unreachable', code: codeOf(error) };
}

export interface Asked {
  /** "GitHub", or "GitHub at ghe.acme.example". */
  github: string;
  /** Follows "was asked for": "the members of acme". */
  what: string;
  timeoutMs: number;
  now: number;
}

export function unavailable(asked: Asked, failure: RequestFailure): GithubUnavailable {
  const { reason, ...options } = reasonOf(asked, failure);
  return new GithubUnavailable(`${asked.github} was asked for ${asked.what}: ${reason}`, options);
}

/** An answer that is not GitHub's, or none of what was asked for. */
export function unusable({ github, what }: Pick<Asked, 'github' | 'what'>, reason: string): GithubUnavailable {
  return new GithubUnavailable(`${github} was asked for ${what}: its answer makes no sense, since ${reason}.`);
}

interface Reason {
  reason: string;
  retryAfterMs?: number | null;
  isRefusal?: boolean;
}

function reasonOf(asked: Asked, failure: RequestFailure): Reason {
  if (failure.kind === 'timeout') return { reason: `it did not answer within ${asked.timeoutMs / 1000} seconds.` };
  if (failure.kind === 'unreachable') return { reason: `it cannot be reached (${failure.code}).` };
  const { status } = failure;
  const limit = status === 403 || status === 429 ? limitOf(failure, asked.now) : null;
  if (limit !== null) {
    const again = `It may be asked again in ${Math.ceil(limit.retryAfterMs / 1000)} seconds.`;
    return { reason: `${limit.sentence} ${again}`, retryAfterMs: limit.retryAfterMs };
  }
  if (status === 401) {
    return {
      reason:
        'it does not accept our credentials (401). See whether the id and the private key are of the same GitHub App, ' +
        'and whether the clock of this machine is right.',
    };
  }
  if (status === 403) {
    const needed = 'The GitHub App needs the organization permission "Members: Read-only".';
    return { reason: `it refuses (403). ${needed}`, isRefusal: true };
  }
  if (status >= 500) {
    return {
      reason: `it answered with an error of its own (${status}).`,
      retryAfterMs: headerSeconds(failure.headers),
    };
  }
  return { reason: `it answered with the status ${status}.` };
}

/** GitHub asks for a minute at least where it does not say for how long. */
const secondaryLimitMs = 60_000;
/** A limit starts anew each hour; whatever is later is a clock that is wrong. */
const longestMs = 3_600_000;

/** "Rate limits for the REST API": the primary limit is used up, or there were too many requests at once. */
function limitOf(
  { headers, message, status }: Extract<RequestFailure, { kind: 'status' }>,
  now: number,
): { sentence: string; retryAfterMs: number } | null {
  const retryAfterMs = headerSeconds(headers);
  if (retryAfterMs === null && headers['x-ratelimit-remaining'] === '0') {
    const resetMs = Number(headers['x-ratelimit-reset']) * 1000 - now;
    const wait = Number.isNaN(resetMs) ? secondaryLimitMs : Math.min(Math.max(resetMs, 1000), longestMs);
    return { sentence: 'the limit on requests in an hour is used up.', retryAfterMs: wait };
  }
  if (retryAfterMs === null && status === 403 && !/secondary rate/i.test(message)) return null;
  return { sentence: 'it wants fewer requests at a time.', retryAfterMs: retryAfterMs ?? secondaryLimitMs };
}

/** `Retry-After` (RFC 9110 §10.2.3), which GitHub sends in seconds. */
function headerSeconds(headers: Readonly<Record<string, unknown>>): number | null {
  const value = headers['retry-after'];
  return typeof value === 'string' && /^\d{1,9}$/.test(value) ? Math.min(Number(value) * 1000, longestMs) : null;
}

function codeOf(error: Error): string {
  const codes = causesOf(error).map((each) => ('code' in each ? each.code : undefined));
  const code = codes.find((each) => typeof each === 'string' && /^[A-Z0-9_]{1,50}$/.test(each));
  return typeof code === 'string' ? code : 'no connection';
}

function causesOf(error: Error): Error[] {
  return error.cause instanceof Error ? [error, ...causesOf(error.cause)] : [error];
}
