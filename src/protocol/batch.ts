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

/** Takes such an answer apart as it comes, in pieces of any size, of which it keeps nothing: it copies what is in them. */
export class BatchReader {
  /** What has not been answered yet. */
  readonly unanswered: Set<string>;
  #line = '';
  #hit: { hash: string; bytes: Buffer; filled: number } | undefined;
  readonly #allocate: (length: number) => Buffer;

  /** @param allocate where the bytes of a hit are put; at most `largestInBatch` */
  constructor(hashes: Iterable<string>, allocate = (length: number): Buffer => Buffer.allocUnsafe(length)) {
    this.unanswered = new Set(hashes);
    this.#allocate = allocate;
  }

  /**
   * @returns the answers that are complete with this piece
   * @throws {MalformedBatch} and then no more may be pushed
   */
  *push(piece: Buffer): Generator<[hash: string, answer: BatchAnswer], void, undefined> {
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
        const { hash, bytes, filled } = this.#hit;
        const copied = piece.copy(bytes, filled, at);
        at += copied;
        this.#hit.filled += copied;
        if (this.#hit.filled < bytes.length) return;
        this.#hit = undefined;
        yield this.#answered(hash, { kind: 'hit', bytes });
      }
    }
  }

  #takeLine(): [string, BatchAnswer] | undefined {
    const [, hash = '', kind, length] = lineForm.exec(this.#line) ?? [];
    this.#line = '';
    if (!this.unanswered.has(hash)) throw new MalformedBatch('Something is answered that was not asked.');
    if (kind === 'miss' || kind === 'alone') return this.#answered(hash, { kind });
    const size = Number(length);
    if (size > largestInBatch) throw new MalformedBatch(`An artifact has ${size} bytes.`);
    const bytes = this.#allocate(size);
    if (size === 0) return this.#answered(hash, { kind: 'hit', bytes });
    this.#hit = { hash, bytes, filled: 0 };
    return undefined;
  }

  #answered(hash: string, answer: BatchAnswer): [string, BatchAnswer] {
    this.unanswered.delete(hash);
    return [hash, answer];
  }
}

const lineEnd = 0x0a;
