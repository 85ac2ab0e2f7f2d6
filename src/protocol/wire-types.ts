/** JSON bodies of the REST API. Every timestamp is ISO 8601 in UTC; `null` means "never". */

export type AccessLevel = 'none' | 'read-only' | 'read-write';
export type CiAccessLevel = Exclude<AccessLevel, 'none'>;
export type Role = 'owner' | 'admin' | 'member';

/** `GET /api/v1/me`, with a personal access token. */
export interface WhoAmI {
  user: { id: string; name: string; email: string };
  /** The token that made the request. */
  token: PersonalAccessTokenInfo;
  organizations: { slug: string; name: string; role: Role }[];
}

/** An element of `GET /api/v1/me/tokens`. The token itself is never sent again. */
export interface PersonalAccessTokenInfo {
  id: string;
  name: string;
  createdAt: string;
  lastUsedAt: string | null;
  expiresAt: string | null;
  /** Where it was made. */
  origin: { client: string; hostName: string | null; ipAddress: string | null };
}

/** `GET /api/v1/me/tokens`. */
export interface PersonalAccessTokenList {
  tokens: PersonalAccessTokenInfo[];
}

/** `GET /api/v1/ci-token`, with a CI access token (also a legacy one) as the bearer token. */
export interface CiTokenInfo {
  nxCloudId: string;
  accessLevel: CiAccessLevel;
  workspace: { name: string };
  organization: { slug: string; name: string };
}

/** `GET /api/v1/workspaces/{nxCloudId}/access`, with a personal access token or anonymously. */
export interface WorkspaceAccess {
  nxCloudId: string;
  level: AccessLevel;
  /** A sentence for people: why that level. */
  because: string;
}

/** Every error of the REST API: `application/problem+json` (RFC 9457). */
export interface Problem {
  type: string;
  title: string;
  status: number;
  /** A sentence that says what happened and to what. */
  detail: string;
  /** Names the field that was wrong, as a JSON pointer or a parameter's name. */
  errors?: { field: string; detail: string }[];
  /** Same as the `x-request-id` header. */
  requestId: string;
}
