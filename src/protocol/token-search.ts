import { maskToken, tokenShape } from './tokens.js';

export interface TokenInText {
  token: string;
  /** Where it starts, in the text. */
  offset: number;
}

/**
 * What has the form of a token anywhere in a text: in comments, in other settings, twice. Written with escapes it is
 * not seen. Looks for our own prefixes (also with a wrong checksum: most of a secret is one, too), and for the base64 of
 * `<uuid>|read…`: a UUID's 36 characters are 48 of base64, so that what follows always starts with `fHJlYWQ`.
 */
export function findTokensInText(text: string): TokenInText[] {
  return forms
    .flatMap((form) => [...text.matchAll(form)])
    .map((match) => ({ token: match[0] + (match[1] ?? ''), offset: match.index }))
    .filter(({ token }) => tokenShape(token).kind !== 'unknown')
    .sort((one, other) => one.offset - other.offset);
}

/** Each on its own, and ours only looked ahead at: one may stand right behind what looks like another. */
const forms = [/nx[pc]_(?=([A-Za-z0-9]{20,}))/g, /[A-Za-z0-9+/]{48}fHJlYWQ(?:tb25seQ==|td3JpdGU=|=)/g];

/** The text with each of those masked, so that it can be shown. */
export function maskTokensInText(text: string): string {
  return findTokensInText(text).reduce((masked, { token }) => masked.replaceAll(token, maskToken(token)), text);
}
