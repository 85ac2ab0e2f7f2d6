import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import { getBuiltinModule } from 'node:process';
import { Readable } from 'node:stream';
import { maxResponseSize, type RawRequest } from '../rest-client/http-over.js';
import { tooMuchCode } from '../rest-client/network-failure.js';
import type { Connections, ConnectionsOptions } from './connections.js';
import type { AnswerController, AnswerHandler, CacheRequest } from './exchange.js';

/** Over Node's own client. It follows no redirect, and a connection that nothing goes over keeps no process alive. */
export function createDirectConnections({ serverUrl, count, connectMs }: ConnectionsOptions): Connections {
  // Only where it is needed: Nx has `node:http` already, while `node:https` takes 7 ms to load.
  const module = serverUrl.startsWith('https:') ? getBuiltinModule('node:https') : http;
  const agent = new module.Agent({ keepAlive: true, maxSockets: count, maxFreeSockets: count });
  const underWay = new Set<ClientRequest>();
  let destroyed: Error | undefined;

  function open({ origin, path, method, headers }: Omit<CacheRequest, 'body'> | RawRequest): ClientRequest {
    const { hostname, port } = new URL(origin);
    // An IPv6 address has no brackets here.
    const host = hostname.replace(/^\[(.*)\]$/, '$1');
    const request = module.request({ host, port, path, method, headers, agent });
    underWay.add(request);
    request.once('close', () => underWay.delete(request));
    limitConnecting(request, connectMs);
    return request;
  }

  return {
    proxied: false,

    dispatch({ body, ...target }, handler) {
      const request = open(target);
      const answer = new Answer(request, handler);
      handler.onRequestStart(answer);
      if (destroyed !== undefined) answer.abort(destroyed);
      else if (body instanceof Readable) {
        body.on('error', (error) => request.destroy(error)).pipe(request);
      } else request.end(body);
    },

    async send(raw) {
      const request = open(raw);
      const abort = () => request.destroy(new Error('The time is up.'));
      raw.signal.addEventListener('abort', abort, { once: true });
      try {
        return await new Promise((resolve, reject) => {
          request.on('error', reject);
          request.on('response', (response) => {
            textOf(response).then((text) => {
              resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
            }, reject);
          });
          request.end(raw.body ?? undefined);
        });
      } finally {
        raw.signal.removeEventListener('abort', abort);
      }
    },

    destroy(error) {
      destroyed = error;
      for (const request of underWay) request.destroy(error);
      agent.destroy();
    },
  };
}

/** What Node says about a request and its answer, handed on until it is over. */
class Answer implements AnswerController {
  readonly #request: ClientRequest;
  readonly #handler: AnswerHandler;
  #response: IncomingMessage | undefined;
  #isOver = false;

  constructor(request: ClientRequest, handler: AnswerHandler) {
    this.#request = request;
    this.#handler = handler;
    const fail = (error: Error) => {
      this.#fail(error);
    };
    request.on('error', fail);
    request.on('response', (response) => {
      this.#response = response;
      handler.onResponseStart(this, response.statusCode ?? 0, response.headers);
      response.on('error', fail);
      response.on('data', (piece: Buffer) => {
        if (!this.#isOver) handler.onResponseData(this, piece);
      });
      response.on('end', () => {
        if (this.#isOver) return;
        this.#isOver = true;
        // Answered before all of the body was taken: the rest of it must not go before the next request.
        if (!request.writableFinished) request.destroy();
        handler.onResponseEnd();
      });
    });
  }

  get paused(): boolean {
    return this.#response?.isPaused() ?? false;
  }

  pause(): void {
    this.#response?.pause();
  }

  resume(): void {
    this.#response?.resume();
  }

  abort(error: Error): void {
    this.#fail(error);
    this.#request.destroy();
  }

  #fail(error: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#handler.onResponseError(this, error);
  }
}

/** Node's own limit would also count the time in which a connection is used. */
function limitConnecting(request: ClientRequest, connectMs: number): void {
  if (connectMs === 0) return;
  request.once('socket', (socket) => {
    if (!socket.connecting) return;
    const timer = setTimeout(() => {
      request.destroy(Object.assign(new Error('No connection in time.'), { code: 'ETIMEDOUT' }));
    }, connectMs).unref();
    const clear = () => {
      clearTimeout(timer);
    };
    socket.once('encrypted' in socket ? 'secureConnect' : 'connect', clear).once('close', clear);
  });
}

async function textOf(response: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of response as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size > maxResponseSize) throw Object.assign(new Error('The answer is too long.'), { code: tooMuchCode });
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}
