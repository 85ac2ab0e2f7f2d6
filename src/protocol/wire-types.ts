/** JSON bodies of the REST API. Every timestamp is ISO 8601 in UTC; `null` means "never". */

export type AccessLevel = 'none' | 'read-only' | 'read-write';
export type CiAccessLevel = Exclude<AccessLevel, 'none'>;
export type Role = 'owner' | 'admin' | 'member';

export const membershipSources = ['manual', 'github', 'oidc'] as const;
export type MembershipSource = (typeof membershipSources)[number];

/** `GET /api/v1/me`, with a personal access token. */
export interface WhoAmI {
  user: { id: string; name: string; email: string };
  /** The token that made the request. */
  token: PersonalAccessTokenInfo;
  /** `warnings`: as in `OrganizationInfo`. */
  organizations: { slug: string; name: string; role: Role; warnings: string[] }[];
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
  /** `false` for a workspace that nobody has claimed: `because` says what to do, and no login changes it. */
  claimed?: false;
}

export const presetNames = ['default', 'recommended', 'open-source'] as const;
export type PresetName = (typeof presetNames)[number];

/** `GET /api/v1/organizations`: those that I am a member of. */
export interface OrganizationList {
  organizations: OrganizationInfo[];
}

/** `GET /api/v1/organizations/{slug}`. */
export interface OrganizationInfo {
  slug: string;
  name: string;
  /** Mine. */
  role: Role;
  members: number;
  workspaces: number;
  /** What owners have to know and perhaps do, as sentences; for admins, that there is no owner; for everybody else none. */
  warnings: string[];
  createdAt: string;
}

/** `POST /api/v1/organizations`, for owners of another one. */
export interface NewOrganization {
  slug: string;
  name?: string;
}

/** `GET /api/v1/organizations/{slug}/members`. */
export interface MemberList {
  members: MemberInfo[];
}

export interface MemberInfo {
  user: { id: string; name: string; email: string };
  role: Role;
  /** Who made the membership, and so who ends it. */
  source: MembershipSource;
  since: string;
  /** Since when the membership opens nothing, because its source has not confirmed it for too long. */
  suspendedAt: string | null;
  /** Can sign in; otherwise the person has not used the invitation yet. */
  active: boolean;
}

/** `POST /api/v1/organizations/{slug}/members`. */
export interface NewMember {
  email: string;
  /** Default: what stands before the @. Used only for somebody who is new to the server. */
  name?: string;
  /** Default: member. */
  role?: Role;
}

/** Its answer. */
export interface AddedMember {
  member: MemberInfo;
  /** The link with which the person chooses a password, shown once; `null` for somebody who can sign in already. */
  invitation: { url: string; expiresAt: string } | null;
}

/** `PATCH /api/v1/organizations/{slug}/members/{userId}`. */
export interface MemberChange {
  role: Role;
}

/** `GET /api/v1/organizations/{slug}/workspaces`. */
export interface WorkspaceList {
  workspaces: WorkspaceInfo[];
}

/** `GET /api/v1/workspaces/{nxCloudId}`, for members of its organization. */
export interface WorkspaceInfo {
  nxCloudId: string;
  name: string;
  organization: { slug: string; name: string };
  access: AccessSettingsInfo;
  /** A sentence for people when the cache is open to whoever knows the nxCloudId; show it wherever access is chosen. */
  warning: string | null;
  createdAt: string;
}

export interface AccessSettingsInfo {
  /** Personal access tokens and anonymous access exist for the workspace at all. */
  patOptIn: boolean;
  anonymousLevel: AccessLevel;
  patLevel: CiAccessLevel;
}

/** `POST /api/v1/organizations/{slug}/workspaces`. */
export interface NewWorkspace {
  name: string;
  /** Default: recommended. */
  preset?: PresetName;
}

/** `PATCH /api/v1/workspaces/{nxCloudId}`: what is given, over the preset, over what stood before. */
export interface WorkspaceChange extends Partial<AccessSettingsInfo> {
  name?: string;
  preset?: PresetName;
}

/** `GET /api/v1/workspaces/{nxCloudId}/ci-tokens`. */
export interface CiAccessTokenList {
  tokens: CiAccessTokenInfo[];
}

export interface CiAccessTokenInfo {
  id: string;
  name: string;
  accessLevel: CiAccessLevel;
  /** Imported in the form base64(`<uuid>|<access>`). */
  legacy: boolean;
  createdAt: string;
  /** An expired one is listed until it is revoked. */
  expiresAt: string | null;
  lastUsedAt: string | null;
  /** Of the token's text, in lower-case hex: who has a token finds it here by that, and nobody makes a token of it. */
  sha256: string;
}

/** `POST /api/v1/workspaces/{nxCloudId}/ci-tokens`. */
export interface NewCiAccessToken {
  name: string;
  accessLevel: CiAccessLevel;
  /** Default: never. */
  expiresAt?: string | null;
}

/** `POST /api/v1/workspaces/{nxCloudId}/ci-tokens/import`; answers with a `CiAccessTokenInfo`. */
export interface ImportedCiAccessToken {
  name: string;
  token: string;
}

/** `PATCH /api/v1/workspaces/{nxCloudId}/ci-tokens/{id}`; answers with a `CiAccessTokenInfo`. */
export interface CiAccessTokenChange {
  name?: string;
  /** It ends after so many seconds, and never later than it would have; 0 ends it at once. At most 30 days. */
  graceSeconds?: number;
}

/** `POST /api/v1/workspaces/{nxCloudId}/ci-tokens/{id}/rotate`. */
export interface CiAccessTokenRotation {
  /** How long the old secret goes on working, in seconds; 0 ends it at once. At most 30 days. */
  graceSeconds: number;
}

/** The answer to a new and to a rotated CI access token. */
export interface CreatedCiAccessToken {
  /** The secret; never sent again. */
  token: string;
  info: CiAccessTokenInfo;
  /** After a rotation: the old one, which ends when its grace is over; `null` when it has ended already. */
  previous: CiAccessTokenInfo | null;
}

export const writerKinds = ['ci-token', 'user', 'anonymous'] as const;
export type WriterKind = (typeof writerKinds)[number];

/** `GET /api/v1/workspaces/{nxCloudId}/cache`. Sizes are bytes. */
export interface CacheStats {
  artifacts: number;
  bytes: number;
  /** What everybody with access reads, and what read-only CI access tokens keep to themselves. */
  scopes: { trusted: CacheUsage; isolated: CacheUsage };
  /** By whom it was written; most bytes first. */
  writers: WriterUsage[];
  oldestWrittenAt: string | null;
  lastReadAt: string | null;
}

export interface CacheUsage {
  artifacts: number;
  bytes: number;
}

export interface WriterUsage extends CacheUsage {
  /** `name`: the token's name or the person's e-mail address, while the server knows them. */
  writer: { kind: WriterKind; id: string | null; name: string | null };
  lastWrittenAt: string;
}

/** `POST /api/v1/workspaces/{nxCloudId}/cache/purge`: exactly one of them. */
export type CachePurge =
  { all: true } | { hash: string } | { scope: 'isolated' } | { writer: { kind: WriterKind; id: string | null } };

/** Its answer: what is gone. */
export type CachePurged = CacheUsage;

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
