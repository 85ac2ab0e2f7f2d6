import { tokenShape } from '../../../src/protocol/tokens.js';
import { byUser, recordEvent, type Initiator, type RequestSource } from './audit-log.js';
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
  /** The same, with its entry in the audit log. @param repositories those of a transaction */
  issue(
    request: { user: Pick<User, 'id' | 'email'>; name: string; origin: TokenOrigin },
    initiator: Initiator,
    repositories: Repositories,
  ): Promise<{ secret: string; token: PersonalAccessToken }>;
  /** The person and the token; `null` when it is unknown, revoked or expired. Counts as a use. */
  authenticate(secret: string): Promise<{ user: User; token: PersonalAccessToken } | null>;
  /** The same without counting as a use. */
  inspect(secret: string): Promise<{ user: User; token: PersonalAccessToken } | null>;
  list(userId: string): Promise<PersonalAccessToken[]>;
  /** `false` when the user has no such token. */
  revoke(id: string, user: Pick<User, 'id' | 'email'>, initiator: Initiator): Promise<boolean>;
  /** Whoever has a token may end it. */
  revokeSecret(secret: string, source: RequestSource): Promise<void>;
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

  async function create(
    { userId, name, origin }: { userId: string; name: string; origin: TokenOrigin },
    { personalAccessTokens }: Repositories = database,
  ): Promise<{ secret: string; token: PersonalAccessToken }> {
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
    await personalAccessTokens.insert(token);
    return { secret, token };
  }

  async function remove(
    { token, user }: { token: PersonalAccessToken; user: Pick<User, 'id' | 'email'> },
    initiator: Initiator,
    repositories: Repositories,
  ): Promise<boolean> {
    if (!(await repositories.personalAccessTokens.remove(token.id, user.id))) return false;
    const event = { action: 'pat.revoked', target: token.name, details: { id: token.id, owner: user.email } } as const;
    await recordEvent(repositories, clock, initiator, event);
    return true;
  }

  return {
    create,

    async issue({ user, name, origin }, initiator, repositories) {
      const issued = await create({ userId: user.id, name, origin }, repositories);
      const details = { id: issued.token.id, owner: user.email, client: origin.client, hostName: origin.hostName };
      await recordEvent(repositories, clock, initiator, { action: 'pat.created', target: name, details });
      return issued;
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

    async revoke(id, user, initiator) {
      return await database.transaction(async (repositories) => {
        const tokens = await repositories.personalAccessTokens.ofUser(user.id, clock());
        const token = tokens.find((candidate) => candidate.id === id);
        return token !== undefined && (await remove({ token, user }, initiator, repositories));
      });
    },

    async revokeSecret(secret, source) {
      await database.transaction(async (repositories) => {
        const found = await repositories.personalAccessTokens.findByHash(hashSecret(secret));
        if (found !== null) await remove(found, byUser(found.user, source), repositories);
      });
    },
  };
}
