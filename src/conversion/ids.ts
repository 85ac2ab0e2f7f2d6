import { UsageError } from '../errors.js';
import type { AccessToken } from '../nx-workspace/access-tokens.js';
import type { ServerUrlSetting } from '../nx-workspace/configuration.js';
import type { Replacement } from '../nx-workspace/rewrite.js';
import type { AccessLevel } from '../protocol/wire-types.js';

/** The access tokens of a workspace, at least one, whose ids are asked for. */
export interface IdRequest {
  /** The workspace's root. */
  workspace: string;
  accessTokens: readonly AccessToken[];
  /** What nx.json names. */
  serverUrls: readonly ServerUrlSetting[];
  /** nx.json's path, for messages. */
  file: string;
}

export interface Ids {
  replacements: Replacement[];
  /** What the server lets anybody do who knows an id; `undefined` when it was not asked or did not say. */
  anonymousLevel: AccessLevel | undefined;
}

export const noIds: Ids = { replacements: [], anonymousLevel: undefined };

/**
 * Where the ids come from: a flag, a file, a server.
 * @throws {UserError} that says that nx.json was not changed, and why
 */
export type IdSource = (request: IdRequest) => Promise<Ids>;

/** One id for the one token of one workspace; nobody checks that they belong together. */
export function givenId(nxCloudId: string): IdSource {
  return ({ accessTokens }) => {
    if (differentTokens(accessTokens) > 1) {
      throw new UsageError(`nx.json has ${severalTokens(accessTokens)}, and --nx-cloud-id gives one id.`, {
        remedy: 'Leave --nx-cloud-id out, so that the server is asked for each.',
      });
    }
    const replacements = accessTokens.map((accessToken) => ({ accessToken, nxCloudId }));
    return Promise.resolve({ replacements, anonymousLevel: undefined });
  };
}

export function differentTokens(accessTokens: readonly AccessToken[]): number {
  return new Set(accessTokens.map(({ token }) => token)).size;
}

/** `2 different access tokens (1:25, 2:66)`, by line and column. */
export function severalTokens(accessTokens: readonly AccessToken[]): string {
  const places = accessTokens.map(({ line, column }) => `${line}:${column}`).join(', ');
  return `${differentTokens(accessTokens)} different access tokens (${places})`;
}
