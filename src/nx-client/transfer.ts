import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { UserError } from '../errors.js';
import { batchContentType, type MalformedBatch } from '../protocol/batch.js';
import { headers as headerNames } from '../protocol/headers.js';
import { errorCode, requestFailure } from '../rest-client/network-failure.js';
import { printable } from '../rest-client/printable.js';
import { createBatches, type ManyAnswer } from './batches.js';
import type { Connections } from './connections.js';
import type { Deadlines } from './deadlines.js';
import { Exchange, type CacheRequest, type ExchangeOptions, type Head } from './exchange.js';
import { createPace } from './pace.js';
import { createSlots } from './slots.js';

/** The cache's own protocol, the client's side (nx-protocol.md §4). */
export interface Transfer {
  /**
   * What is asked for in one turn of the event loop may go together: then several fail with one and the same error.
   * @throws {TransferFailed}
   */
  get: (hash: string) => Promise<GetAnswer>;
  /** @throws {TransferFailed}, and what the file system says when the file cannot be read */
  put: (hash: string, file: { path: string; size: number }) => Promise<PutAnswer>;
  /** Ends everything that is under way: it fails. */
  close: () => void;
}

export type GetAnswer = Hit | { kind: 'miss' } | Refusal;

export interface Hit {
  kind: 'hit';
  /** Throws `TransferFailed` where it ends early. */
  body: AsyncIterable<Uint8Array>;
  /** For a body of which nothing has been read: until its end it holds a connection. */
  abandon: () => void;
  /** Bytes that have come of it. */
  received: () => number;
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
  /** As `parseServerUrl` spells it, for people. */
  serverUrl: string;
  connections: Connections;
  /** How many requests are under way at a time. */
  parallel: number;
  /** To which `/v1/cache/<hash>` is added, and `/v1/batch/<hash>,<hash>,…` for many at once. */
  url: string;
  /** `null` for anonymous access. */
  token: string | null;
  userAgent: string;
  deadlines: Deadlines;
}

/** Bytes. A body up to this size is sent from memory: it fits into the buffers of a connection. */
const smallBody = 64 * 1024;

export function createTransfer(options: TransferOptions): Transfer {
  const { serverUrl, connections, parallel, token, deadlines } = options;
  const { origin, pathname } = new URL(`${options.url}/v1/`);
  const pathOf = (hash: string) => `${pathname}cache/${hash}`;
  const headers = {
    'user-agent': options.userAgent,
    ...(token !== null && { authorization: `Bearer ${token}` }),
  };
  const pace = createPace(deadlines);
  // The time of a request begins with it, so it must not wait for a connection.
  const slots = createSlots(parallel);

  const exchangeOptions: ExchangeOptions = {
    watch: pace.watch,
    tooSlow: () => tooSlow(serverUrl, deadlines),
    explain: (error) => {
      if (error instanceof TransferFailed) return error;
      const context = { serverUrl, timeoutMs: deadlines.connectMs, proxied: connections.proxied };
      const { message, remedy = '', cause } = requestFailure(errorCode(error), error, context);
      return new TransferFailed(message, { remedy, cause });
    },
  };

  /** Takes one of the slots until the answer has come to its end. */
  function send(request: Request, makeBody?: MakeBody): Promise<Answered> {
    return new Promise((resolve, reject) => {
      slots(async () => {
        const answered = await sendNow(request, makeBody);
        resolve(answered);
        await answered.exchange.over;
      }).catch(reject);
    });
  }

  async function sendNow(request: Request, makeBody?: MakeBody): Promise<Answered> {
    for (let isFirst = true; ; isFirst = false) {
      const exchange = new Exchange(exchangeOptions);
      const body = makeBody?.(exchange);
      try {
        connections.dispatch({ origin, ...request, body }, exchange);
        return { exchange, head: await exchange.head };
      } catch (error) {
        // While Nx blocks this process, the server may close a connection that has been kept, and we do not notice. The
        // first writer of an artifact stays, so that a PUT, too, can be repeated.
        if (!isFirst || !(error instanceof TransferFailed) || !cutCodes.has(errorCode(error.cause))) throw error;
      } finally {
        if (body instanceof Readable) body.destroy();
      }
    }
  }

  async function getOne(hash: string): Promise<GetAnswer> {
    const { exchange, head } = await send({ path: pathOf(hash), method: 'GET', headers });
    if (head.status === 200) {
      return {
        kind: 'hit',
        body: exchange.pieces(),
        abandon: () => {
          exchange.abandon();
        },
        received: () => exchange.received,
      };
    }
    const because = await textOf(exchange);
    if (head.status === 401) return { kind: 'unauthenticated', because };
    if (head.status === 403 || head.headers[headerNames.refused] !== undefined) return { kind: 'refused', because };
    if (head.status === 404) return { kind: 'miss' };
    throw unexpected(serverUrl, head.status);
  }

  async function getMany(hashes: readonly string[]): Promise<ManyAnswer> {
    const { exchange, head } = await send({ path: `${pathname}batch/${hashes.join(',')}`, method: 'GET', headers });
    const { status } = head;
    if (status === 200 && head.headers['content-type'] === batchContentType) {
      return { kind: 'batch', body: exchange.pieces() };
    }
    const because = await textOf(exchange);
    if (status === 401) return { kind: 'unauthenticated', because };
    if (head.headers[headerNames.refused] !== undefined) return { kind: 'refused', because };
    if (status >= 500 && status !== 501) throw unexpected(serverUrl, status);
    return { kind: 'unavailable' };
  }

  return {
    get: createBatches({ getOne, getMany, explain: (error) => senseless(serverUrl, error) }),

    async put(hash, { path, size }) {
      const content = size <= smallBody ? await readFile(path) : undefined;
      const { exchange, head } = await send(
        { path: pathOf(hash), method: 'PUT', headers: { ...headers, 'content-length': String(size) } },
        (exchange) => content ?? Readable.from(piecesOf(path, exchange)),
      );
      const because = await textOf(exchange);
      switch (head.status) {
        case 200:
          return { kind: 'stored' };
        case 409:
          return { kind: 'exists' };
        case 401:
          return { kind: 'unauthenticated', because };
        case 403:
          return { kind: 'refused', because };
        case 413:
          return { kind: 'too-large', because };
        default:
          throw unexpected(serverUrl, head.status);
      }
    },

    close() {
      connections.destroy(new TransferFailed('The remote cache is left alone for the rest of this run.'));
    },
  };
}

type Request = Omit<CacheRequest, 'origin' | 'body'>;

/** For each try, since a stream can be read only once. */
type MakeBody = (exchange: Exchange) => Buffer | Readable;

interface Answered {
  exchange: Exchange;
  head: Head;
}

/** Opens the file only when the connection is there that takes it. */
async function* piecesOf(path: string, exchange: Exchange): AsyncGenerator<Buffer> {
  for await (const piece of createReadStream(path, { highWaterMark: smallBody }) as AsyncIterable<Buffer>) {
    exchange.sent(piece.length);
    yield piece;
  }
}

/** Before anything came: the connection was closed. */
const cutCodes = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

/** A sentence, if it is one: proxies and web servers answer with pages, which may never come to an end. */
async function textOf(exchange: Exchange): Promise<string> {
  let text = '';
  for await (const piece of exchange.pieces()) {
    if (text.length < longest) text += piece.toString('utf8');
    // A page is read to its end, so that its connection can be kept. Leaving the loop gives the connection up.
    if (exchange.received > longestPage) break;
  }
  return text.length >= longest || text.trimStart().startsWith('<') ? '' : printable(text, 300);
}

/** Characters. */
const longest = 4096;
/** Bytes. */
const longestPage = 256 * 1024;

function unexpected(serverUrl: string, status: number): TransferFailed {
  return new TransferFailed(`${serverUrl} failed to answer (status ${status}).`, {
    remedy: 'If it goes on, tell whoever runs the server what stands here.',
  });
}

function senseless(serverUrl: string, cause: MalformedBatch): TransferFailed {
  return new TransferFailed(`${serverUrl} answered in a way that makes no sense. ${cause.message}`, {
    remedy: 'Check that nothing between here and the server changes what it sends.',
    cause,
  });
}

function tooSlow(serverUrl: string, { silenceMs, leastBytes }: Deadlines): TransferFailed {
  const pace = `less than ${leastBytes / 1024} KiB came or went within ${silenceMs / 1000} s`;
  return new TransferFailed(`${serverUrl} is too slow: ${pace}.`, {
    remedy: 'Check the network connection. To wait as long as it takes, set NX_CLOUD_NO_TIMEOUTS=true.',
  });
}
