import { newId, newToken, hashSecret } from '../../server/src/domain/secrets.js';
import type { CiAccessToken, PersonalAccessToken } from '../../server/src/domain/model.js';

/** A token as the database keeps it, and its secret, which only the benchmark knows. */
export interface Seeded<Token> {
  secret: string;
  row: Token;
}

export function seedCiToken(workspaceId: string): Seeded<CiAccessToken> {
  const secret = newToken('ci');
  return {
    secret,
    row: {
      id: newId(),
      workspaceId,
      name: 'bench',
      tokenHash: hashSecret(secret),
      level: 'read-write',
      legacy: false,
      createdAt: Date.now(),
      expiresAt: null,
      lastUsedAt: null,
      replacedAt: null,
    },
  };
}

export function seedPersonalToken(userId: string): Seeded<PersonalAccessToken> {
  const secret = newToken('personal');
  return {
    secret,
    row: {
      id: newId(),
      userId,
      name: 'bench',
      tokenHash: hashSecret(secret),
      createdAt: Date.now(),
      lastUsedAt: null,
      expiresAt: null,
      origin: { client: 'bench', hostName: null, ipAddress: null },
    },
  };
}
