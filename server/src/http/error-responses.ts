import { HTTPException } from 'hono/http-exception';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { ZodError } from 'zod';
import type { Problem } from '../../../src/protocol/wire-types.js';
import { DatabaseUnavailableError } from '../domain/database-unavailable.js';
import { RefusedChange, type RefusalReason } from '../domain/refused-change.js';
import { errorPage } from '../pages/error-page.js';
import type { AppContext } from './app-env.js';
import { HttpError, OAuthError, type OAuthErrorCode } from './errors.js';

/** A lock is gone by then, and a full disk is not; whoever asks that often does no harm. */
const retryAfterSeconds = 5;

/**
 * One error, in the form that the one who asked understands: OAuth's JSON on the OAuth endpoints (RFC 6749 §5.2), a
 * page for people with a browser, and problem+json (RFC 9457) for everybody else.
 */
export function errorResponse(c: AppContext, error: unknown): Response | Promise<Response> {
  if (error instanceof OAuthError) return oauthError(c, error.code, error.message, error.status);
  const http = asHttpError(error) ?? serverError(error);
  for (const [name, value] of Object.entries(http.headers)) c.header(name, value);

  if (c.req.path.startsWith('/oauth/')) return oauthError(c, oauthCodeOf(http.status), http.message, http.status);
  if (!isApi(c.req.path) && c.req.header('accept')?.includes('text/html') === true) {
    return c.html(
      errorPage({ status: http.status, title: http.title, detail: http.message, requestId: c.get('requestId') }),
      http.status,
    );
  }
  const problem: Problem = {
    type: 'about:blank',
    title: http.title,
    status: http.status,
    detail: http.message,
    ...(http.errors === undefined ? {} : { errors: http.errors }),
    requestId: c.get('requestId'),
  };
  return c.body(JSON.stringify(problem), http.status, { 'content-type': 'application/problem+json' });
}

/** Generic: what exactly is wrong is the log's business. */
function serverError(error: unknown): HttpError {
  if (error instanceof DatabaseUnavailableError) {
    return new HttpError(503, 'Service unavailable', 'The database cannot be used at the moment. Try again later.', {
      headers: { 'retry-after': String(retryAfterSeconds) },
    });
  }
  return new HttpError(500, 'Internal server error', 'Something went wrong on the server.');
}

/** For the log: nothing but a defect or a failing database is worth more than the request's own line. */
export function isUnexpected(error: unknown): boolean {
  return !(error instanceof OAuthError) && asHttpError(error) === undefined;
}

/** A request of the wrong shape, with a sentence for each field that is wrong. */
export function validationError(error: ZodError): HttpError {
  const errors = error.issues.map((issue) => ({ field: issue.path.join('/') || 'body', detail: issue.message }));
  const detail = errors.map((entry) => `${entry.field}: ${entry.detail}`).join('; ');
  return new HttpError(400, 'Bad request', detail, { errors });
}

const refusals: Record<RefusalReason, [status: ContentfulStatusCode, title: string]> = {
  invalid: [400, 'Bad request'],
  forbidden: [403, 'Forbidden'],
  'not-found': [404, 'Not found'],
  conflict: [409, 'Conflict'],
};

/** For a page that shows the refusal itself. */
export function statusOf({ reason }: RefusedChange): ContentfulStatusCode {
  return refusals[reason][0];
}

function refusal({ reason, message, field }: RefusedChange): HttpError {
  const errors = field === undefined ? {} : { errors: [{ field, detail: message }] };
  return new HttpError(...refusals[reason], message, errors);
}

function asHttpError(error: unknown): HttpError | undefined {
  if (error instanceof HttpError) return error;
  if (error instanceof RefusedChange) return refusal(error);
  // Thrown by the framework: a body that is no form, or of another content type than the route takes.
  if (error instanceof HTTPException && error.status < 500) {
    if (error.status === 415) return wrongContentType();
    const detail = 'The body cannot be read in its content type.';
    return new HttpError(400, 'Bad request', detail, { errors: [{ field: 'body', detail }] });
  }
  return undefined;
}

function wrongContentType(): HttpError {
  const detail =
    'The body has another content type than this takes: ' +
    'application/json under /api/, a form (application/x-www-form-urlencoded) everywhere else.';
  return new HttpError(415, 'Unsupported content type', detail, { errors: [{ field: 'body', detail }] });
}

function isApi(path: string): boolean {
  return path.startsWith('/api/') || path.startsWith('/.well-known/') || path === '/healthz';
}

function oauthCodeOf(status: number): OAuthErrorCode {
  if (status === 401) return 'invalid_token';
  // RFC 6749 has it for another endpoint (§4.1.2.1); it says best what these two mean.
  if (status === 429 || status === 503) return 'temporarily_unavailable';
  return status < 500 ? 'invalid_request' : 'server_error';
}

function oauthError(c: AppContext, code: OAuthErrorCode, description: string, status: HttpError['status']): Response {
  return c.json({ error: code, error_description: description, request_id: c.get('requestId') }, status);
}
