import { findAccessTokens } from '../../src/nx-workspace/access-tokens.js';
import { parseNxJson } from '../../src/nx-workspace/nx-json.js';
import { rewriteNxJson, type Edit } from '../../src/nx-workspace/rewrite.js';
import { formatToken } from '../../src/protocol/tokens.js';
import { recordToken } from '../support/ledger.js';

/** Tokens of the forms that are converted; each is of a workspace of its own. */
export const readWriteToken = btoa('5b0e4c1d-3f2a-4e6b-8c7d-9a8b7c6d5e4f|read-write');
export const readToken = btoa('6f1c2a9e-0b7d-4c55-9a31-5d2f8e7b4c10|read');
export const ciToken = formatToken('ci', 'abcdefghij0123456789ABCDEFGHIJ');
export const personalToken = formatToken('personal', 'abcdefghij0123456789ABCDEFGHIJ');
for (const token of [readWriteToken, readToken, ciToken, personalToken]) recordToken(token);

export const idOf: Readonly<Record<string, string>> = {
  [readWriteToken]: '63f1a2b3c4d5e6f708192a3b',
  [readToken]: '0123456789abcdef01234567',
  [ciToken]: 'aaaabbbbccccddddeeeeffff',
};

export const idOfUnknownToken = '0'.repeat(24);

/** The whole conversion, without files and server. */
export function convertText(text: string): { text: string; edits: Edit[]; tokens: string[] } {
  const accessTokens = findAccessTokens(parseNxJson(text));
  const replacements = accessTokens.map((accessToken) => ({
    accessToken,
    nxCloudId: idOf[accessToken.token] ?? idOfUnknownToken,
  }));
  return { ...rewriteNxJson(text, replacements), tokens: accessTokens.map(({ token }) => token) };
}
