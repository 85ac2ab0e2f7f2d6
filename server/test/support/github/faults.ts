import type { ServerResponse } from 'node:http';
import { errorBody } from './bodies.js';

/** What may go wrong with an answer of the API. */
export type Fault =
  | { kind: 'status'; status: number; message?: string }
  /** The limit on requests in an hour is used up. */
  | { kind: 'primary-limit'; resetInSeconds: number }
  /** Too many at once, as GitHub finds. It does not always say for how long. */
  | { kind: 'secondary-limit'; status: 403 | 429; retryAfterSeconds: number | null }
  /** Takes the request and never answers. */
  | { kind: 'hang' }
  /** Begins to answer, and never gets to the end. */
  | { kind: 'hang-in-body' }
  /** Ends the connection instead. */
  | { kind: 'reset' }
  | { kind: 'garbage'; body: string; type?: string; headers?: Record<string, string> };

export interface FaultOrder {
  fault: Fault;
  /** Only for these; all of the API unless given. */
  path?: RegExp;
  /** For so many requests; for all that come unless given. */
  times?: number;
}

/** Orders that wait for their request, the first that fits first. */
export class Faults {
  #orders: FaultOrder[] = [];

  order(order: FaultOrder): void {
    this.#orders.push({ ...order });
  }

  clear(): void {
    this.#orders = [];
  }

  take(path: string): Fault | null {
    const order = this.#orders.find((each) => each.path?.test(path) !== false && each.times !== 0);
    if (order === undefined) return null;
    if (order.times !== undefined) order.times--;
    return order.fault;
  }
}

/** @returns the status that was sent; 0 when nothing was */
export function answerWithFault(fault: Fault, response: ServerResponse, now: number): number {
  const send = (status: number, message: string, headers: Record<string, string> = {}) => {
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
    response.end(JSON.stringify(errorBody(status, message)));
    return status;
  };
  switch (fault.kind) {
    case 'status':
      return send(fault.status, fault.message ?? 'Server Error');
    case 'primary-limit':
      return send(403, 'API rate limit exceeded for installation ID 1.', {
        'x-ratelimit-limit': '5000',
        'x-ratelimit-remaining': '0',
        'x-ratelimit-used': '5000',
        'x-ratelimit-reset': String(Math.floor(now / 1000) + fault.resetInSeconds),
      });
    case 'secondary-limit':
      return send(
        fault.status,
        'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.',
        fault.retryAfterSeconds === null ? {} : { 'retry-after': String(fault.retryAfterSeconds) },
      );
    case 'hang':
      return 0;
    case 'hang-in-body':
      response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' });
      response.write('[{"login":');
      return 200;
    case 'reset':
      response.destroy();
      return 0;
    case 'garbage':
      response.writeHead(200, { 'content-type': fault.type ?? 'application/json; charset=utf-8', ...fault.headers });
      response.end(fault.body);
      return 200;
  }
}
