import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TokenSearch } from '../../src/git/token-search.js';
import { formatToken, randomPartLength } from '../../src/protocol/tokens.js';
import { recordToken } from '../support/ledger.js';

const uuid = '5b0e4c1d-3f2a-4e6b-8c7d-9a8b7c6d5e4f';
const tokens = [
  ...['read-write', 'read-only', 'read'].map((level) => btoa(`${uuid}|${level}`)),
  formatToken('ci', 'A'.repeat(randomPartLength)),
  formatToken('personal', 'z'.repeat(randomPartLength)),
];
for (const token of tokens) recordToken(token);

function inOnePiece(content: string): [token: string, line: number][] {
  return new TokenSearch().push(Buffer.from(content, 'latin1'), true).map(({ token, line }) => [token, line]);
}

describe('TokenSearch', () => {
  it('finds each form of token, with its line', () => {
    expect(inOnePiece(tokens.join('\n'))).toEqual(tokens.map((token, index) => [token, index + 1]));
  });

  it('finds the same however the content comes in pieces', () => {
    // What stands before and behind a token decides whether it is one.
    const part = fc.oneof(
      fc.constantFrom(
        ...tokens,
        ...tokens.map((token) => `${token}0`),
        'nxc_',
        'fHJlYWQ',
        '\n',
        'exc_info',
        'A'.repeat(48),
      ),
      fc.string({ unit: 'binary-ascii', maxLength: 100 }),
    );
    const contents = fc.array(fc.array(part, { maxLength: 8 }), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(contents, fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1 }), (parts, sizes) => {
        // One after the other with the same object, which has to forget what was before.
        const search = new TokenSearch();
        for (const content of parts.map((texts) => texts.join(''))) {
          const found: [string, number][] = [];
          for (const piece of inPieces(content, sizes)) {
            for (const { token, line } of search.push(piece, false)) found.push([token, line]);
          }
          for (const { token, line } of search.push(Buffer.alloc(0), true)) found.push([token, line]);
          expect(found).toEqual(inOnePiece(content));
        }
      }),
      { numRuns: 2000 },
    );
  });
});

/** Of these sizes, again and again. */
function inPieces(content: string, sizes: number[]): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < content.length; at += pieces.at(-1)?.length ?? 0) {
    const size = sizes[pieces.length % sizes.length] ?? 1;
    pieces.push(Buffer.from(content.slice(at, at + size), 'latin1'));
  }
  return pieces;
}
