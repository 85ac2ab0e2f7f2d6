import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { Watched } from './pace.js';

/** One request to the cache. */
export interface CacheRequest {
  origin: string;
  path: string;
  method: 'GET' | 'PUT';
  headers: Record<string, string>;
  body?: Readable | Buffer;
}

/** The head of its answer. */
export interface Head {
  status: number;
  headers: IncomingHttpHeaders;
}

/** What becomes of a request. The names and their order are undici's, for which this is a `DispatchHandler`. */
export interface AnswerHandler {
  onRequestStart: (controller: AnswerController) => void;
  onResponseStart: (controller: AnswerController, status: number, headers: IncomingHttpHeaders) => void;
  onResponseData: (controller: AnswerController, piece: Buffer) => void;
  onResponseEnd: () => void;
  onResponseError: (controller: AnswerController, error: Error) => void;
}

export interface AnswerController {
  readonly paused: boolean;
  pause: () => void;
  resume: () => void;
  abort: (error: Error) => void;
}

export interface ExchangeOptions {
  /** Gives the look-out for this request. What it is given is called when the server is too slow. */
  watch: (onTooSlow: () => void) => Watched;
  tooSlow: () => Error;
  /** What an error of the connection is for a person. */
  explain: (error: Error) => Error;
}

/** Bytes that wait for the reader before the connection is told to hold on. */
const highWater = 256 * 1024;

/**
 * One request and its answer, below the level of streams: undici's `request()` makes a stream, an abort signal and their
 * listeners for each, which took twice the time of all the rest of a miss (measured, Node 20.20).
 */
export class Exchange implements AnswerHandler {
  readonly head: Promise<Head>;
  /** All of the answer has come, or no more of it will. Never fails. */
  readonly over: Promise<void>;
  #settleOver: (() => void) | undefined;
  #settleHead: { resolve: (head: Head) => void; reject: (error: Error) => void } | undefined;
  readonly #watched: Watched;
  readonly #explain: (error: Error) => Error;
  #controller: AnswerController | undefined;
  /** What has come and has not been read yet. */
  readonly #queue: Buffer[] = [];
  #queued = 0;
  #isEnded = false;
  #error: Error | undefined;
  #wake: (() => void) | undefined;
  received = 0;

  constructor({ watch, tooSlow, explain }: ExchangeOptions) {
    this.#explain = explain;
    this.head = new Promise((resolve, reject) => {
      this.#settleHead = { resolve, reject };
    });
    this.over = new Promise((resolve) => {
      this.#settleOver = resolve;
    });
    // A rejection that nobody has come to wait for would end Nx.
    this.head.catch(() => undefined);
    this.#watched = watch(() => {
      if (!this.#isOver()) this.#fail(tooSlow());
    });
  }

  /** Nobody reads on: a body that has not come to its end would hold its connection. */
  abandon(): void {
    if (!this.#isOver()) this.#fail(new Error('The answer was not read to its end.'));
  }

  #isOver(): boolean {
    return this.#isEnded || this.#error !== undefined;
  }

  #fail(error: Error): void {
    this.#end(error);
    this.#controller?.abort(error);
  }

  /**
   * The body, once.
   * @throws the reason why it is not complete
   */
  pieces(): AsyncIterable<Buffer> {
    // By hand: an async generator would add a turn for each piece.
    return {
      [Symbol.asyncIterator]: () => ({
        next: () => this.#next(),
        return: () => {
          this.abandon();
          return Promise.resolve({ done: true, value: undefined });
        },
      }),
    };
  }

  async #next(): Promise<IteratorResult<Buffer, undefined>> {
    for (;;) {
      const piece = this.#queue.shift();
      if (piece !== undefined) {
        this.#queued -= piece.length;
        return { done: false, value: piece };
      }
      if (this.#error !== undefined) throw this.#error;
      if (this.#isEnded) return { done: true, value: undefined };
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#watched.wait();
      // Last: what has been held back comes before this returns, perhaps all of it.
      if (this.#controller?.paused === true) this.#controller.resume();
      await woken;
    }
  }

  /** So many bytes of the request's body were taken. */
  sent(bytes: number): void {
    this.#watched.moved(bytes);
  }

  onRequestStart(controller: AnswerController): void {
    this.#controller = controller;
    if (this.#error !== undefined) controller.abort(this.#error);
  }

  onResponseStart(_: AnswerController, status: number, headers: IncomingHttpHeaders): void {
    // 100 Continue and its like.
    if (status < 200) return;
    this.#watched.moved(0);
    this.#settleHead?.resolve({ status, headers });
  }

  onResponseData(controller: AnswerController, piece: Buffer): void {
    this.received += piece.length;
    this.#queued += piece.length;
    this.#queue.push(piece);
    this.#watched.moved(piece.length);
    // From now on the reader is busy, and the server need not do anything.
    this.#watched.pause();
    if (this.#queued > highWater) controller.pause();
    this.#wakeReader();
  }

  onResponseEnd(): void {
    this.#end(undefined);
  }

  onResponseError(_: AnswerController, error: Error): void {
    this.#end(this.#explain(error));
  }

  #end(error: Error | undefined): void {
    this.#watched.end();
    this.#settleOver?.();
    if (error === undefined) this.#isEnded = true;
    else {
      this.#error ??= error;
      this.#settleHead?.reject(this.#error);
    }
    this.#wakeReader();
  }

  #wakeReader(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}
