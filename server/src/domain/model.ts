import type { AuditActorKind, AuditDetails } from '../../../src/protocol/audit-wire-types.js';
import type {
  AccessLevel,
  CiAccessLevel,
  MembershipSource,
  Role,
  WriterKind,
} from '../../../src/protocol/wire-types.js';

/** The things of access-model.md. Every time is in milliseconds since 1970 UTC; `null` means "never" or "none". */

/** Milliseconds since 1970 UTC. Injected, so that tests decide what time it is. */
export type Clock = () => number;

export interface User {
  id: string;
  /** Lower case; unique. */
  email: string;
  name: string;
  createdAt: number;
}

export interface Organization {
  id: string;
  slug: string;
  name: string;
  createdAt: number;
}

export interface Membership {
  userId: string;
  organizationId: string;
  role: Role;
  /** Who made it, and so who ends it: an operator or owner, the GitHub connection, or a group of the OIDC provider. */
  source: MembershipSource;
  createdAt: number;
  /** Since when it opens nothing, because whoever made it has not confirmed it for too long; `null` for one that holds. */
  suspendedAt: number | null;
}

/** Who somebody is elsewhere. */
export interface Identity {
  /** `https://github.com` or that of a GitHub Enterprise Server, or the issuer of an OpenID Connect provider. */
  issuer: string;
  /** What the issuer never gives to anybody else: GitHub's numeric user id, or `sub`. */
  subject: string;
  userId: string;
  /** How people recognize it, as of the last sign-in: GitHub's login, or an e-mail address. Decides nothing. */
  label: string;
  createdAt: number;
  /** `null`: linked, and not used since. */
  lastSignInAt: number | null;
  /** Encrypted. With it the server asks the provider whether the person may still sign in. */
  sealedRefreshToken: string | null;
  /** When the provider last said that the person may sign in. */
  checkedAt: number | null;
  /** When it was last asked, by a sign-in or by a check; a check begins by moving this on. */
  askedAt: number | null;
}

export interface AccessSettings {
  /** Personal access tokens and anonymous access exist for this workspace at all. */
  patOptIn: boolean;
  anonymousLevel: AccessLevel;
  patLevel: CiAccessLevel;
}

export interface Workspace extends AccessSettings {
  id: string;
  organizationId: string;
  name: string;
  /** 24 lower-case hex characters; unique; no secret. */
  nxCloudId: string;
  createdAt: number;
}

/** Made by `nx connect` for nobody in particular. Opens nothing until somebody claims it. */
export interface UnclaimedWorkspace {
  /** 24 lower-case hex characters; unique; it will be the workspace's. */
  nxCloudId: string;
  name: string;
  /** SHA-256 of what the link that claims it ends with; `null` until that has been handed out, which happens once. */
  claimCodeHash: string | null;
  /** Where `nx connect` was run. */
  ipAddress: string;
  createdAt: number;
}

export interface CiAccessToken {
  id: string;
  workspaceId: string;
  name: string;
  /** SHA-256, hex. */
  tokenHash: string;
  level: CiAccessLevel;
  /** Imported from another server: base64 of `<uuid>|<access>` instead of our own form. */
  legacy: boolean;
  createdAt: number;
  expiresAt: number | null;
  lastUsedAt: number | null;
  /** When a rotation put another in its place; it then works until its grace is over. */
  replacedAt: number | null;
}

export interface PersonalAccessToken {
  id: string;
  userId: string;
  name: string;
  tokenHash: string;
  createdAt: number;
  lastUsedAt: number | null;
  expiresAt: number | null;
  origin: TokenOrigin;
}

/** Where a personal access token was made. */
export interface TokenOrigin {
  client: string;
  hostName: string | null;
  ipAddress: string | null;
}

export type DeviceAuthorizationStatus = 'pending' | 'approved' | 'denied' | 'redeemed' | 'cancelled';

export interface DeviceAuthorization {
  id: string;
  deviceCodeHash: string;
  /** Eight characters without the dash. */
  userCode: string;
  clientId: string;
  tokenName: string | null;
  hostName: string | null;
  ipAddress: string | null;
  status: DeviceAuthorizationStatus;
  /** Who approved it. */
  userId: string | null;
  /** Seconds the client has to leave between two polls; grows with every `slow_down`. */
  intervalSeconds: number;
  lastPolledAt: number | null;
  createdAt: number;
  expiresAt: number;
}

export interface Session {
  sessionHash: string;
  userId: string;
  createdAt: number;
  lastSeenAt: number;
}

export interface Invitation {
  invitationHash: string;
  userId: string;
  createdAt: number;
  expiresAt: number;
  usedAt: number | null;
}

/** Who wrote an artifact, so that all that one of them wrote can be purged. `id` is `null` for anonymous. */
export interface Writer {
  kind: WriterKind;
  id: string | null;
}

/** Where an artifact is found. Of two that are published with one key, the first stays. */
export interface ArtifactKey {
  workspaceId: string;
  /** The text form of a `Scope`: see scope-name.ts. */
  scope: string;
  /** `^[A-Za-z0-9_-]{1,128}$` */
  hash: string;
}

export interface Artifact extends ArtifactKey {
  /** What the artifact store calls its bytes; never used twice. */
  blobId: string;
  /** Bytes. */
  size: number;
  writer: Writer;
  createdAt: number;
  /** When it was written, until it is first read. Kept to the minute or so: reads are written down in batches. */
  lastReadAt: number;
}

/** Something that somebody did, or was refused. Names are those of that time, and no secret is ever in here. */
export interface AuditEvent {
  /** Of two events of one moment the later one has the greater id. */
  id: string;
  at: number;
  /** An `AuditAction`, or one of another version that has written to the same database. */
  action: string;
  actor: { kind: AuditActorKind; id: string | null; name: string | null };
  /** `null` for what concerns a person alone, such as signing in. */
  organizationId: string | null;
  workspaceId: string | null;
  /** To what or whom it was done: a token's name, an e-mail address. */
  target: string | null;
  details: AuditDetails;
  ipAddress: string | null;
  requestId: string | null;
  /** How often, where many of a kind are written down together (refused access). */
  count: number;
}
