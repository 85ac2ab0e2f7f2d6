import { idleExpiry } from './personal-access-tokens.js';
import type { Database } from './repositories.js';

export type UsedTokenKind = 'ci-token' | 'personal';

/**
 * When tokens were used last, to the minute: kept in memory, and written down in one transaction every minute or so,
 * since each write costs a sync of the disk and makes everything that is remembered about access worthless.
 */
export interface TokenUse {
  note(kind: UsedTokenKind, tokenId: string, at: number): void;
  /** A use that is not written down yet. */
  unwritten(tokenId: string): number | undefined;
  /** Writes down what is new. When it throws, it may be tried again. */
  flush(): Promise<void>;
}

/** @param idleDays days without use until a personal access token expires; `null` for never */
export function createTokenUse(database: Database, idleDays: number | null): TokenUse {
  const uses = { 'ci-token': new Map<string, number>(), personal: new Map<string, number>() };
  return {
    note(kind, tokenId, at) {
      // The first in each interval: written down later than its token's expiry, a later one would come too late.
      if (!uses[kind].has(tokenId)) uses[kind].set(tokenId, at);
    },
    unwritten: (tokenId) => uses.personal.get(tokenId) ?? uses['ci-token'].get(tokenId),
    async flush() {
      const [ci, personal] = [[...uses['ci-token']], [...uses.personal]];
      if (ci.length + personal.length === 0) return;
      await database.transaction(async ({ ciAccessTokens, personalAccessTokens }) => {
        for (const [id, at] of ci) await ciAccessTokens.recordUse(id, at);
        for (const [id, at] of personal) {
          await personalAccessTokens.recordUse(id, { at, expiresAt: idleExpiry(at, idleDays) });
        }
      });
      for (const [id] of ci) uses['ci-token'].delete(id);
      for (const [id] of personal) uses.personal.delete(id);
    },
  };
}
