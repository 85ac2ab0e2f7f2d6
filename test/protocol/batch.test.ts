import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BatchReader, batchLine, largestInBatch, MalformedBatch, type BatchAnswer } from '../../src/protocol/batch.js';

function written(answers: Iterable<readonly [string, BatchAnswer]>): Buffer {
  return Buffer.concat(
    [...answers].flatMap(([hash, answer]) => [
      Buffer.from(batchLine(hash, answer)),
      ...(answer.kind === 'hit' ? [answer.bytes] : []),
    ]),
  );
}

/** Cut at these places. */
function piecesOf(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((one, other) => one - other), bytes.length];
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
}

function read(hashes: Iterable<string>, pieces: Iterable<Buffer>) {
  const reader = new BatchReader(hashes);
  const answers: [string, BatchAnswer][] = [];
  for (const piece of pieces) {
    for (const [hash, answer] of reader.push(piece)) {
      answers.push([hash, answer]);
    }
  }
  return { answers, unanswered: reader.unanswered };
}

const anyHash = fc.stringMatching(/^[A-Za-z0-9_-]{1,128}$/);
const anyAnswer: fc.Arbitrary<BatchAnswer> = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map((bytes) => ({ kind: 'hit', bytes: Buffer.from(bytes) }) as const),
  fc.constant({ kind: 'miss' } as const),
  fc.constant({ kind: 'alone' } as const),
);
const anyBatch = fc.uniqueArray(fc.tuple(anyHash, anyAnswer), { maxLength: 32, selector: ([hash]) => hash });
const anyCuts = fc.array(fc.nat(), { maxLength: 40 });

describe('an answer to a request for many artifacts', () => {
  it('is read as it was written, however it is cut into pieces', () => {
    fc.assert(
      fc.property(anyBatch, anyCuts, (batch, cuts) => {
        const hashes = batch.map(([hash]) => hash);
        const { answers, unanswered } = read(hashes, piecesOf(written(batch), cuts));
        expect(answers).toEqual(batch);
        expect([...unanswered]).toEqual([]);
      }),
    );
  });

  it('that is cut short gives what was complete, and tells the rest', () => {
    fc.assert(
      fc.property(anyBatch, fc.nat(), anyCuts, (batch, length, cuts) => {
        const bytes = written(batch);
        const hashes = batch.map(([hash]) => hash);
        const { answers, unanswered } = read(hashes, piecesOf(bytes.subarray(0, length % (bytes.length + 1)), cuts));
        expect(answers).toEqual(batch.slice(0, answers.length));
        expect([...unanswered]).toEqual(hashes.slice(answers.length));
      }),
    );
  });

  it('that is any bytes is refused or incomplete, and never read as something else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), anyCuts, (bytes, cuts) => {
        try {
          expect(read(['1'], piecesOf(Buffer.from(bytes), cuts)).answers).toEqual([]);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedBatch);
        }
      }),
    );
  });

  it.each([
    ['for what was not asked', '2 miss\n'],
    ['twice for the same', '1 miss\n1 miss\n'],
    ['with an artifact that is too large', `1 hit ${largestInBatch + 1}\n`],
    ['with a length that is no number', '1 hit 0x10\n'],
    ['with a length below nothing', '1 hit -1\n'],
    ['without a length', '1 hit\n'],
    ['of another kind', '1 else\n'],
    ['with a miss that has bytes', '1 miss 5\n'],
    ['with a line that does not end', '1'.repeat(200)],
    ['with an empty line', '\n'],
    ['of other line ends', '1 miss\r\n'],
    ['that is a page', '<html>maintenance</html>\n'],
  ])('%s is refused', (_, text) => {
    expect(() => read(['1'], [Buffer.from(text)])).toThrow(MalformedBatch);
    expect(() => read(['1'], piecesOf(Buffer.from(text), [1, 3, 5]))).toThrow(MalformedBatch);
  });
});
