import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { errorBody } from './bodies.js';
import { apiRoutes, type ApiAnswer, type ApiQuestion, type ApiRoute } from './api-routes.js';
import type { Credentials } from './credentials.js';
import { loadDescription, type DescriptionName, type Operation } from './description.js';
import { answerWithFault, type Faults } from './faults.js';
import type { PageAnswer } from './sign-in.js';
import type { GithubWorld } from './world.js';

/** One request for the API, as it was answered. */
export interface AnsweredRequest {
  method: string;
  path: string;
  query: Record<string, string>;
  /** 0: nothing was answered. */
  status: number;
  /** It came with `If-None-Match`. */
  isConditional: boolean;
  /** Against the limit on requests in an hour. Those with the App's own key, and answers of 304, are not. */
  isCounted: boolean;
}

export interface ApiState {
  world: GithubWorld;
  credentials: Credentials;
  faults: Faults;
  /** Of which GitHub the description is that requests and responses are held against; `null` for none. */
  description: DescriptionName | null;
  site: string;
  now: () => number;
  emailAccess: ApiQuestion['emailAccess'];
  limit: { perHour: number; remaining: number; resetsAt: number };
  hasLinkInNotModified: boolean;
  beforeAnswer: ((request: Pick<AnsweredRequest, 'method' | 'path' | 'query'>) => void | Promise<void>) | null;
  requests: AnsweredRequest[];
  /** What was not as the description says. Nothing may be in here at the end of a test. */
  problems: string[];
}

export const apiRoot = '/api/v3';

export async function answerApi(state: ApiState, url: URL, request: IncomingMessage, response: ServerResponse) {
  const path = url.pathname.slice(apiRoot.length);
  const query = Object.fromEntries(url.searchParams);
  const method = request.method ?? '';
  const answered: AnsweredRequest = {
    ...{ method, path, query, status: 0 },
    isConditional: request.headers['if-none-match'] !== undefined,
    isCounted: false,
  };
  state.requests.push(answered);
  await state.beforeAnswer?.({ method, path, query });

  const fault = state.faults.take(path);
  if (fault !== null) {
    answered.status = answerWithFault(fault, response, state.now());
    return;
  }
  const { status, headers, body } = apiResponse(state, answered, request);
  answered.status = status;
  // By GitHub's clock: octokit learns from it that ours is wrong.
  response.writeHead(status, { date: new Date(state.now()).toUTCString(), ...headers });
  response.end(body);
}

function apiResponse(state: ApiState, answered: AnsweredRequest, request: IncomingMessage): PageAnswer {
  const { method, path, query } = answered;
  const found = findRoute(method, path);
  if (found === null) {
    state.problems.push(`${method} ${path} is nothing that this GitHub answers`);
    return failure(404, 'Not Found');
  }
  const { route, parameters } = found;
  const description = state.description === null ? null : loadDescription(state.description);
  noteProblem(state, description?.requestProblem(route.operation, query));

  const bearer = state.credentials.read(request.headers.authorization);
  if (bearer.kind === 'refused') return failure(401, bearer.message);
  if (bearer.kind !== route.bearer) {
    noteProblem(state, `${method} ${path} was asked for with credentials of the ${bearer.kind}`);
    return failure(403, 'Resource not accessible by integration');
  }
  const isLimited = bearer.kind === 'installation';
  if (isLimited) {
    if (!state.world.installations.has(bearer.installation.id)) return failure(401, 'Bad credentials');
    if (bearer.installation.suspendedAt !== null) return failure(403, 'This installation has been suspended');
    renewLimit(state);
    if (state.limit.remaining <= 0) return failure(403, 'API rate limit exceeded', limitHeaders(state));
  }

  const urls = { site: state.site, api: state.site + apiRoot };
  const answer = route.answer({ ...state, urls, bearer, parameters, query });
  const { status, content, link } = pageOf(answer, query, urls.api);
  noteProblem(state, description?.responseProblem(route.operation, status, content));

  const body = JSON.stringify(content);
  const etag = etagOf(body, request);
  const isUnchanged = method === 'GET' && status === 200 && request.headers['if-none-match'] === etag;
  answered.isCounted = isLimited && !isUnchanged;
  if (answered.isCounted) state.limit.remaining--;
  const limits = isLimited ? limitHeaders(state) : {};
  if (isUnchanged) {
    return { status: 304, headers: { ...limits, etag, ...(state.hasLinkInNotModified ? link : {}) }, body: '' };
  }
  return { status, headers: { ...json, ...limits, ...link, ...(status === 200 ? { etag } : {}) }, body };
}

const json = { 'content-type': 'application/json; charset=utf-8' };

function failure(status: number, message: string, headers: Record<string, string> = {}): PageAnswer {
  return { status, headers: { ...json, ...headers }, body: JSON.stringify(errorBody(status, message)) };
}

function noteProblem(state: ApiState, problem: string | null | undefined): void {
  if (typeof problem === 'string') state.problems.push(problem);
}

/** As GitHub makes them (found out by others): another token for the same page has another ETag. */
function etagOf(text: string, { headers }: IncomingMessage): string {
  const varied = `${headers.accept ?? ''}:${headers.authorization ?? ''}:${text}`;
  return `W/"${createHash('sha256').update(varied).digest('hex')}"`;
}

function pageOf(
  answer: ApiAnswer,
  query: Record<string, string>,
  api: string,
): { status: number; content: unknown; link: Record<string, string> } {
  if (!('list' in answer)) return { status: answer.status, content: answer.body, link: {} };
  const size = Math.min(Number(query['per_page'] ?? 30), 100);
  const page = Number(query['page'] ?? 1);
  const last = Math.max(1, Math.ceil(answer.list.length / size));
  const content = answer.list.slice((page - 1) * size, page * size).map(answer.item);
  const to = (rel: string, number: number) => {
    const parameters = new URLSearchParams({ ...query, page: String(number) });
    return `<${api}${answer.link}?${parameters.toString()}>; rel="${rel}"`;
  };
  const links = [
    ...(page > 1 ? [to('prev', page - 1)] : []),
    ...(page < last ? [to('next', page + 1), to('last', last)] : []),
    ...(page > 1 ? [to('first', 1)] : []),
  ];
  return { status: 200, content, link: links.length === 0 ? {} : { link: links.join(', ') } };
}

function renewLimit({ limit, now }: ApiState): void {
  if (limit.resetsAt > now()) return;
  limit.remaining = limit.perHour;
  limit.resetsAt = now() + 3_600_000;
}

function limitHeaders({ limit }: ApiState): Record<string, string> {
  return {
    'x-ratelimit-limit': String(limit.perHour),
    'x-ratelimit-remaining': String(limit.remaining),
    'x-ratelimit-used': String(limit.perHour - limit.remaining),
    'x-ratelimit-reset': String(Math.ceil(limit.resetsAt / 1000)),
    'x-ratelimit-resource': 'core',
  };
}

const patterns = apiRoutes.map((route) => {
  const pattern = route.path
    .replaceAll(/\{(\w+_id)\}/g, String.raw`(?<$1>\d+)`)
    .replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)');
  return { route, pattern: new RegExp(`^${pattern}$`) };
});

function findRoute(method: string, path: string): { route: ApiRoute; parameters: Record<string, string> } | null {
  for (const { route, pattern } of patterns) {
    const match = isMethod(route.operation, method) ? pattern.exec(path) : null;
    if (match === null) continue;
    const named = Object.entries(match.groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)] as const);
    return { route, parameters: Object.fromEntries(named) };
  }
  return null;
}

function isMethod(operation: Operation, method: string): boolean {
  return operation.method === method.toLowerCase();
}
