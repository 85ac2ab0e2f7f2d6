import { AuthenticationRequired, Cancelled } from '../errors.js';
import { parseServerUrl } from '../protocol/server-url.js';
import { readAnswer, type HttpAnswer, type RawAnswer } from './http-answer.js';
import { deadlineCode, errorCode, requestFailure } from './network-failure.js';

export interface HttpOptions {
  /** As `parseServerUrl` spells it. */
  serverUrl: string;
  /** For `HTTPS_PROXY` and `NO_PROXY`. `NODE_EXTRA_CA_CERTS` needs nothing from us: Node reads it itself. */
  env: Readonly<Record<string, string | undefined>>;
  userAgent: string;
  /** Gets one line per request: method, address without query, status, duration. Never a header or a body. */
  debug?: (line: string) => void;
  /** For a whole request, from the connection to the last byte. Milliseconds; 30,000 if not given. */
  timeoutMs?: number;
}

export interface HttpRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Absolute, and below the server's URL. */
  url: string;
  /** Sent as `application/x-www-form-urlencoded`. */
  form?: Readonly<Record<string, string>>;
  /** Sent as `application/json`, where there is no form. */
  json?: object;
  /** Sent in the `Authorization` header. */
  bearer?: string;
  signal?: AbortSignal | undefined;
  /** Milliseconds, for a request that shall end sooner than others. */
  timeoutMs?: number;
}

/** What is left to a library: one request, as it is, and its whole answer. */
export type Send = (request: RawRequest) => Promise<RawAnswer>;

export interface RawRequest {
  origin: string;
  /** With the query. */
  path: string;
  method: string;
  headers: Record<string, string>;
  body: string | null;
  signal: AbortSignal;
}

/** Requests to one server, and to no other. */
export interface Http {
  readonly serverUrl: string;

  /**
   * Answers for status 2xx and 4xx (but 429) with a JSON body, or 2xx with none. Redirects are not followed, so that
   * nothing is ever sent to another place than the one the person named.
   *
   * @throws {ServerUnreachable} no answer, or none that was complete
   * @throws {UnexpectedAnswer} anything but JSON, a redirect, 429, 5xx, more than 8 MiB
   * @throws {AuthenticationRequired} the bearer token holds characters that cannot be sent
   * @throws {Cancelled} the signal was aborted
   */
  request(options: HttpRequest): Promise<HttpAnswer>;
}

/** Bytes; `send` does not take more. The longest real answer lists the members of an organization, with some 250 for each. */
export const maxResponseSize = 8 * 1024 * 1024;

export interface HttpOverOptions extends Omit<HttpOptions, 'env'> {
  send: Send;
  /** For what is said about a failure. */
  proxied: boolean;
}

/** The rules of every request, over whatever sends it. */
export function createHttpOver(options: HttpOverOptions): Http {
  const { serverUrl, userAgent, send, proxied, debug, timeoutMs: longest = 30_000 } = options;
  const parsed = parseServerUrl(serverUrl);
  if (!parsed.ok || parsed.url !== serverUrl) throw new TypeError('Http needs a URL made by parseServerUrl');

  return {
    serverUrl,

    async request({ method, url, form, json, bearer, signal, timeoutMs: requested = longest }) {
      const timeoutMs = Math.min(requested, longest);
      const target = new URL(url);
      if (!isWithin(serverUrl, target)) throw new TypeError('A request must stay below the URL of its server');
      if (bearer !== undefined && !/^[\x21-\x7e]+$/.test(bearer)) {
        throw new AuthenticationRequired('The token holds characters that no token has, like blanks or line breaks.', {
          remedy: 'Check how it was copied, or run: npx nxkey login',
        });
      }

      const headers: Record<string, string> = { accept: 'application/json', 'user-agent': userAgent };
      const body = encodeBody({ form, json });
      if (body !== null) headers['content-type'] = body.type;
      if (bearer !== undefined) headers['authorization'] = `Bearer ${bearer}`;

      const started = performance.now();
      const log = (outcome: string) => {
        const duration = Math.round(performance.now() - started);
        debug?.(`${method} ${target.origin}${target.pathname} ${outcome} ${duration} ms`);
      };

      const limit = limitTo(timeoutMs, signal);
      let raw;
      try {
        raw = await send({
          ...{ origin: target.origin, path: target.pathname + target.search },
          ...{ method, headers, body: body?.text ?? null, signal: limit.signal },
        });
        log(String(raw.status));
      } catch (cause) {
        if (signal?.aborted === true) throw new Cancelled();
        const code = limit.signal.aborted ? deadlineCode : errorCode(cause);
        log(`failed ${code}`.trimEnd());
        throw requestFailure(code, cause, { serverUrl, timeoutMs, proxied });
      } finally {
        limit.release();
      }
      return readAnswer(serverUrl, raw);
    },
  };
}

function encodeBody({ form, json }: Pick<HttpRequest, 'form' | 'json'>): { type: string; text: string } | null {
  if (form !== undefined) {
    return { type: 'application/x-www-form-urlencoded', text: new URLSearchParams(form).toString() };
  }
  return json === undefined ? null : { type: 'application/json', text: JSON.stringify(json) };
}

/**
 * A signal that is aborted when the time is up, and when the given one is. `AbortSignal.any` would be shorter; on
 * Node 20 its signal can be garbage-collected together with its listeners while the request still runs.
 */
function limitTo(timeoutMs: number, signal: AbortSignal | undefined): { signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const abort = () => {
    controller.abort();
  };
  const timer = setTimeout(abort, timeoutMs);
  signal?.addEventListener('abort', abort, { once: true });
  if (signal?.aborted === true) abort();
  return {
    signal: controller.signal,
    release: () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    },
  };
}

/** Whether a URL is the server's own: same origin, and below the server's path if it has one. */
export function isWithin(serverUrl: string, url: URL): boolean {
  return url.href.startsWith(`${serverUrl}/`) && url.username === '' && url.password === '';
}
