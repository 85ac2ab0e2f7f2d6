import type { AuditActorKind } from '../../../src/protocol/audit-wire-types.js';
import type { GithubInstallationState } from '../../../src/protocol/github-wire-types.js';
import type {
  AccessLevel,
  CiAccessLevel,
  MembershipSource,
  Role,
  WriterKind,
} from '../../../src/protocol/wire-types.js';
import type { DeviceAuthorizationStatus } from '../domain/model.js';

/**
 * The tables as queries see them; kysely's CamelCasePlugin turns the names into snake_case columns. Only what SQLite
 * and PostgreSQL have in common: ids as text, times as integer milliseconds, booleans as 0 and 1.
 */
export interface Tables {
  users: { id: string; email: string; name: string; createdAt: number };
  passwordCredentials: { userId: string; passwordHash: string; updatedAt: number };
  organizations: { id: string; slug: string; name: string; createdAt: number };
  memberships: {
    userId: string;
    organizationId: string;
    role: Role;
    source: MembershipSource;
    createdAt: number;
    suspendedAt: number | null;
  };
  identities: {
    issuer: string;
    subject: string;
    userId: string;
    label: string;
    createdAt: number;
    lastSignInAt: number | null;
    sealedRefreshToken: string | null;
    checkedAt: number | null;
    askedAt: number | null;
  };
  githubConnections: {
    organizationId: string;
    issuer: string;
    githubOrganizationId: string;
    login: string;
    installationId: string;
    installationState: GithubInstallationState;
    adminRole: Role;
    createdAt: number;
    confirmedAt: number | null;
    problem: string | null;
    problemAt: number | null;
    heldAt: number | null;
  };
  githubTeamRoles: { organizationId: string; teamId: string; slug: string; role: Role };
  githubMembers: {
    organizationId: string;
    githubUserId: string;
    login: string;
    isAdmin: 0 | 1;
    isPresent: 0 | 1;
    isHeld: 0 | 1;
    observedAt: number;
  };
  githubTeamMembers: {
    organizationId: string;
    teamId: string;
    githubUserId: string;
    isPresent: 0 | 1;
    observedAt: number;
  };
  /** `content`: the JSON of what the page had, by the name of the list and the page's number. */
  githubPages: { organizationId: string; list: string; page: number; etag: string; content: string };
  githubChecks: {
    organizationId: string;
    githubUserId: string;
    login: string;
    cause: string;
    attempts: number;
    queuedAt: number;
    dueAt: number;
  };
  githubDeliveries: { deliveryId: string; receivedAt: number };
  workspaces: {
    id: string;
    organizationId: string;
    name: string;
    nxCloudId: string;
    patOptIn: 0 | 1;
    anonymousLevel: AccessLevel;
    patLevel: CiAccessLevel;
    createdAt: number;
  };
  unclaimedWorkspaces: {
    nxCloudId: string;
    name: string;
    claimCodeHash: string | null;
    ipAddress: string;
    createdAt: number;
  };
  ciAccessTokens: {
    id: string;
    workspaceId: string;
    name: string;
    tokenHash: string;
    level: CiAccessLevel;
    legacy: 0 | 1;
    createdAt: number;
    expiresAt: number | null;
    lastUsedAt: number | null;
    replacedAt: number | null;
  };
  personalAccessTokens: {
    id: string;
    userId: string;
    name: string;
    tokenHash: string;
    createdAt: number;
    lastUsedAt: number | null;
    expiresAt: number | null;
    originClient: string;
    originHostName: string | null;
    originIpAddress: string | null;
  };
  deviceAuthorizations: {
    id: string;
    deviceCodeHash: string;
    userCode: string;
    clientId: string;
    tokenName: string | null;
    hostName: string | null;
    ipAddress: string | null;
    status: DeviceAuthorizationStatus;
    userId: string | null;
    intervalSeconds: number;
    lastPolledAt: number | null;
    createdAt: number;
    expiresAt: number;
  };
  sessions: { sessionHash: string; userId: string; createdAt: number; lastSeenAt: number };
  invitations: { invitationHash: string; userId: string; createdAt: number; expiresAt: number; usedAt: number | null };
  attempts: { id: string; kind: string; subject: string; at: number };
  settings: { name: string; value: string };
  artifacts: {
    workspaceId: string;
    scope: string;
    hash: string;
    blobId: string;
    size: number;
    writerKind: WriterKind;
    writerId: string | null;
    createdAt: number;
    lastReadAt: number;
  };
  auditEvents: {
    id: string;
    at: number;
    action: string;
    actorKind: AuditActorKind;
    actorId: string | null;
    actorName: string | null;
    organizationId: string | null;
    workspaceId: string | null;
    target: string | null;
    /** A JSON object. */
    details: string;
    ipAddress: string | null;
    requestId: string | null;
    count: number;
  };
}
