import type { Octokit } from 'octokit';
import type { Clock } from '../domain/model.js';
import { GithubUnavailable } from '../domain/github/gateway.js';
import { UsageError } from '../errors.js';
import { githubAddresses } from './addresses.js';
import { requestFailure, unavailable, type RequestFailure } from './failures.js';
import { readPrivateKey } from './private-key.js';

export interface GithubClientOptions {
  /** Where people use it: `https://github.com`, or that of a GitHub Enterprise Server. */
  url: string;
  /** Of our GitHub App. */
  appId: string;
  /** PEM, as GitHub gives it out. */
  privateKey: string;
  clock: Clock;
  /** For one answer, however often it has to be asked for. */
  timeoutMs?: number;
  /** Before it is asked for again; four times as long before the third time. */
  retryDelayMs?: number;
}

export interface Question {
  /** As GitHub documents it: `GET /orgs/{org}/members`. */
  route: string;
  parameters?: Readonly<Record<string, string | number>>;
  /** Follows "was asked for": "the members of acme". */
  what: string;
  /** Of the answer that is known already. */
  etag?: string | undefined;
}

export type Answer =
  | { kind: 'content'; data: unknown; etag: string | null; link: string | null }
  /** As it was when it had that ETag. Whether GitHub says then what follows, is left open. */
  | { kind: 'unchanged'; link: string | null }
  | { kind: 'not-found' };

/** Asks GitHub's REST API. Whatever is no `Answer` is thrown as a `GithubUnavailable`. */
export interface GithubClient {
  /** "GitHub", or "GitHub at ghe.acme.example". */
  readonly name: string;
  asApp(question: Question): Promise<Answer>;
  asInstallation(installationId: string, question: Question): Promise<Answer>;
  asUser(accessToken: string, question: Question): Promise<Answer>;
}

/** A wait that GitHub asks for and that is not longer is worth it; for a longer one the caller has to come again. */
const longestWaitSeconds = 2;
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/**
 * Nothing of octokit is loaded before the first question.
 * @throws {UsageError} when the App's id or key cannot be one
 */
export function createGithubClient(options: GithubClientOptions): GithubClient {
  const { appId, clock, timeoutMs = 10_000, retryDelayMs = 1000 } = options;
  if (!/^(\d{1,18}|Iv[\w.]{1,60})$/.test(appId)) {
    throw new UsageError('The id of the GitHub App is not one.', {
      remedy: 'Give the number that GitHub shows as "App ID" with NXKEY_GITHUB_APP_ID.',
    });
  }
  const privateKey = readPrivateKey(options.privateKey);
  const { url, apiUrl } = githubAddresses(options.url);
  const { hostname } = new URL(url);
  const name = hostname === 'github.com' ? 'GitHub' : `GitHub at ${hostname}`;
  let loading: ReturnType<typeof loadOctokit> | undefined;
  const load = () => (loading ??= loadOctokit({ apiUrl, appId, privateKey, timeoutMs, retryDelayMs }));

  const failed = (question: Question, failure: RequestFailure) =>
    unavailable({ github: name, what: question.what, timeoutMs, now: clock() }, failure);

  const ask = async (octokit: Octokit, question: Question, authorization: string | null): Promise<Answer> => {
    const { route, parameters, etag } = question;
    const headers = {
      ...(authorization === null ? {} : { authorization }),
      ...(etag === undefined ? {} : { 'if-none-match': etag }),
    };
    try {
      const request = { signal: AbortSignal.timeout(timeoutMs) };
      const response = await octokit.request(route, { ...parameters, headers, request });
      const data: unknown = response.data;
      return { kind: 'content', data, etag: response.headers.etag ?? null, link: response.headers.link ?? null };
    } catch (error) {
      const failure = requestFailure(error);
      if (failure === null) throw error;
      if (failure.kind === 'status' && failure.status === 304 && etag !== undefined) {
        const { link } = failure.headers;
        return { kind: 'unchanged', link: typeof link === 'string' ? link : null };
      }
      if (failure.kind === 'status' && failure.status === 404) return { kind: 'not-found' };
      throw new Failed(failure);
    }
  };
  const asked = async (question: Question, request: () => Promise<Answer>) => {
    try {
      return await request();
    } catch (error) {
      throw error instanceof Failed ? failed(question, error.failure) : error;
    }
  };

  /** Kept by octokit for as long as it is valid; `refresh` for one that GitHub does not accept any more. */
  const installationToken = async (installationId: string, question: Question, refresh: boolean): Promise<string> => {
    const { app } = await load();
    try {
      const authentication: unknown = await app.octokit.auth({
        type: 'installation',
        installationId: Number(installationId),
        refresh,
      });
      const { token } = authentication as { token: string };
      return `token ${token}`;
    } catch (error) {
      const failure = requestFailure(error);
      if (failure === null) throw error;
      const sentence = failure.kind === 'status' ? notInstalled(failure) : null;
      if (sentence === null) throw failed(question, failure);
      throw new GithubUnavailable(`${name} was asked for ${question.what}: ${sentence}`);
    }
  };

  return {
    name,
    asApp: (question) => asked(question, async () => ask((await load()).app.octokit, question, null)),
    asUser: (accessToken, question) =>
      asked(question, async () => ask((await load()).anonymous, question, `token ${accessToken}`)),
    asInstallation: (installationId, question) =>
      asked(question, async () => {
        const { anonymous } = await load();
        try {
          return await ask(anonymous, question, await installationToken(installationId, question, false));
        } catch (error) {
          if (!(error instanceof Failed) || !isUnauthorized(error.failure)) throw error;
          return ask(anonymous, question, await installationToken(installationId, question, true));
        }
      }),
  };
}

/** Never leaves this file: the sentence for it is made where it is known what was asked for. */
class Failed extends Error {
  readonly failure: RequestFailure;
  constructor(failure: RequestFailure) {
    super(failure.kind);
    this.failure = failure;
  }
}

function isUnauthorized(failure: RequestFailure): boolean {
  return failure.kind === 'status' && failure.status === 401;
}

function notInstalled({ status, message }: Extract<RequestFailure, { kind: 'status' }>): string | null {
  if (status === 404) return 'the GitHub App is not installed there any more. An owner there can install it again.';
  if (status === 403 && /suspended/i.test(message)) {
    return 'the GitHub App is suspended there. An owner there can end that.';
  }
  return null;
}

interface OctokitOptions extends Required<Omit<GithubClientOptions, 'url' | 'clock'>> {
  apiUrl: string;
}

async function loadOctokit({ apiUrl, appId, privateKey, timeoutMs, retryDelayMs }: OctokitOptions) {
  const octokit = await import('octokit');
  const Configured = octokit.Octokit.defaults({
    baseUrl: apiUrl,
    userAgent: 'nxkey-server',
    log: silent,
    request: {
      log: silent,
      // octokit asks for tokens by itself, without the deadline that a question has.
      fetch: (url: string, init: RequestInit = {}) =>
        fetch(url, { ...init, signal: init.signal ?? AbortSignal.timeout(timeoutMs) }),
    },
    retry: {
      retries: 2,
      retryAfterBaseValue: retryDelayMs,
      // Its own list, and 429, which is the throttling plugin's business.
      doNotRetry: [400, 401, 403, 404, 410, 422, 429, 451],
    },
    throttle: {
      retryAfterBaseValue: retryDelayMs,
      onRateLimit: () => false,
      onSecondaryRateLimit: (seconds: number, _options: unknown, _octokit: unknown, retries: number) =>
        seconds <= longestWaitSeconds && retries === 0,
    },
  });
  return {
    app: new octokit.App({ appId, privateKey, Octokit: Configured, log: silent }),
    /** Tokens are given to it with each request: it has no way to wait for GitHub to accept a new one. */
    anonymous: new Configured(),
  };
}
