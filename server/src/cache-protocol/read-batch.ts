import { batchContentType, batchLine, largestInBatch, type BatchAnswer } from '../../../src/protocol/batch.js';
import type { ArtifactCache } from '../domain/artifacts.js';
import type { ArtifactKey } from '../domain/model.js';
import type { Exchange } from './exchange.js';
import { pieceWriter } from './piece-writer.js';

/**
 * How many are read, and then sent, at a time: at most 512 KiB for a client that takes nothing. Each is asked for only
 * when the client has taken those before, so a right that ends meanwhile ends the rest of the batch, too.
 */
const atATime = 8;

/** Answers with all of them, in turn. @param find fails as a whole request does */
export async function readBatch(
  exchange: Exchange,
  hashes: readonly string[],
  find: (hash: string) => Promise<BatchAnswer>,
): Promise<void> {
  const { request, response } = exchange;
  let writer: ReturnType<typeof pieceWriter> | undefined;
  try {
    for (let at = 0; at < hashes.length; at += atATime) {
      const found = await Promise.all(
        hashes.slice(at, at + atATime).map(async (hash) => ({ hash, answer: await find(hash) })),
      );
      // Only now: until then what fails has a status.
      if (writer === undefined) {
        exchange.writeHead(200, batchContentType, null);
        writer = pieceWriter(exchange);
      }
      const pieces = found.flatMap(({ hash, answer }) => [
        Buffer.from(batchLine(hash, answer)),
        ...(answer.kind === 'hit' ? [answer.bytes] : []),
      ]);
      // In one: a system call for each would cost as much as all the rest of an artifact.
      if (!(await writer.write(Buffer.concat(pieces)))) {
        exchange.ended({ result: 'aborted', status: 200, bytes: 0 });
        return;
      }
      for (const { answer } of found) count(exchange, answer);
    }
    response.end();
  } catch (error) {
    if (writer !== undefined) {
      // Only a broken connection tells the client that something is missing.
      request.socket.destroy();
      exchange.ended({ result: 'failed', status: 200, bytes: 0 });
    }
    throw error;
  } finally {
    writer?.end();
  }
}

/** As if it had been asked for on its own. What is to be asked for once more is counted then. */
function count(exchange: Exchange, answer: BatchAnswer): void {
  if (answer.kind === 'hit') exchange.ended({ result: 'hit', status: 200, bytes: answer.bytes.length });
  if (answer.kind === 'miss') exchange.ended({ result: 'miss', status: 404, bytes: 0 });
}

/** The artifact of the first of `scopes` that has one, if it is small enough to be sent among others. */
export async function findSmall(
  artifacts: ArtifactCache,
  key: Omit<ArtifactKey, 'scope'>,
  scopes: readonly string[],
): Promise<BatchAnswer> {
  const recalled = artifacts.recall(key, scopes);
  if (recalled !== undefined) return hit(recalled);
  const artifact = await artifacts.read(key, scopes);
  if (artifact === null) return { kind: 'miss' };
  try {
    return artifact.bytes === undefined ? { kind: 'alone' } : hit(artifact.bytes);
  } finally {
    await artifact.close();
  }
}

function hit(bytes: Buffer): BatchAnswer {
  return bytes.length > largestInBatch ? { kind: 'alone' } : { kind: 'hit', bytes };
}
