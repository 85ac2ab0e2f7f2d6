import { idleExpiry } from './personal-access-tokens.js';
import type { Database } from './repositories.js';

export type UsedTokenKind = 'ci-token' | 'personal';

/**
 * When tokens were used last: kept in memory, and written down in one transaction every minute or so, since each write
 * costs a sync of the disk and makes everything that is remembered about access worthless.
 */
export interface TokenUse {
  note(kind: UsedTokenKind, tokenId: string, at: number): void;
  /** The last use that is not written down yet. */
  lastUse(tokenId: string): number | undefined;
  /** Writes down what is new. When it throws, it may be tried again. */
  flush(): Promise<void>;
}

/** @param idleDays days without use until a personal access token expires; `null` for never */
export function createTokenUse(database: Database, idleDays: number | null): TokenUse {
  const uses = { 'ci-token': new Map<string, number>(), personal: new Map<string, number>() };
  return {
    note(kind, tokenId, at) {
      uses[kind].set(tokenId, at);
    },
    lastUse: (tokenId) => uses.personal.get(tokenId) ?? uses['ci-token'].get(tokenId),
    async flush() {
      const [ci, personal] = [[...uses['ci-token']], [...uses.personal]];
      if (ci.length + personal.length === 0) return;
      await database.transaction(async ({ ciAccessTokens, personalAccessTokens }) => {
        for (const [id, at] of ci) await ciAccessTokens.recordUse(id, at);
        for (const [id, at] of personal) {
          await personalAccessTokens.recordUse(id, { at, expiresAt: idleExpiry(at, idleDays) });
        }
      });
      // A token may have been used again meanwhile.
      for (const [id, at] of ci) if (uses['ci-token'].get(id) === at) uses['ci-token'].delete(id);
      for (const [id, at] of personal) if (uses.personal.get(id) === at) uses.personal.delete(id);
    },
  };
}
