import type { Access } from '../domain/access-check.js';
import type { ArtifactCache } from '../domain/artifacts.js';
import type { ArtifactKey } from '../domain/model.js';
import { BodyLengthError } from '../artifacts/artifact-store.js';
import { drain, type DrainLimits } from './drain.js';
import type { CacheResult, Exchange } from './exchange.js';
import { watchUpload, type UploadPace } from './upload-pace.js';

export interface WriteOptions {
  artifacts: ArtifactCache;
  /** Bytes. */
  maxArtifactSize: number;
  pace: UploadPace;
}

/** Between the limit and a client that would send for ever: Nx sends the whole of its artifact before it reads. */
const drainMs = 60_000;

/** For clients that keep sending what nobody wants: they get the answer, and a moment to read it. */
const linger: DrainLimits = { bytes: 1024 * 1024, milliseconds: 1000 };

/**
 * @param mayPublish whether the right to write is still there; asked again when everything has been received
 * @param refused answers for when it is not
 */
export async function writeArtifact(
  exchange: Exchange,
  { artifacts, maxArtifactSize, pace }: WriteOptions,
  key: ArtifactKey,
  upload: { access: Access; mayPublish: () => Promise<boolean>; refused: () => Promise<void> },
): Promise<void> {
  const { request } = exchange;
  const size = contentLength(request.headers['content-length']);
  if (size === undefined) {
    await answerAndClose(exchange, 411, 'bad-request', 'an upload needs a Content-Length');
    return;
  }
  if (size > maxArtifactSize) {
    const text = `the artifact has ${size} bytes, and this server takes at most ${maxArtifactSize}`;
    await answerAndClose(exchange, 413, 'bad-request', text);
    return;
  }
  if (await artifacts.has(key)) {
    await refuseUpload(exchange, maxArtifactSize, 409, 'exists', alreadyThere);
    return;
  }
  if (exchange.expectsContinue) exchange.response.writeContinue();

  const stopWatching = watchUpload(request, pace);
  try {
    const { writer } = upload.access;
    // Bytes behind the end of the body are the beginning of another request (RFC 9112 §6.3), or a length that lied;
    // Node breaks the connection for the latter.
    const mayPublish = async () => !request.socket.destroyed && (await upload.mayPublish());
    const result = await artifacts.write(key, { body: request, size, writer, mayPublish });
    if (result === 'refused') await upload.refused();
    else if (result === 'exists') exchange.answer(409, 'exists', alreadyThere);
    else {
      exchange.writeHead(200, 'text/plain', 0);
      exchange.response.end();
      exchange.ended({ result: 'stored', status: 200, bytes: size });
    }
  } catch (error) {
    if (!(error instanceof BodyLengthError)) throw error;
    // The connection is as good as gone, but says so to those who still listen.
    exchange.answer(400, request.socket.destroyed ? 'aborted' : 'bad-request', 'the upload ended early', close);
  } finally {
    stopWatching();
  }
}

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
): Promise<void> {
  // What comes next on the connection may be the body or another request: nobody can tell.
  if (exchange.expectsContinue) exchange.answer(status, result, text, [...more, ...close]);
  else if (await drain(exchange.request, { bytes: maxBytes, milliseconds: drainMs })) {
    exchange.answer(status, result, text, more);
  } else await answerAndClose(exchange, status, result, text, more);
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
): Promise<void> {
  const body = Buffer.from(text);
  exchange.writeHead(status, 'text/plain', body.length, [...more, ...close]);
  exchange.response.write(body);
  exchange.ended({ result, status, bytes: 0 });
  if (!exchange.expectsContinue) await drain(exchange.request, linger);
  exchange.response.end();
}
