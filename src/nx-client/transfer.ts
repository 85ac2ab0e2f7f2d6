import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { UserError } from '../errors.js';
import { headers as headerNames } from '../protocol/headers.js';
import { errorCode, requestFailure } from '../rest-client/network-failure.js';
import { printable } from '../rest-client/printable.js';
import { proxySettings } from '../rest-client/proxy.js';
import { EnvHttpProxyAgent } from '../rest-client/undici.js';
import type { Deadlines } from './deadlines.js';
import { createPace, type Watched } from './pace.js';

/** The cache's own protocol, the client's side (nx-protocol.md §4). Whatever goes wrong on the way is a `UserError`. */
export interface Transfer {
  /** @throws {TransferFailed} */
  get: (hash: string, signal: AbortSignal) => Promise<GetAnswer>;
  /** @throws {TransferFailed} */
  put: (hash: string, file: { path: string; size: number }, signal: AbortSignal) => Promise<PutAnswer>;
}

export type GetAnswer = Hit | { kind: 'miss' } | Refusal;

export interface Hit {
  kind: 'hit';
  /** Throws `TransferFailed` where it ends early. */
  body: AsyncIterable<Uint8Array>;
  /** Bytes that have come of it. */
  received: () => number;
  /** What the body threw. Whoever reads it may have wrapped that. */
  failure: () => Error | undefined;
  /** Has to be called in the end; gives up what has not been read. */
  end: () => void;
}

export type PutAnswer = { kind: 'stored' } | { kind: 'exists' } | { kind: 'too-large'; because: string } | Refusal;

/** `because` is what the server says, fit for a line; it may be empty. */
export type Refusal =
  /** The token is not valid, or not any more. */
  | { kind: 'unauthenticated'; because: string }
  /** This one may not do this. */
  | { kind: 'refused'; because: string };

/** No answer, none in time, or not the whole of it: the server's or the network's fault. Counts against the server. */
export class TransferFailed extends UserError {}

export interface TransferOptions {
  /** As `parseServerUrl` spells it, for proxies and for people. */
  serverUrl: string;
  /** To which `/v1/cache/<hash>` is added. */
  url: string;
  /** `null` for anonymous access. */
  token: string | null;
  env: Readonly<Record<string, string | undefined>>;
  userAgent: string;
  deadlines: Deadlines;
  /** At most so many at a time. */
  connections: number;
}

export function createTransfer(options: TransferOptions): Transfer {
  const { serverUrl, token, deadlines } = options;
  const proxy = proxySettings(new URL(serverUrl), options.env);
  const timeout = deadlines.connectMs;
  const agent = new EnvHttpProxyAgent({
    // Empty strings keep the agent from reading process.env itself.
    ...{ httpProxy: '', httpsProxy: '', noProxy: '', ...proxy },
    connections: options.connections,
    ...{ connectTimeout: timeout, proxyTls: { timeout }, requestTls: { timeout } },
    // See pace.ts.
    ...{ headersTimeout: 0, bodyTimeout: 0 },
  });
  const { origin, pathname } = new URL(`${options.url}/v1/cache/`);
  const headers = {
    'user-agent': options.userAgent,
    ...(token !== null && { authorization: `Bearer ${token}` }),
  };
  const pace = createPace(deadlines);

  function failed(error: unknown, isTooSlow: boolean): Error {
    if (isTooSlow) return tooSlow(serverUrl, deadlines);
    if (error instanceof TransferFailed) return error;
    const context = { serverUrl, timeoutMs: deadlines.connectMs, proxied: proxy !== undefined };
    const { message, remedy = '', cause } = requestFailure(errorCode(error), error, context);
    return new TransferFailed(message, { remedy, cause });
  }

  /** Follows one request until its end. */
  function begin(signal: AbortSignal) {
    const controller = new AbortController();
    let isTooSlow = false;
    const abort = () => {
      controller.abort();
    };
    const watched = pace.watch(() => {
      isTooSlow = true;
      controller.abort();
    });
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    return {
      signal: controller.signal,
      watched,
      end: () => {
        signal.removeEventListener('abort', abort);
        watched.end();
      },
      failed: (error: unknown) => failed(error, isTooSlow),
    };
  }

  return {
    async get(hash, signal) {
      const request = begin(signal);
      let isHit = false;
      try {
        const {
          statusCode,
          headers: sent,
          body,
        } = await agent.request({
          ...{ origin, path: pathname + hash, method: 'GET', headers, signal: request.signal },
        });
        if (statusCode === 200) {
          isHit = true;
          return hit(body, request);
        }
        const because = await textOf(body);
        if (statusCode === 401) return { kind: 'unauthenticated', because };
        if (statusCode === 403 || sent[headerNames.refused] !== undefined) return { kind: 'refused', because };
        if (statusCode === 404) return { kind: 'miss' };
        throw unexpected(serverUrl, statusCode);
      } catch (error) {
        throw request.failed(error);
      } finally {
        if (!isHit) request.end();
      }
    },

    async put(hash, file, signal) {
      const request = begin(signal);
      const source = createReadStream(file.path);
      source.on('data', (chunk) => {
        request.watched.moved(chunk.length);
      });
      try {
        const { statusCode, body } = await agent.request({
          ...{ origin, path: pathname + hash, method: 'PUT', signal: request.signal, body: source },
          headers: { ...headers, 'content-length': String(file.size) },
        });
        const because = await textOf(body);
        if (statusCode === 200) return { kind: 'stored' };
        if (statusCode === 409) return { kind: 'exists' };
        if (statusCode === 401) return { kind: 'unauthenticated', because };
        if (statusCode === 403) return { kind: 'refused', because };
        if (statusCode === 413) return { kind: 'too-large', because };
        throw unexpected(serverUrl, statusCode);
      } catch (error) {
        throw request.failed(error);
      } finally {
        source.destroy();
        request.end();
      }
    },
  };
}

interface Followed {
  watched: Watched;
  end: () => void;
  failed: (error: unknown) => Error;
}

function hit(body: Readable, { watched, end, failed }: Followed): Hit {
  let received = 0;
  let failure: Error | undefined;

  /** The time in which whoever takes the pieces is busy with one is not the server's. */
  async function* pieces(): AsyncGenerator<Uint8Array> {
    try {
      for await (const piece of body as AsyncIterable<Uint8Array>) {
        received += piece.length;
        watched.moved(piece.length);
        watched.pause();
        yield piece;
        watched.wait();
      }
    } catch (error) {
      failure = failed(error);
      throw failure;
    }
  }

  return {
    kind: 'hit',
    body: pieces(),
    received: () => received,
    failure: () => failure,
    end: () => {
      // A body that has not been read to its end would hold its connection.
      if (!body.readableEnded) body.on('error', () => undefined).destroy();
      end();
    },
  };
}

/** A sentence, if it is one: proxies and web servers answer with pages. The rest is received all the same. */
async function textOf(body: Readable): Promise<string> {
  let text = '';
  for await (const piece of body as AsyncIterable<Uint8Array>) {
    if (text.length < longest) text += Buffer.from(piece).toString('utf8');
  }
  return text.length >= longest || text.trimStart().startsWith('<') ? '' : printable(text, 300);
}

const longest = 4096;

function unexpected(serverUrl: string, status: number): TransferFailed {
  return new TransferFailed(`${serverUrl} failed to answer (status ${status}).`, {
    remedy: 'If it goes on, tell whoever runs the server what stands here.',
  });
}

function tooSlow(serverUrl: string, { silenceMs, leastBytes }: Deadlines): TransferFailed {
  const seconds = silenceMs / 1000;
  return new TransferFailed(
    `${serverUrl} is too slow: less than ${leastBytes / 1024} KiB came or went within ${seconds} s.`,
    {
      remedy: 'Check the network connection. To wait as long as it takes, set NX_CLOUD_NO_TIMEOUTS=true.',
    },
  );
}
