import { findTokensInText } from '../protocol/token-search.js';
import { tokenShape } from '../protocol/tokens.js';

export interface FoundToken {
  token: string;
  kind: 'ci' | 'personal' | 'legacy-ci';
  /** Where it starts, counted from 1. */
  line: number;
}

/**
 * Finds the tokens of a content that comes in pieces and is of any kind: text in whatever encoding has ASCII in it,
 * binary, one line of megabytes. Keeps no more than the end of the last piece. Only what can be a token for certain is
 * one: ours by their checksum, Nx Cloud's by the UUID and the access level that they decode to.
 */
export class TokenSearch {
  #end: Buffer = Buffer.alloc(0);
  /** Line feeds in all pieces up to the start of `#end`. */
  #lines = 0;

  /** @param last whether the content ends with this piece; the next one is then of another content */
  push(piece: Buffer, last: boolean): FoundToken[] {
    const known = this.#end.length;
    const bytes = known === 0 ? piece : Buffer.concat([this.#end, piece]);
    const found = mayHaveTokens(bytes) ? this.#tokensIn(bytes, known, last) : [];
    const kept = last ? 0 : Math.min(bytes.length, longest);
    this.#lines = last ? 0 : this.#lines + lineFeeds(bytes.subarray(0, bytes.length - kept));
    this.#end = Buffer.from(bytes.subarray(bytes.length - kept));
    return found;
  }

  #tokensIn(bytes: Buffer, known: number, last: boolean): FoundToken[] {
    // One character for each byte, so that offsets are the same and no byte is invalid.
    return findTokensInText(bytes.toString('latin1')).flatMap(({ token, offset }) => {
      const { kind } = tokenShape(token);
      if (kind === 'mistyped' || kind === 'unknown') return [];
      const end = offset + token.length;
      // What ends with the piece may go on in the next one, which decides. What ended before, the last one has decided.
      if ((end === bytes.length && !last) || end < known) return [];
      return [{ token, kind, line: this.#lines + lineFeeds(bytes.subarray(0, offset)) + 1 }];
    });
  }
}

/** Of every form of token, the 65 characters of base64 and `nxc_` with 36; and what tells that it has ended there. */
const longest = 80;

/**
 * Whether one of the three marks is in it that every token has (see findTokensInText). A piece has none most of the time,
 * and this is what takes the time. `Buffer.indexOf` looks for the first byte of what it searches with memchr, so that a
 * rare one makes it several times faster: in source code HJlYWQ, xc_ and xp_ take a fourth of what fHJlYWQ, nxc_ and
 * nxp_ take, and a regular expression for all three is slower than those (measured on typescript.js, Node 20).
 */
function mayHaveTokens(bytes: Buffer): boolean {
  return marks.some(({ first, rest }) => {
    for (let at = bytes.indexOf(rest); at !== -1; at = bytes.indexOf(rest, at + 1)) {
      if (bytes[at - 1] === first) return true;
    }
    return false;
  });
}

const marks = ['fHJlYWQ', 'nxc_', 'nxp_'].map((mark) => ({
  first: mark.charCodeAt(0),
  rest: Buffer.from(mark.slice(1)),
}));

function lineFeeds(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) count++;
  return count;
}
