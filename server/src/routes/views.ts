import type { AuditEventInfo } from '../../../src/protocol/audit-wire-types.js';
import type { GithubConnectionInfo } from '../../../src/protocol/github-wire-types.js';
import type {
  CiAccessTokenInfo,
  MemberInfo,
  OrganizationInfo,
  Role,
  WorkspaceInfo,
} from '../../../src/protocol/wire-types.js';
import type { ConnectionView, HeldMember } from '../domain/github/connections.js';
import type { AuditEvent, CiAccessToken, Organization, Workspace } from '../domain/model.js';
import { accessWarning } from '../domain/presets.js';
import type { Member, WorkspaceWithOrganization } from '../domain/repositories.js';
import type { Services } from '../domain/services.js';
import { isoTime } from '../domain/times.js';
import { withoutOwner } from '../domain/without-owner.js';

/** The domain's things as the REST API shows them. */

export async function organizationInfo(
  organization: Organization,
  role: Role,
  services: Services,
): Promise<OrganizationInfo> {
  const { id, slug, name, createdAt } = organization;
  const [size, warnings] = await Promise.all([
    services.database.organizations.size(id),
    warningsFor(organization, role, services),
  ]);
  return { slug, name, role, ...size, warnings, createdAt: isoTime(createdAt) };
}

/** For whoever can do anything about them: its owners, and admins where there is no owner. */
export async function warningsFor(
  organization: Organization,
  role: Role,
  { database, github }: Pick<Services, 'database' | 'github'>,
): Promise<string[]> {
  if (role === 'owner') return github === null ? [] : await github.warnings(organization);
  if (role === 'member' || (await database.organizations.hasOwner(organization.id))) return [];
  return [withoutOwner(organization)];
}

/** @param held those that wait for an owner, where there are any */
export function githubConnectionInfo(view: ConnectionView, held: HeldMember[]): GithubConnectionInfo {
  const { login, installationState, adminRole, createdAt, confirmedAt, problem, problemAt, heldAt } = view;
  return {
    login,
    url: githubPageOf(login, view.issuer),
    installation: installationState,
    adminRole,
    teams: view.teams.map(({ slug, role }) => ({ slug, role })),
    members: view.members,
    connectedAt: isoTime(createdAt),
    confirmedAt: isoTime(confirmedAt),
    problem: problem === null ? null : { message: problem, at: isoTime(problemAt ?? createdAt) },
    held:
      heldAt === null
        ? null
        : { since: isoTime(heldAt), people: held.map(({ login: person, email }) => ({ login: person, email })) },
    warnings: view.warnings,
  };
}

/** Of an organization or a person. */
export function githubPageOf(login: string, issuer: string): string {
  return `${issuer}/${encodeURIComponent(login)}`;
}

export function memberInfo({ user, membership, active }: Member): MemberInfo {
  const { role, source, createdAt, suspendedAt } = membership;
  const { id, name, email } = user;
  return {
    user: { id, name, email },
    role,
    source,
    since: isoTime(createdAt),
    suspendedAt: isoTime(suspendedAt),
    active,
  };
}

export function workspaceInfo({ workspace, organization }: WorkspaceWithOrganization): WorkspaceInfo {
  const { nxCloudId, name, patOptIn, anonymousLevel, patLevel, createdAt } = workspace;
  return {
    nxCloudId,
    name,
    organization: { slug: organization.slug, name: organization.name },
    access: { patOptIn, anonymousLevel, patLevel },
    warning: accessWarning(workspace),
    createdAt: isoTime(createdAt),
  };
}

export function ciAccessTokenInfo(token: CiAccessToken): CiAccessTokenInfo {
  const { id, name, level, legacy, createdAt, expiresAt, lastUsedAt, tokenHash } = token;
  return {
    id,
    name,
    accessLevel: level,
    legacy,
    createdAt: isoTime(createdAt),
    expiresAt: isoTime(expiresAt),
    lastUsedAt: isoTime(lastUsedAt),
    sha256: tokenHash,
  };
}

/** @param workspaces those that the event may be about */
export function auditEventInfo(event: AuditEvent, workspaces: readonly Workspace[]): AuditEventInfo {
  const { id, at, action, actor, target, details, ipAddress, requestId, count } = event;
  const workspace = workspaces.find((candidate) => candidate.id === event.workspaceId);
  return {
    id,
    at: isoTime(at),
    action,
    actor,
    workspace: workspace === undefined ? null : { nxCloudId: workspace.nxCloudId, name: workspace.name },
    target,
    details,
    ipAddress,
    requestId,
    count,
  };
}
