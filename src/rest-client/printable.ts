import { stripVTControlCharacters } from 'node:util';
import { maskTokensInText } from '../protocol/token-search.js';

/**
 * Text that somebody else wrote, fit for a terminal and a one-line message: no escape sequences, control characters,
 * line breaks or invisible characters (bidirectional overrides can make an address read as another one), and at most
 * `max` characters. The joiners U+200C and U+200D stay, since names in some scripts, and emoji, are spelled with them.
 * Tokens are masked: a server, or a proxy in front of it, may repeat what it was sent.
 */
export function printable(text: string, max = 200): string {
  // Cut before cleaning too: a megabyte of somebody's text is not worth a regular expression's time. Never within what
  // may be a token, of which the first half would not be recognized.
  const cut = max * 8 + 80;
  const start = text.length > cut ? text.slice(0, cut).replace(/[\w+/=%]{1,80}$/, '') : text;
  const plain = isPlain.test(start)
    ? start
    : stripVTControlCharacters(start)
        .replace(/(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\s]+/gu, ' ')
        .trim();
  const clean = maskTokensInText(plain);
  // By code point, so that no emoji is cut in half.
  const characters = Array.from(clean);
  return characters.length <= max ? clean : `${characters.slice(0, max - 1).join('')}…`;
}

/** Words in ASCII, as nearly every text is: to make the other expression ready takes 3 ms. */
const isPlain = /^(?:[!-~]+(?: [!-~]+)*)?$/;

/**
 * The same for a text of ours in which names and lines of somebody else's stand, of whatever length: line breaks and
 * indentation stay. What is taken out leaves a mark, since it may be why the text looks odd.
 */
export function printableLines(text: string): string {
  const plain = stripVTControlCharacters(text)
    .replaceAll('\r\n', '\n')
    .replace(/(?!\u200c|\u200d|\ufeff|\n|\t)[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]+/gu, '\ufffd');
  return maskTokensInText(plain);
}
