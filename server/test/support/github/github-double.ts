import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { answerApi, apiRoot, type AnsweredRequest, type ApiState } from './answer-api.js';
import { Credentials, type DoubleApp } from './credentials.js';
import type { DescriptionName } from './description.js';
import { Faults, type FaultOrder } from './faults.js';
import { SignIn, type PageAnswer } from './sign-in.js';
import { createWebhooks, type Webhooks } from './webhooks.js';
import { GithubWorld } from './world.js';

export interface GithubDoubleOptions {
  /** Which of GitHub's descriptions everything is held against; `null` for none, where speed is what counts. */
  description?: DescriptionName | null;
  /** Milliseconds; the time that tokens expire by. */
  now?: () => number;
}

export interface RequestCounts {
  all: number;
  conditional: number;
  /** Answered with 304. */
  notModified: number;
  /** Against the limit on requests in an hour. */
  counted: number;
}

export interface GithubDouble {
  /** What `NXKEY_GITHUB_URL` is. The API is under `/api/v3`, as a GitHub Enterprise Server has it. */
  url: string;
  app: DoubleApp;
  world: GithubWorld;
  credentials: Credentials;
  /** `signIn.user` is who signs in next. */
  signIn: SignIn;
  /** Deliveries, signed as GitHub signs them. Nothing is sent by itself when the world changes. */
  webhooks: Webhooks;
  /** How it answers: its limit, a hook before each answer (pages shift in there), the right to see addresses. */
  settings: Pick<ApiState, 'emailAccess' | 'limit' | 'hasLinkInNotModified' | 'beforeAnswer'>;
  /** Answers the next requests that fit with a failure, until `times` of them came or `recover` is called. */
  fail(order: FaultOrder): void;
  recover(): void;
  /** Nobody listens, until `listenAgain`. */
  refuseConnections(): Promise<void>;
  listenAgain(): Promise<void>;
  passTime(milliseconds: number): void;
  /** All requests for the API, the oldest first. */
  readonly requests: readonly AnsweredRequest[];
  counts(which?: (request: AnsweredRequest) => boolean): RequestCounts;
  forgetRequests(): void;
  /** @throws when something was not as GitHub's description says: a request, or one of our own responses */
  close(): Promise<void>;
}

/**
 * A GitHub on loopback, as far as nxkey needs one: the REST API for GitHub Apps, signing in elsewhere, and webhooks.
 * Each request and response is held against GitHub's published OpenAPI description, and each webhook too.
 *
 *     const github = await startGithubDouble();
 *     const acme = github.world.addOrganization({ login: 'acme' });
 *     const ada = github.world.addUser({ login: 'ada', email: 'ada@acme.example' });
 *     github.world.addMember(acme, ada, { role: 'admin' });
 *     const installation = github.world.install(acme);
 *     github.signIn.user = ada;
 *     github.fail({ fault: { kind: 'status', status: 502 }, path: /members/, times: 1 });
 *     await github.webhooks.send(github.webhooks.memberRemoved(acme, ada), server.url + '/webhooks/github');
 *     await github.close();
 */
export async function startGithubDouble(options: GithubDoubleOptions = {}): Promise<GithubDouble> {
  const { description = 'api.github.com', now: outerNow = Date.now } = options;
  let passed = 0;
  const now = () => outerNow() + passed;
  const server = createServer();
  const listen = async (port: number) => {
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  };
  const stop = async () => {
    const stopped = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await stopped;
  };
  const port = await listen(0);
  const url = `http://127.0.0.1:${port}`;

  const world = new GithubWorld();
  const credentials = new Credentials(now);
  const signIn = new SignIn(credentials, now);
  const state: ApiState = {
    ...{ world, credentials, description, now, faults: new Faults(), site: url },
    emailAccess: 'granted',
    limit: { perHour: 5000, remaining: 5000, resetsAt: 0 },
    hasLinkInNotModified: false,
    beforeAnswer: null,
    requests: [],
    problems: [],
  };
  server.on('request', (request, response) => {
    answer(state, signIn, request, response).catch((error: unknown) => {
      state.problems.push(String(error));
      response.destroy();
    });
  });

  return {
    ...{ url, app: credentials.app, world, credentials, signIn, settings: state, requests: state.requests },
    webhooks: createWebhooks({ app: credentials.app, urls: { site: url, api: url + apiRoot }, description, now }),
    fail: (order) => {
      state.faults.order(order);
    },
    recover: () => {
      state.faults.clear();
    },
    refuseConnections: stop,
    listenAgain: async () => {
      await listen(port);
    },
    passTime: (milliseconds) => {
      passed += milliseconds;
    },
    counts: (which = () => true) => {
      const requests = state.requests.filter(which);
      return {
        all: requests.length,
        conditional: requests.filter(({ isConditional }) => isConditional).length,
        notModified: requests.filter(({ status }) => status === 304).length,
        counted: requests.filter(({ isCounted }) => isCounted).length,
      };
    },
    forgetRequests: () => {
      state.requests.length = 0;
    },
    close: async () => {
      if (server.listening) await stop();
      if (state.problems.length > 0) throw new Error(`Not as GitHub does it:\n${state.problems.join('\n')}`);
    },
  };
}

async function answer(state: ApiState, signIn: SignIn, request: IncomingMessage, response: ServerResponse) {
  const url = new URL(request.url ?? '', state.site);
  if (url.pathname.startsWith(`${apiRoot}/`)) {
    await answerApi(state, url, request, response);
    return;
  }
  const { status, headers, body } = await pageAnswer(signIn, url, request);
  response.writeHead(status, headers);
  response.end(body);
}

async function pageAnswer(signIn: SignIn, url: URL, request: IncomingMessage): Promise<PageAnswer> {
  switch (`${request.method ?? ''} ${url.pathname}`) {
    case 'GET /login/oauth/authorize':
      return signIn.authorize(url.searchParams);
    case 'POST /login/oauth/access_token':
      return signIn.exchange(new URLSearchParams(await text(request)), request.headers.accept);
    default:
      return { status: 404, headers: { 'content-type': 'text/plain' }, body: 'Not Found' };
  }
}
