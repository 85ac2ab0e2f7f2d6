import type { IncomingMessage, ServerResponse } from 'node:http';
import { headers } from '../../../src/protocol/headers.js';
import type { Access } from '../domain/access-check.js';

/** How a request to the cache ended. */
export type CacheResult =
  | 'hit'
  | 'miss'
  | 'stored'
  | 'exists'
  | 'refused'
  | 'unauthenticated'
  | 'bad-request'
  /** The client went away. */
  | 'aborted'
  | 'failed';

export interface Ending {
  result: CacheResult;
  status: number;
  /** Of the artifact, received or sent. */
  bytes: number;
}

/** One request to the cache and its answer. */
export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
  readonly begunAt = performance.now();
  /** The client does not send the body before it is told "100 Continue" (RFC 9110 §10.1.1). */
  awaitsContinue: boolean;
  nxCloudId: string | null = null;
  isBatch = false;
  access: Access | null = null;
  readonly #onEnd: (exchange: Exchange, ending: Ending) => void;

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    options: {
      requestId: string;
      awaitsContinue: boolean;
      onEnd: (exchange: Exchange, ending: Ending) => void;
    },
  ) {
    this.request = request;
    this.response = response;
    this.requestId = options.requestId;
    this.awaitsContinue = options.awaitsContinue;
    this.#onEnd = options.onEnd;
  }

  /**
   * A sentence. Its content type is `text/plain` without a charset: Nx takes a 401 with any other for the answer of a
   * misconfigured server (nx-protocol.md §4).
   */
  answer(status: number, result: CacheResult, text: string, more: readonly string[] = []): 'answered' {
    const body = Buffer.from(text);
    this.writeHead(status, 'text/plain', body.length, more);
    this.response.end(body);
    this.ended({ result, status, bytes: 0 });
    return 'answered';
  }

  /**
   * One flat array, since an object's properties would be checked and copied one by one.
   *
   * @param contentLength `null` where it is not known beforehand
   */
  writeHead(status: number, contentType: string, contentLength: number | null, more: readonly string[] = []): void {
    this.response.writeHead(status, [
      'content-type',
      contentType,
      ...(contentLength === null ? [] : ['content-length', String(contentLength)]),
      headers.requestId,
      this.requestId,
      // Who may read it is decided on each request; no cache on the way may do that.
      'cache-control',
      'no-store',
      'x-content-type-options',
      'nosniff',
      ...more,
    ]);
  }

  continue(): void {
    if (this.awaitsContinue) this.response.writeContinue();
    this.awaitsContinue = false;
  }

  /** For a batch it is called for each artifact, as if each had been asked for on its own. */
  ended(ending: Ending): void {
    this.#onEnd(this, ending);
  }
}
