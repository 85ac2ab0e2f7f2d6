import { positionsIn } from '../nx-workspace/nx-json.js';
import { findTokensInText } from '../protocol/token-search.js';
import { maskToken } from '../protocol/tokens.js';
import type { CiToken } from './ci-file.js';

/**
 * Tokens in the text of a CI file: whatever has the form of one, anywhere, and whatever is given to Nx as its token without
 * being a reference to a secret. References have a `$`, or are `credentials('…')` in Jenkins.
 */
export function tokensInCiFile(text: string): CiToken[] {
  const given = /\bNX_CLOUD_(?:ACCESS|AUTH)_TOKEN\b["']?[ \t]*[:=][ \t]*["']?([A-Za-z0-9+/=_-]{16,})(?![(\w])/g;
  const found = new Map(findTokensInText(text).map(({ token, offset }) => [offset, token]));
  for (const match of text.matchAll(given)) {
    const token = match[1] ?? '';
    // The name of a secret rather than its value: Jenkins ids, variables of another name.
    if (/^[A-Z_]+$|^[a-z_-]+$/.test(token)) continue;
    const offset = match.index + match[0].length - token.length;
    if (!found.has(offset)) found.set(offset, token);
  }
  const places = positionsIn(text);
  return [...found]
    .sort(([a], [b]) => a - b)
    .map(([offset, token]) => ({ ...places(offset), masked: maskToken(token) }));
}
