import type { AuditAction, AuditPage } from '../protocol/audit-wire-types.js';
import type {
  GithubConnectionChange,
  GithubConnectionInfo,
  NewGithubConnection,
  RemovalsConfirmation,
  RemovalsConfirmed,
} from '../protocol/github-wire-types.js';
import type {
  AddedMember,
  CachePurge,
  CachePurged,
  CacheStats,
  CiAccessTokenChange,
  CiAccessTokenInfo,
  CiAccessTokenRotation,
  CreatedCiAccessToken,
  ImportedCiAccessToken,
  MemberChange,
  MemberInfo,
  NewCiAccessToken,
  NewMember,
  NewOrganization,
  NewWorkspace,
  OrganizationInfo,
  WorkspaceChange,
  WorkspaceInfo,
} from '../protocol/wire-types.js';

/**
 * The part of the REST API that administers, spoken as one person. Every answer is narrowed before it is returned;
 * whatever goes wrong is a `UserError` that names the server.
 *
 * @throws {AuthenticationRequired} from each method, when the server does not know the person's token, or no longer
 * @throws {Refused} from each method, when the server knows who asks and does not do it
 */
export interface AdministrationClient {
  readonly serverUrl: string;

  /** Those that the person is a member of. */
  organizations(): Promise<OrganizationInfo[]>;
  organization(slug: string): Promise<OrganizationInfo>;
  createOrganization(organization: NewOrganization): Promise<OrganizationInfo>;

  members(slug: string): Promise<MemberInfo[]>;
  addMember(slug: string, member: NewMember): Promise<AddedMember>;
  changeMember(slug: string, member: MemberInfo, change: MemberChange): Promise<MemberInfo>;
  removeMember(slug: string, member: MemberInfo): Promise<void>;

  /** `null`: the organization is not connected to one of GitHub. */
  github(slug: string): Promise<GithubConnectionInfo | null>;
  connectGithub(slug: string, connection: NewGithubConnection): Promise<GithubConnectionInfo>;
  changeGithub(slug: string, change: GithubConnectionChange): Promise<GithubConnectionInfo>;
  disconnectGithub(slug: string): Promise<void>;
  syncGithub(slug: string): Promise<void>;
  confirmGithubRemovals(slug: string, confirmation: RemovalsConfirmation): Promise<RemovalsConfirmed>;

  workspaces(slug: string): Promise<WorkspaceInfo[]>;
  workspace(nxCloudId: string): Promise<WorkspaceInfo>;
  createWorkspace(slug: string, workspace: NewWorkspace): Promise<WorkspaceInfo>;
  changeWorkspace(nxCloudId: string, change: WorkspaceChange): Promise<WorkspaceInfo>;

  ciTokens(nxCloudId: string): Promise<CiAccessTokenInfo[]>;
  createCiToken(nxCloudId: string, token: NewCiAccessToken): Promise<CreatedCiAccessToken>;
  importCiToken(nxCloudId: string, token: ImportedCiAccessToken): Promise<CiAccessTokenInfo>;
  rotateCiToken(nxCloudId: string, id: string, rotation: CiAccessTokenRotation): Promise<CreatedCiAccessToken>;
  changeCiToken(nxCloudId: string, id: string, change: CiAccessTokenChange): Promise<CiAccessTokenInfo>;
  revokeCiToken(nxCloudId: string, id: string): Promise<void>;

  cacheStats(nxCloudId: string): Promise<CacheStats>;
  purgeCache(nxCloudId: string, purge: CachePurge): Promise<CachePurged>;

  /** One page, newest first. */
  audit(slug: string, query: AuditQuery): Promise<AuditPage>;
}

export interface AuditQuery {
  /** An nxCloudId. */
  workspace?: string;
  actions?: readonly AuditAction[];
  /** A part of the actor's name. */
  actor?: string;
  /** ISO 8601, as all times here. From this moment on. */
  since?: string;
  /** Before this moment. */
  until?: string;
  /** `next` of the page before. */
  before?: string;
  /** At most so many events. */
  limit: number;
}
