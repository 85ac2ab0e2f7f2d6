import type {
  AuditEventInfo,
  CiAccessTokenInfo,
  MemberInfo,
  OrganizationInfo,
  Role,
  WorkspaceInfo,
} from '../../../src/protocol/wire-types.js';
import type { AuditEvent, CiAccessToken, Organization, Workspace } from '../domain/model.js';
import { accessWarning } from '../domain/presets.js';
import type { Member, Repositories, WorkspaceWithOrganization } from '../domain/repositories.js';
import { isoTime } from '../domain/times.js';

/** The domain's things as the REST API shows them. */

export async function organizationInfo(
  { id, slug, name, createdAt }: Organization,
  role: Role,
  { organizations }: Repositories,
): Promise<OrganizationInfo> {
  return { slug, name, role, ...(await organizations.size(id)), createdAt: isoTime(createdAt) };
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
