import { tokenShape } from '../../../src/protocol/tokens.js';
import type { CiAccessLevel } from '../../../src/protocol/wire-types.js';
import type { CiAccessToken, Clock } from './model.js';
import type { Database, Repositories, WorkspaceWithOrganization } from './repositories.js';
import { hashSecret, newId, newToken } from './secrets.js';

export type KnownCiAccessToken = WorkspaceWithOrganization & { token: CiAccessToken };

export interface CiAccessTokens {
  /** @param repositories those of a transaction that the token belongs to */
  create(
    request: { workspaceId: string; name: string; level: CiAccessLevel; expiresAt?: number | null },
    repositories?: Repositories,
  ): Promise<{ secret: string; token: CiAccessToken }>;
  /**
   * Takes over a committed token from another server, with the access it says it has, so that the repositories that
   * hold it can be converted. `known`: this very token is here already.
   */
  importLegacy(
    request: { workspaceId: string; name: string; secret: string },
    repositories?: Repositories,
  ): Promise<{ kind: 'imported'; token: CiAccessToken } | { kind: 'not-legacy' } | { kind: 'known' }>;
  /** `null` when it is unknown, revoked or expired. */
  authenticate(secret: string): Promise<KnownCiAccessToken | null>;
}

export function createCiAccessTokens(database: Database, clock: Clock): CiAccessTokens {
  function entry(workspaceId: string, name: string, secret: string, level: CiAccessLevel): CiAccessToken {
    return {
      id: newId(),
      workspaceId,
      name,
      tokenHash: hashSecret(secret),
      level,
      legacy: false,
      createdAt: clock(),
      expiresAt: null,
      lastUsedAt: null,
      replacedAt: null,
    };
  }

  return {
    async create({ workspaceId, name, level, expiresAt = null }, repositories = database) {
      const secret = newToken('ci');
      const token = { ...entry(workspaceId, name, secret, level), expiresAt };
      await repositories.ciAccessTokens.insert(token);
      return { secret, token };
    },

    async importLegacy({ workspaceId, name, secret }, repositories = database) {
      const shape = tokenShape(secret);
      if (shape.kind !== 'legacy-ci') return { kind: 'not-legacy' };
      const token = { ...entry(workspaceId, name, secret, shape.accessLevel), legacy: true };
      return (await repositories.ciAccessTokens.insert(token)) ? { kind: 'imported', token } : { kind: 'known' };
    },

    async authenticate(secret) {
      const { kind } = tokenShape(secret);
      if (kind !== 'ci' && kind !== 'legacy-ci') return null;
      const found = await database.ciAccessTokens.findByHash(hashSecret(secret));
      if (found === null) return null;
      const { expiresAt } = found.token;
      return expiresAt !== null && expiresAt <= clock() ? null : found;
    },
  };
}
