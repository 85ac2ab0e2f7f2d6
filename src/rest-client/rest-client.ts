import type { CiTokenInfo, PersonalAccessTokenInfo, WhoAmI, WorkspaceAccess } from '../protocol/wire-types.js';

/**
 * The REST API of one nxkey server. Every answer is narrowed before it is returned; whatever goes wrong is a
 * `UserError` that names the server. Tokens travel in the `Authorization` header only.
 */
export interface RestClient {
  readonly serverUrl: string;

  /** @throws {AuthenticationRequired} when the server does not know the token, or no longer */
  whoAmI(personalAccessToken: string): Promise<WhoAmI>;

  /** The person's tokens. @throws {AuthenticationRequired} */
  listMyTokens(personalAccessToken: string): Promise<PersonalAccessTokenInfo[]>;

  /** The workspace of a CI access token. @throws {AuthenticationRequired} when the server does not know the token */
  ciToken(ciAccessToken: string, options?: RequestOptions): Promise<CiTokenInfo>;

  /** What the person (or, without a token, anybody) may do in a workspace; `null` when the server does not have it. */
  workspaceAccess(
    nxCloudId: string,
    personalAccessToken?: string,
    options?: RequestOptions,
  ): Promise<WorkspaceAccess | null>;
}

export interface RequestOptions {
  /** When an answer is of no use any more, in milliseconds. */
  timeoutMs?: number;
}
