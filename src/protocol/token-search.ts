import { ownTokenLength, maskToken, tokenPrefixes, tokenShape } from './tokens.js';

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
  if (!mayHaveTokens(text)) return [];
  return [...ourRuns(text), ...matches(text, legacy)]
    .map(({ token, offset }) => ({ token: withoutWhatFollows(token), offset }))
    .filter(({ token }) => tokenShape(token).kind !== 'unknown')
    .sort((one, other) => one.offset - other.offset);
}

/**
 * The text with each of those masked, so that it can be shown; and with what still is a secret, though no token as it
 * stands: all letters and digits behind a prefix of ours, and a UUID of Nx Cloud whose padding is missing or encoded, as
 * in an address. By its place and not by its text: of two that stand without anything between them, the first one seems
 * to go on with the start of the second.
 */
export function maskTokensInText(text: string): string {
  if (!mayHaveTokens(text)) return text;
  const found = [...ourRuns(text), ...matches(text, legacyInAnyPadding)].sort((a, b) => a.offset - b.offset);
  let masked = '';
  let end = 0;
  for (const { token, offset } of found) {
    if (offset >= end) masked += text.slice(end, offset) + maskToken(token);
    end = Math.max(end, offset + token.length);
  }
  return masked + text.slice(end);
}

/** Most texts have none, and to look for what all tokens have takes 0.3 µs for an nx.json, the expressions below 12. */
function mayHaveTokens(text: string): boolean {
  return text.includes('fHJlYWQ') || text.includes(tokenPrefixes.personal) || text.includes(tokenPrefixes.ci);
}

/** Each on its own, and only looked ahead at: one may stand right behind what looks like another. */
function ourRuns(text: string): TokenInText[] {
  return [...text.matchAll(/nx[pc]_(?=([A-Za-z0-9]{20,}))/g)].map(({ 0: prefix, 1: run = '', index }) => ({
    token: prefix + run,
    offset: index,
  }));
}

const legacy = /[A-Za-z0-9+/]{48}fHJlYWQ(?:tb25seQ==|td3JpdGU=|=)/g;
const legacyInAnyPadding = /[A-Za-z0-9+/]{48}fHJlYWQ(?:tb25seQ|td3JpdGU)?(?:=|%3[Dd]){0,2}/g;

function matches(text: string, form: RegExp): TokenInText[] {
  return [...text.matchAll(form)].map(({ 0: token, index }) => ({ token, offset: index }));
}

/** A token of ours tells by its checksum that it ends there, whatever stands behind it. */
function withoutWhatFollows(run: string): string {
  const start = run.slice(0, ownTokenLength);
  const { kind } = tokenShape(start);
  return kind === 'ci' || kind === 'personal' ? start : run;
}
