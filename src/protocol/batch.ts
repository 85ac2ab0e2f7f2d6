/**
 * The answer to a request for many artifacts at once, which is of no standard and only between nxkey's own client and
 * server: for each hash that was asked for, in any order, one line and, for a hit, as many bytes as the line says.
 *
 *     <hash> hit <bytes>\n…
 *     <hash> miss\n
 *     <hash> alone\n
 *
 * `alone`: not in a batch. It is to be asked for on its own, since it is large, or the right to read it has just ended.
 * The answer is complete when every hash has been answered.
 */
export type BatchAnswer = { kind: 'hit'; bytes: Buffer } | { kind: 'miss' } | { kind: 'alone' };

/** A `BatchAnswer` as it was read: whoever needs the bytes in one buffer decides in which. */
export type ReadBatchAnswer = Exclude<BatchAnswer, { kind: 'hit' }> | { kind: 'hit'; pieces: Buffer[] };

export const batchContentType = 'application/vnd.nxkey.artifacts';

/** Hashes in one request. Those of Nx have 20 digits; with the longest that a server takes, the address has 4 KiB. */
export const mostInBatch = 32;

/** Bytes of a hit. */
export const largestInBatch = 64 * 1024;

export function batchLine(hash: string, answer: BatchAnswer): string {
  return `${hash} ${answer.kind}${answer.kind === 'hit' ? ` ${answer.bytes.length}` : ''}\n`;
}

/** What came is not what `batchLine` and the bytes of the artifacts make, or not for what was asked. */
export class MalformedBatch extends Error {
  override readonly name = 'MalformedBatch';
}

/** A hash has at most 128 characters. */
const longestLine = 160;
const lineForm = /^(\S+) (?:(miss|alone)|hit (\d{1,9}))$/;

/** Takes such an answer apart as it comes, in pieces of any size. The bytes that it gives are parts of those pieces. */
export class BatchReader {
  /** What has not been answered yet. */
  readonly unanswered: Set<string>;
  #line = '';
  #hit: { hash: string; pieces: Buffer[]; missing: number } | undefined;

  constructor(hashes: Iterable<string>) {
    this.unanswered = new Set(hashes);
  }

  /**
   * @returns the answers that are complete with this piece
   * @throws {MalformedBatch} and then no more may be pushed
   */
  *push(piece: Buffer): Generator<[hash: string, answer: ReadBatchAnswer], void, undefined> {
    for (let at = 0; at < piece.length;) {
      if (this.#hit === undefined) {
        const end = piece.indexOf(lineEnd, at);
        this.#line += piece.toString('latin1', at, end === -1 ? at + longestLine + 1 : end);
        if (this.#line.length > longestLine) throw new MalformedBatch('A line is too long.');
        if (end === -1) return;
        at = end + 1;
        const answered = this.#takeLine();
        if (answered !== undefined) yield answered;
      } else {
        const { hash, pieces } = this.#hit;
        const part = piece.subarray(at, at + this.#hit.missing);
        pieces.push(part);
        at += part.length;
        this.#hit.missing -= part.length;
        if (this.#hit.missing > 0) return;
        this.#hit = undefined;
        yield this.#answered(hash, { kind: 'hit', pieces });
      }
    }
  }

  #takeLine(): [string, ReadBatchAnswer] | undefined {
    const [, hash = '', kind, length] = lineForm.exec(this.#line) ?? [];
    this.#line = '';
    if (!this.unanswered.has(hash)) throw new MalformedBatch('Something is answered that was not asked.');
    if (kind === 'miss' || kind === 'alone') return this.#answered(hash, { kind });
    const missing = Number(length);
    if (missing > largestInBatch) throw new MalformedBatch(`An artifact has ${missing} bytes.`);
    if (missing === 0) return this.#answered(hash, { kind: 'hit', pieces: [] });
    this.#hit = { hash, pieces: [], missing };
    return undefined;
  }

  #answered(hash: string, answer: ReadBatchAnswer): [string, ReadBatchAnswer] {
    this.unanswered.delete(hash);
    return [hash, answer];
  }
}

const lineEnd = 0x0a;
