import { stripVTControlCharacters } from 'node:util';

/**
 * Text that somebody else wrote, fit for a terminal and a one-line message: no escape sequences, control characters,
 * line breaks or invisible characters (bidirectional overrides can make an address read as another one), and at most
 * `max` characters. The joiners U+200C and U+200D stay, since names in some scripts, and emoji, are spelled with them.
 */
export function printable(text: string, max = 200): string {
  // Cut before cleaning too: a megabyte of somebody's text is not worth a regular expression's time.
  const clean = stripVTControlCharacters(text.slice(0, max * 8))
    .replace(/(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim();
  // By code point, so that no emoji is cut in half.
  const characters = Array.from(clean);
  return characters.length <= max ? clean : `${characters.slice(0, max - 1).join('')}…`;
}
