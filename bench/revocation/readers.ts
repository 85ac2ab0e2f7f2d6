import { randomBytes } from 'node:crypto';
import { Client } from 'undici';
import { paths } from '../../src/protocol/paths.js';
import type { NxkeyServer } from '../support/nxkey-server.js';

/** Where they read, and how large the artifact is. */
export interface Target {
  origin: string;
  path: string;
  size: number;
}

/** Puts an artifact there. @param secret of a token that may write */
export async function storeTarget(
  { url, nxCloudId }: Pick<NxkeyServer, 'url' | 'nxCloudId'>,
  secret: string,
): Promise<Target> {
  const target = { origin: url, path: `${paths.remoteCache(nxCloudId)}/v1/cache/1234567890`, size: 4096 };
  const stored = await fetch(target.origin + target.path, {
    method: 'PUT',
    headers: { authorization: `Bearer ${secret}` },
    body: randomBytes(target.size),
  });
  if (stored.status !== 200) throw new Error(`the artifact was not stored: ${stored.status}`);
  return target;
}

/** Somebody's token, and what is known about it at this moment. */
export interface TriedToken {
  readonly secret: string;
  /** The revocation was acknowledged. */
  revoked: boolean;
  /** Requests that were answered with the artifact. */
  served: number;
  /** When the first one was refused, by `performance.now()`; `null` as long as none was. */
  refusedAt: number | null;
  /** Requests that were sent after the acknowledgement. */
  triedAfter: number;
}

export function untried(secret: string): TriedToken {
  return { secret, revoked: false, served: 0, refusedAt: null, triedAfter: 0 };
}

/** Credentials that are worth trying right now. */
export class Candidates {
  /** Those about to be revoked. */
  readonly live = new Set<TriedToken>();
  /** Those that were, a moment ago and not yet tried often enough. */
  readonly #untried: TriedToken[] = [];
  readonly #triesWanted = 3;

  revoked(credential: TriedToken): void {
    this.live.delete(credential);
    for (let tries = 0; tries < this.#triesWanted; tries++) this.#untried.push(credential);
  }

  /** The revoked ones first: the moment after the acknowledgement is the one that counts. */
  next(): TriedToken | undefined {
    const untried = this.#untried.shift();
    if (untried !== undefined) return untried;
    return [...this.live][Math.floor(Math.random() * this.live.size)];
  }
}

export interface Counts {
  /** Requests that were answered with the artifact. */
  served: number;
  /** Of those, sent before the acknowledgement and answered after it: they race with it, and may be served. */
  servedInRace: number;
  /** Of those, sent after the acknowledgement: there must be none. */
  servedAfter: number;
  refusedAfter: number;
  /** Refused when no revocation was acknowledged: it may be under way; where there is none, there must be none. */
  refusedBefore: number;
}

export const noCounts: Readonly<Counts> = {
  served: 0,
  servedInRace: 0,
  servedAfter: 0,
  refusedAfter: 0,
  refusedBefore: 0,
};

/**
 * Reads on one connection, request after request, until `ended` says so.
 *
 * Requests are sent and acknowledgements arrive in one thread, so "sent after" needs no clock that might be off: when
 * `revoked` is true before the request exists, the acknowledgement came first.
 *
 * @param choose which credential is used next; without one it waits for a moment
 * @throws {Error} for an answer that is neither the artifact nor a refusal
 */
export async function read(
  target: Target,
  choose: () => TriedToken | undefined,
  ended: () => boolean,
  counts: Counts,
): Promise<void> {
  const client = new Client(target.origin, { pipelining: 1 });
  try {
    while (!ended()) {
      const credential = choose();
      if (credential === undefined) {
        await new Promise((resolve) => setImmediate(resolve));
        continue;
      }
      const revokedBefore = credential.revoked;
      if (revokedBefore) credential.triedAfter++;
      const { statusCode, body } = await client.request({
        method: 'GET',
        path: target.path,
        headers: { authorization: `Bearer ${credential.secret}` },
      });
      const revokedMeanwhile = credential.revoked;
      const length = (await body.arrayBuffer()).byteLength;
      if (statusCode === 200 && length === target.size) {
        counts.served++;
        credential.served++;
        if (revokedBefore) counts.servedAfter++;
        else if (revokedMeanwhile) counts.servedInRace++;
      } else if (statusCode === 401 || statusCode === 404) {
        // 404 is what a person gets who is no member any more: to Nx, a miss.
        credential.refusedAt ??= performance.now();
        if (revokedBefore) counts.refusedAfter++;
        else counts.refusedBefore++;
      } else {
        throw new Error(`a read was answered with ${statusCode} and ${length} bytes`);
      }
    }
  } finally {
    await client.close();
  }
}
