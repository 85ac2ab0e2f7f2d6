import type { ArtifactCache, ReadableArtifact } from '../domain/artifacts.js';
import type { ArtifactKey } from '../domain/model.js';
import type { Exchange } from './exchange.js';
import { pieceWriter } from './piece-writer.js';

/** Answers with the artifact of the first of `scopes` that has one. */
export function readArtifact(
  exchange: Exchange,
  artifacts: ArtifactCache,
  key: Omit<ArtifactKey, 'scope'>,
  scopes: readonly string[],
): Promise<void> | undefined {
  const recalled = artifacts.recall(key, scopes);
  if (recalled === undefined) return readFromStore(exchange, artifacts, key, scopes);
  sendWhole(exchange, recalled);
  return undefined;
}

async function readFromStore(
  exchange: Exchange,
  artifacts: ArtifactCache,
  key: Omit<ArtifactKey, 'scope'>,
  scopes: readonly string[],
): Promise<void> {
  const artifact = await artifacts.read(key, scopes);
  if (artifact === null) {
    exchange.answer(404, 'miss', 'the cache has no such artifact');
    return;
  }
  try {
    if (artifact.bytes === undefined) await sendPieces(exchange, artifact);
    else sendWhole(exchange, artifact.bytes);
  } finally {
    await artifact.close();
  }
}

function sendWhole(exchange: Exchange, bytes: Buffer): void {
  exchange.writeHead(200, contentType, bytes.length);
  exchange.response.end(bytes);
  exchange.ended({ result: 'hit', status: 200, bytes: bytes.length });
}

async function sendPieces(exchange: Exchange, artifact: ReadableArtifact): Promise<void> {
  const { response, request } = exchange;
  exchange.writeHead(200, contentType, artifact.size);
  const writer = pieceWriter(exchange);
  let sent = 0;
  try {
    for await (const piece of artifact.pieces()) {
      if (!(await writer.write(piece))) break;
      sent += piece.length;
    }
  } catch (error) {
    // The length is announced already: only a broken connection tells the client that something is missing.
    request.socket.destroy();
    exchange.ended({ result: 'failed', status: 200, bytes: sent });
    throw error;
  } finally {
    writer.end();
  }
  if (sent === artifact.size) response.end();
  else request.socket.destroy();
  exchange.ended({ result: sent === artifact.size ? 'hit' : 'aborted', status: 200, bytes: sent });
}

const contentType = 'application/octet-stream';
