import type { Role } from '../../../src/protocol/wire-types.js';
import type { AuditRepository } from './audit.js';
import type { ArtifactRepository } from './artifacts.js';
import type { GithubRepository } from './github/repository.js';
import type {
  AccessSettings,
  CiAccessToken,
  DeviceAuthorization,
  Identity,
  Invitation,
  Membership,
  Organization,
  PersonalAccessToken,
  Session,
  UnclaimedWorkspace,
  User,
  Workspace,
} from './model.js';

/**
 * What the domain asks of a database. A miss is `null`. A method that answers a boolean makes one conditional write
 * and says whether it was the one that changed the row: of two callers racing for a row exactly one gets `true`, so
 * nothing here is ever decided by reading first and writing later.
 */
export interface Repositories {
  users: UserRepository;
  identities: IdentityRepository;
  organizations: OrganizationRepository;
  github: GithubRepository;
  workspaces: WorkspaceRepository;
  unclaimedWorkspaces: UnclaimedWorkspaceRepository;
  ciAccessTokens: CiAccessTokenRepository;
  personalAccessTokens: PersonalAccessTokenRepository;
  deviceAuthorizations: DeviceAuthorizationRepository;
  sessions: SessionRepository;
  invitations: InvitationRepository;
  attempts: AttemptRepository;
  settings: SettingRepository;
  artifacts: ArtifactRepository;
  auditEvents: AuditRepository;
}

export interface Database extends Repositories {
  /**
   * All of `work` or nothing of it. Inside, only the repositories handed in may be used; when it throws, everything
   * is rolled back and the error passed on.
   */
  transaction<T>(work: (repositories: Repositories) => Promise<T>): Promise<T>;
  /**
   * Another number whenever something that decides about access may have changed since the last call, no matter which
   * process did it: what was looked up under one number may be used as long as it stays. Costs a few microseconds.
   *
   * @throws {DatabaseUnavailableError} and then nothing that is kept in memory may be used
   */
  readonly accessVersion: () => number;
  /** @throws when the database does not answer */
  ping(): Promise<void>;
  close(): Promise<void>;
}

export interface UserRepository {
  /** `false` when the e-mail address is taken. */
  insert(user: User): Promise<boolean>;
  findById(id: string): Promise<User | null>;
  /** Those of them that there are. */
  findByIds(ids: readonly string[]): Promise<User[]>;
  /** @param email in lower case */
  findByEmail(email: string): Promise<User | null>;
  passwordHash(userId: string): Promise<string | null>;
  setPasswordHash(userId: string, hash: string, at: number): Promise<void>;
}

export interface OrganizationRepository {
  /** `false` when the slug is taken. */
  insert(organization: Organization): Promise<boolean>;
  findBySlug(slug: string): Promise<Organization | null>;
  /** By slug. */
  all(): Promise<Organization[]>;
  /** `false` when the user already is a member; the membership then stays as it was. */
  addMember(membership: Omit<Membership, 'suspendedAt'>): Promise<boolean>;
  /** Also `null` for one that is suspended. */
  membership(userId: string, organizationId: string): Promise<Membership | null>;
  /** Whether the user has a membership that is suspended. */
  isSuspended(userId: string, organizationId: string): Promise<boolean>;
  /** Without those that are suspended. */
  ofUser(userId: string): Promise<{ organization: Organization; membership: Membership }[]>;
  /** Also one that is suspended. */
  member(userId: string, organizationId: string): Promise<Member | null>;
  /** By e-mail address; also those that are suspended. */
  members(organizationId: string): Promise<Member[]>;
  /** How many of each belong to it. */
  size(organizationId: string): Promise<{ members: number; workspaces: number }>;
  /** `false` when there is no such member, and for a last owner who would be one no more. */
  setRole(userId: string, organizationId: string, role: Role): Promise<boolean>;
  /** `false` when there is no such member, and for the last owner. */
  removeMember(userId: string, organizationId: string): Promise<boolean>;
  /**
   * Makes a membership one by hand with that role, whoever made it before, and ends its suspension. `false` when there is
   * no such member, and for a last owner who would be one no more.
   */
  makeManual(userId: string, organizationId: string, role: Role): Promise<boolean>;
  /** Whether anybody owns it whose membership is not suspended. */
  hasOwner(organizationId: string): Promise<boolean>;
  /** Those that nobody owns, by slug. */
  withoutOwner(): Promise<Organization[]>;
  /** What only the source of a membership may do to it, and to no other: also to the last owner. */
  ofSource: SourcedMembershipRepository;
}

/** Each is `false` where the person has no membership of that source in the organization, or nothing changes. */
export interface SourcedMembershipRepository {
  setRole(key: SourcedMembershipKey, role: Role): Promise<boolean>;
  remove(key: SourcedMembershipKey): Promise<boolean>;
  suspend(key: SourcedMembershipKey, at: number): Promise<boolean>;
  restore(key: SourcedMembershipKey): Promise<boolean>;
  /** By user id. */
  all(organizationId: string, source: SyncedSource): Promise<Membership[]>;
  /** Also those that are suspended. */
  ofUser(userId: string, source: SyncedSource): Promise<Membership[]>;
  /** Of people who have an identity of none of these issuers; without those that are suspended. */
  notLinkedTo(issuers: readonly string[], source: SyncedSource, limit: number): Promise<Membership[]>;
}

export interface SourcedMembershipKey {
  userId: string;
  organizationId: string;
  source: SyncedSource;
}

/** Who keeps memberships in step with something elsewhere. */
export type SyncedSource = Exclude<Membership['source'], 'manual'>;

export interface IdentityRepository {
  /** `false` when that identity belongs to somebody already. */
  insert(identity: Identity): Promise<boolean>;
  find(issuer: string, subject: string): Promise<{ identity: Identity; user: User } | null>;
  /** By issuer and subject. */
  ofUser(userId: string): Promise<Identity[]>;
  /** Without a refresh token, the one that is known stays. */
  recordSignIn(
    identity: Pick<Identity, 'issuer' | 'subject' | 'label'>,
    signIn: { at: number; sealedRefreshToken: string | null },
  ): Promise<void>;
  /** The provider said yes. Kept only while `former` is the refresh token that is known: a sign-in may have come between. */
  recordCheck(
    identity: Pick<Identity, 'issuer' | 'subject'>,
    check: { at: number; former: string; sealedRefreshToken: string },
  ): Promise<boolean>;
  /** The provider said no. `false` when another refresh token is known by now. */
  forgetRefreshToken(identity: Pick<Identity, 'issuer' | 'subject'>, former: string): Promise<boolean>;
  /**
   * Those of an issuer with a refresh token whose provider was not asked after `before`. Of whom it was never asked come
   * first, and then who waits longest.
   */
  due(issuer: string, before: number, limit: number): Promise<{ identity: Identity; user: User }[]>;
  /**
   * Whoever gets `true` asks the provider, and nobody else until it is due again: to a provider that gives a new refresh
   * token each time, one that is used twice looks stolen.
   */
  beginCheck(
    identity: Pick<Identity, 'issuer' | 'subject'>,
    check: { at: number; former: string; before: number },
  ): Promise<boolean>;
  /** `false` when the user has no such identity. */
  remove(identity: Pick<Identity, 'issuer' | 'subject' | 'userId'>): Promise<boolean>;
}

export interface Member {
  user: User;
  membership: Membership;
  /** Has a password or an identity elsewhere, and so can sign in. */
  active: boolean;
}

export interface WorkspaceWithOrganization {
  workspace: Workspace;
  organization: Organization;
}

export interface WorkspaceRepository {
  insert(workspace: Workspace): Promise<void>;
  findByNxCloudId(nxCloudId: string): Promise<WorkspaceWithOrganization | null>;
  /** By organization and name. */
  all(): Promise<WorkspaceWithOrganization[]>;
  /** By name. */
  ofOrganization(organizationId: string): Promise<Workspace[]>;
  setAccess(id: string, settings: AccessSettings): Promise<void>;
  rename(id: string, name: string): Promise<void>;
}

export interface UnclaimedWorkspaceRepository {
  insert(workspace: UnclaimedWorkspace): Promise<void>;
  find(nxCloudId: string): Promise<UnclaimedWorkspace | null>;
  findByClaimCode(claimCodeHash: string): Promise<UnclaimedWorkspace | null>;
  /** `false` when it has one already. */
  setClaimCode(nxCloudId: string, claimCodeHash: string): Promise<boolean>;
  count(): Promise<number>;
  /** `false` when there is none. */
  remove(nxCloudId: string): Promise<boolean>;
  removeOlder(before: number): Promise<void>;
}

export interface CiAccessTokenRepository {
  /** `false` when this very token is already known. */
  insert(token: CiAccessToken): Promise<boolean>;
  findByHash(tokenHash: string): Promise<(WorkspaceWithOrganization & { token: CiAccessToken }) | null>;
  findById(id: string): Promise<(WorkspaceWithOrganization & { token: CiAccessToken }) | null>;
  /** Newest first. */
  ofWorkspace(workspaceId: string): Promise<CiAccessToken[]>;
  /** `false` when there is none. */
  rename(id: string, name: string): Promise<boolean>;
  /** Makes it end at `expiresAt`. `false` for one that ends before. */
  end(id: string, expiresAt: number): Promise<boolean>;
  /** Makes it end at `expiresAt`, unless it ends before. `false` for one that has been replaced already. */
  replace(id: string, replacement: { at: number; expiresAt: number }): Promise<boolean>;
  /** Takes a replacement back: it ends at `expiresAt` again. `false` for one that has not been replaced. */
  restore(id: string, expiresAt: number | null): Promise<boolean>;
  /** Never moves the last use back. */
  recordUse(id: string, at: number): Promise<void>;
  /** `false` when there is none. */
  remove(id: string): Promise<boolean>;
}

export interface PersonalAccessTokenRepository {
  insert(token: PersonalAccessToken): Promise<void>;
  findByHash(tokenHash: string): Promise<{ token: PersonalAccessToken; user: User } | null>;
  /** Newest first; those that have expired by `now` are left out. */
  ofUser(userId: string, now: number): Promise<PersonalAccessToken[]>;
  /** Never brings an expired token back to life. */
  recordUse(id: string, use: { at: number; expiresAt: number | null }): Promise<void>;
  /** `false` when the user has no such token. */
  remove(id: string, userId: string): Promise<boolean>;
  removeByHash(tokenHash: string): Promise<boolean>;
  /** How many there were. */
  removeOfUser(userId: string): Promise<number>;
  removeExpired(before: number): Promise<void>;
}

export interface DeviceAuthorizationRepository {
  /** `false` when the user code is in use. */
  insert(authorization: DeviceAuthorization): Promise<boolean>;
  findByDeviceCodeHash(deviceCodeHash: string): Promise<DeviceAuthorization | null>;
  /** Only one that is still pending at `now`. */
  findPendingByUserCode(userCode: string, now: number): Promise<DeviceAuthorization | null>;
  /** From pending, and before it expires, to approved or denied. */
  decide(id: string, decision: { status: 'approved' | 'denied'; userId: string; at: number }): Promise<boolean>;
  /** Takes note of a poll of a pending authorization that kept to its interval, give or take `toleranceMs`. */
  recordPoll(id: string, poll: { at: number; toleranceMs: number }): Promise<boolean>;
  /** Takes note of a poll of a pending authorization that came too early, and makes its interval longer for good. */
  slowDown(id: string, poll: { at: number; addSeconds: number }): Promise<boolean>;
  /** From approved, and before it expires, to redeemed. */
  redeem(id: string, at: number): Promise<boolean>;
  /** From pending or approved to cancelled. */
  cancel(deviceCodeHash: string): Promise<boolean>;
  /** Those that the person has approved and no client has redeemed. */
  cancelOfUser(userId: string): Promise<void>;
  removeExpired(before: number): Promise<void>;
}

export interface SessionRepository {
  insert(session: Session): Promise<void>;
  findByHash(sessionHash: string): Promise<{ session: Session; user: User } | null>;
  recordUse(sessionHash: string, at: number): Promise<void>;
  remove(sessionHash: string): Promise<void>;
  removeOfUser(userId: string): Promise<void>;
  /** Those begun before `createdBefore` or not seen since `seenBefore`. */
  removeExpired(limits: { createdBefore: number; seenBefore: number }): Promise<void>;
}

export interface InvitationRepository {
  insert(invitation: Invitation): Promise<void>;
  findByHash(invitationHash: string): Promise<{ invitation: Invitation; user: User } | null>;
  /** Uses it up: once, and before it expires. */
  redeem(invitationHash: string, at: number): Promise<boolean>;
  /** A new invitation makes a person's older ones worthless. */
  removeOfUser(userId: string): Promise<void>;
  removeExpired(before: number): Promise<void>;
}

/** Something that is limited, and for whom: `user-code:user` of a user's id, `user-code:address` of a network. */
export interface AttemptKey {
  kind: string;
  subject: string;
}

export interface AttemptRepository {
  insert(attempt: AttemptKey & { id: string; at: number }): Promise<void>;
  /** How many were made after `since`. */
  count(key: AttemptKey, since: number): Promise<number>;
  /** When the first of those was made; `null` without any. */
  oldest(key: AttemptKey, since: number): Promise<number | null>;
  remove(id: string): Promise<void>;
  removeOlder(before: number): Promise<void>;
}

export interface SettingRepository {
  get(name: string): Promise<string | null>;
  set(name: string, value: string): Promise<void>;
}
