import { UsageError } from '../errors.js';
import type { AccessToken } from '../nx-workspace/access-tokens.js';
import type { ServerUrlSetting } from '../nx-workspace/configuration.js';
import type { AccessLevel } from '../protocol/wire-types.js';

/** The access tokens of a workspace, at least one, whose ids are asked for. */
export interface IdRequest {
  /** The workspace's root, absolute and without links. */
  workspace: string;
  tokens: readonly TokenInFile[];
  /** What nx.json names. */
  serverUrls: readonly ServerUrlSetting[];
}

export interface TokenInFile {
  accessToken: AccessToken;
  /** As messages have it. */
  file: string;
}

export interface Ids {
  /** Of each token that was asked for. */
  idOf: (token: string) => string;
  /** What the server lets anybody do who knows an id; `undefined` when it was not asked or did not say. */
  anonymousLevel: AccessLevel | undefined;
  /** A person has given the id for this very workspace, rather than that its token was asked for. */
  isNamed: boolean;
}

/**
 * Where the ids come from: a flag, a file, a server.
 * @throws {UserError} that says that nx.json was not changed, and why
 */
export type IdSource = (request: IdRequest) => Promise<Ids>;

/** @param ids by token */
export function knownIds(
  ids: ReadonlyMap<string, string>,
  { anonymousLevel, isNamed = false }: Partial<Omit<Ids, 'idOf'>> = {},
): Ids {
  return {
    idOf(token) {
      const nxCloudId = ids.get(token);
      if (nxCloudId === undefined) throw new Error('The id of a token is needed that nobody has asked for.');
      return nxCloudId;
    },
    anonymousLevel,
    isNamed,
  };
}

export const noIds = knownIds(new Map());

/** One id for the one token of one workspace; nobody checks that they belong together. */
export function givenId(nxCloudId: string): IdSource {
  return ({ tokens }) => {
    if (differentTokens(tokens) > 1) {
      throw new UsageError(`nx.json has ${severalTokens(tokens)}, and --nx-cloud-id gives one id.`, {
        remedy: 'Leave --nx-cloud-id out, so that the server is asked for each.',
      });
    }
    const ids = new Map(tokens.map(({ accessToken }) => [accessToken.token, nxCloudId]));
    return Promise.resolve(knownIds(ids, { isNamed: true }));
  };
}

export function differentTokens(tokens: readonly Pick<TokenInFile, 'accessToken'>[]): number {
  return new Set(tokens.map(({ accessToken }) => accessToken.token)).size;
}

/** `2 different access tokens (1:25, 2:66)`, by line and column. */
export function severalTokens(tokens: readonly Pick<TokenInFile, 'accessToken'>[]): string {
  const places = tokens.map(({ accessToken: { line, column } }) => `${line}:${column}`).join(', ');
  return `${differentTokens(tokens)} different access tokens (${places})`;
}
