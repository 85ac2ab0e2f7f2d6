import { BodyLengthError } from '../artifacts/artifact-store.js';
import type { ArtifactCache } from '../domain/artifacts.js';
import type { ArtifactKey, Writer } from '../domain/model.js';
import { drain, type DrainLimits } from './drain.js';
import type { CacheResult, Exchange } from './exchange.js';
import { watchUpload, type UploadPace } from './upload-pace.js';

export interface WriteOptions {
  artifacts: ArtifactCache;
  /** Bytes. */
  maxArtifactSize: number;
  pace: UploadPace;
}

/** Between the limit and a client that would send for ever. */
const drainMs = 300_000;

/**
 * For those who have shown nothing. A client that looks at the answer while it sends gets it all the same: Nx 23.2.1 took
 * a 403 that came after 16 of 225 MiB quietly, and built on.
 */
const strangersDrain: DrainLimits = { bytes: 16 * 1024 * 1024, milliseconds: 10_000 };

/** For clients that keep sending what nobody wants: they get the answer, and a moment to read it. */
const linger: DrainLimits = { bytes: 1024 * 1024, milliseconds: 1000 };

/**
 * @param upload.stillAllowed asked once more when everything has been received, since that may take long
 * @returns `right-ended` when it was not any more: then nothing is published, and the caller has to answer
 */
export async function writeArtifact(
  exchange: Exchange,
  { artifacts, maxArtifactSize, pace }: WriteOptions,
  key: ArtifactKey,
  { writer, stillAllowed }: { writer: Writer; stillAllowed: () => Promise<boolean> },
): Promise<'answered' | 'right-ended'> {
  const { request } = exchange;
  const size = contentLength(request.headers['content-length']);
  if (size === undefined) {
    return await answerAndClose(exchange, 411, 'bad-request', 'an upload needs a Content-Length');
  }
  if (size > maxArtifactSize) {
    const text = `the artifact has ${size} bytes, and this server takes at most ${maxArtifactSize}`;
    return await answerAndClose(exchange, 413, 'bad-request', text);
  }
  if (await artifacts.has(key)) return await refuseUpload(exchange, maxArtifactSize, 409, 'exists', alreadyThere);
  exchange.continue();

  const { socket } = request;
  const stopWatching = watchUpload(request, pace);
  try {
    // Bytes behind the end of the body are the beginning of another request (RFC 9112 §6.3). Where they are none, the
    // length has lied, and Node has destroyed the socket.
    const right = { isThere: true };
    const mayPublish = async () => {
      right.isThere = await stillAllowed();
      return right.isThere && !socket.destroyed;
    };
    const result = await artifacts.write(key, { body: request, size, writer, mayPublish });
    switch (result) {
      case 'stored':
        exchange.writeHead(200, 'text/plain', 0);
        exchange.response.end();
        exchange.ended({ result, status: 200, bytes: size });
        return 'answered';
      case 'exists':
        return exchange.answer(409, result, alreadyThere);
      case 'refused':
        if (!right.isThere) return 'right-ended';
        if (socket.destroyed) return exchange.answer(400, 'aborted', endedEarly);
        return exchange.answer(403, 'refused', 'the cache was purged while this artifact was on its way');
    }
  } catch (error) {
    if (!(error instanceof BodyLengthError)) throw error;
    // Only a broken connection ends a body early, so hardly anybody hears this.
    return exchange.answer(400, 'aborted', endedEarly, close);
  } finally {
    stopWatching();
  }
}

const endedEarly = 'the upload ended before all of it had come';
const alreadyThere = 'the cache has that artifact already, and the first one stays';

/** Only digits: Node itself refuses any other value, several of them, and one beside Transfer-Encoding. */
function contentLength(header: string | undefined): number | undefined {
  return header === undefined ? undefined : Number(header);
}

const close: readonly string[] = ['connection', 'close'];

/**
 * Says no to an upload once all of it has come, or at once to a client that has asked before sending. When it does not
 * end, the connection is closed.
 */
export async function refuseUpload(
  exchange: Exchange,
  maxBytes: number,
  status: number,
  result: CacheResult,
  text: string,
  more: readonly string[] = [],
): Promise<'answered'> {
  // What comes next on the connection may be the body or another request: nobody can tell.
  if (exchange.awaitsContinue) return exchange.answer(status, result, text, [...more, ...close]);
  const limits = isFromStranger(exchange) ? strangersDrain : { bytes: maxBytes, milliseconds: drainMs };
  const isDrained = await drain(exchange.request, { ...limits, bytes: Math.min(limits.bytes, maxBytes) });
  if (isDrained) return exchange.answer(status, result, text, more);
  return await answerAndClose(exchange, status, result, text, more);
}

/** Neither a valid credential nor the right to write without one. */
function isFromStranger({ access }: Exchange): boolean {
  if (access === null) return true;
  const { actor, decision } = access;
  if (decision.level === 'none' && decision.unauthenticated) return true;
  return actor.kind === 'anonymous' && decision.level !== 'read-write';
}

/**
 * Closing a socket on which unread bytes are waiting resets the connection, and the reset may overtake the answer. So
 * the answer is complete, by its length, a moment before the connection is closed.
 */
async function answerAndClose(
  exchange: Exchange,
  status: number,
  result: CacheResult,
  text: string,
  more: readonly string[] = [],
): Promise<'answered'> {
  const body = Buffer.from(text);
  exchange.writeHead(status, 'text/plain', body.length, [...more, ...close]);
  exchange.response.write(body);
  exchange.ended({ result, status, bytes: 0 });
  if (!exchange.awaitsContinue) await drain(exchange.request, linger);
  exchange.response.end();
  return 'answered';
}
