import { createHash } from 'node:crypto';
import type { Scope } from './decide-access.js';

/** The trusted scope, as artifacts are kept by it. */
export const trustedScope = 'trusted';

/** All isolated scopes begin with it. */
export const isolatedPrefix = 'isolated/';

/**
 * A scope as artifacts are kept by it: `trusted`, or `isolated/<token id>` with a digest of the branch where the client
 * names one. A digest, since a branch may have any name of any length, and only has to be told from others.
 */
export function scopeName(scope: Scope, branch: string | null): string {
  if (scope.kind === 'trusted') return trustedScope;
  const token = isolatedPrefix + scope.tokenId;
  return branch === null ? token : `${token}/${createHash('sha256').update(branch).digest('hex').slice(0, 32)}`;
}
