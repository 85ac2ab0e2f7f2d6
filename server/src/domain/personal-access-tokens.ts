import { tokenShape } from '../../../src/protocol/tokens.js';
import type { Clock, PersonalAccessToken, TokenOrigin, User } from './model.js';
import type { Database, Repositories } from './repositories.js';
import { hashSecret, newId, newToken } from './secrets.js';

const day = 24 * 60 * 60 * 1000;

/** Days without use after which a token stops working, unless the server is told otherwise. */
export const defaultTokenIdleDays = 90;

/**
 * Use is written down at most this often, so that a build with a thousand cache reads makes one write. The expiry is
 * at most this much too early, which nobody notices in 90 days.
 */
const recordUseEveryMs = 60_000;

/** When a token expires that was used at `time` for the last time. @param idleDays `null` for never */
export function idleExpiry(time: number, idleDays: number | null): number | null {
  return idleDays === null ? null : time + idleDays * day;
}

export interface PersonalAccessTokens {
  /** @param repositories those of a transaction that the token belongs to */
  create(
    request: { userId: string; name: string; origin: TokenOrigin },
    repositories?: Repositories,
  ): Promise<{ secret: string; token: PersonalAccessToken }>;
  /** The person and the token; `null` when it is unknown, revoked or expired. Counts as a use. */
  authenticate(secret: string): Promise<{ user: User; token: PersonalAccessToken } | null>;
  /** The same without counting as a use. */
  inspect(secret: string): Promise<{ user: User; token: PersonalAccessToken } | null>;
  list(userId: string): Promise<PersonalAccessToken[]>;
  /** `false` when the user has no such token. */
  revoke(id: string, userId: string): Promise<boolean>;
  revokeSecret(secret: string): Promise<void>;
}

/** @param idleDays days without use until a token expires; `null` for never */
export function createPersonalAccessTokens(
  database: Database,
  clock: Clock,
  idleDays: number | null,
): PersonalAccessTokens {
  const expiryAfter = (time: number) => idleExpiry(time, idleDays);

  async function inspect(secret: string): Promise<{ user: User; token: PersonalAccessToken } | null> {
    // Typos, and whatever else is no token of ours, never reach the database.
    if (tokenShape(secret).kind !== 'personal') return null;
    const found = await database.personalAccessTokens.findByHash(hashSecret(secret));
    if (found === null) return null;
    const { expiresAt } = found.token;
    return expiresAt !== null && expiresAt <= clock() ? null : found;
  }

  return {
    async create({ userId, name, origin }, repositories = database) {
      const now = clock();
      const secret = newToken('personal');
      const token: PersonalAccessToken = {
        id: newId(),
        userId,
        name,
        tokenHash: hashSecret(secret),
        createdAt: now,
        lastUsedAt: null,
        expiresAt: expiryAfter(now),
        origin,
      };
      await repositories.personalAccessTokens.insert(token);
      return { secret, token };
    },

    inspect,

    async authenticate(secret) {
      const found = await inspect(secret);
      if (found === null) return null;
      const { user, token } = found;
      const now = clock();
      if (token.lastUsedAt !== null && now - token.lastUsedAt < recordUseEveryMs) return found;
      const use = { at: now, expiresAt: expiryAfter(now) };
      await database.personalAccessTokens.recordUse(token.id, use);
      return { user, token: { ...token, lastUsedAt: use.at, expiresAt: use.expiresAt } };
    },

    list: (userId) => database.personalAccessTokens.ofUser(userId, clock()),
    revoke: (id, userId) => database.personalAccessTokens.remove(id, userId),

    async revokeSecret(secret) {
      await database.personalAccessTokens.removeByHash(hashSecret(secret));
    },
  };
}
