import { tokenShape } from '../../../src/protocol/tokens.js';
import type { CiAccessLevel } from '../../../src/protocol/wire-types.js';
import type { CiAccessToken, Clock } from './model.js';
import type { Database, WorkspaceWithOrganization } from './repositories.js';
import { hashSecret, newId, newToken } from './secrets.js';

export type KnownCiAccessToken = WorkspaceWithOrganization & { token: CiAccessToken };

export interface CiAccessTokens {
  create(request: {
    workspaceId: string;
    name: string;
    level: CiAccessLevel;
  }): Promise<{ secret: string; token: CiAccessToken }>;
  /**
   * Takes over a committed token from another server, with the access it says it has, so that the repositories that
   * hold it can be converted. `known`: this very token is here already.
   */
  importLegacy(request: {
    workspaceId: string;
    name: string;
    secret: string;
  }): Promise<{ kind: 'imported'; level: CiAccessLevel } | { kind: 'not-legacy' } | { kind: 'known' }>;
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
    };
  }

  return {
    async create({ workspaceId, name, level }) {
      const secret = newToken('ci');
      const token = entry(workspaceId, name, secret, level);
      await database.ciAccessTokens.insert(token);
      return { secret, token };
    },

    async importLegacy({ workspaceId, name, secret }) {
      const shape = tokenShape(secret);
      if (shape.kind !== 'legacy-ci') return { kind: 'not-legacy' };
      const token = { ...entry(workspaceId, name, secret, shape.accessLevel), legacy: true };
      return (await database.ciAccessTokens.insert(token))
        ? { kind: 'imported', level: shape.accessLevel }
        : { kind: 'known' };
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
