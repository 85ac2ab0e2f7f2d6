import {
  auditActorKinds,
  type AuditDetails,
  type AuditEventInfo,
  type AuditPage,
} from '../protocol/audit-wire-types.js';
import {
  membershipSources,
  writerKinds,
  type AddedMember,
  type CacheStats,
  type CacheUsage,
  type CiAccessTokenInfo,
  type CreatedCiAccessToken,
  type MemberInfo,
  type OrganizationInfo,
  type WorkspaceInfo,
  type WriterUsage,
} from '../protocol/wire-types.js';
import {
  count,
  flag,
  identifier,
  isObject,
  list,
  nullable,
  nxCloudId,
  object,
  oneOf,
  pathSegment,
  text,
  timestamp,
  WrongShape,
} from './narrow.js';

/** What the administration API answers, field by field (src/protocol/wire-types.ts). */

const accessLevels = ['none', 'read-only', 'read-write'] as const;
const ciAccessLevels = ['read-only', 'read-write'] as const;
export const roles = ['owner', 'admin', 'member'] as const;

/** A list under its name in an object, as all lists of the API come. */
export function listIn<T>(body: unknown, name: string, read: (element: unknown, at: string) => T): T[] {
  return list(object(body, 'the answer')[name], name, read);
}

export function organizationInfo(value: unknown, at = 'the answer'): OrganizationInfo {
  const organization = object(value, at);
  return {
    ...organizationName(value, at),
    role: oneOf(organization['role'], `${at}.role`, roles),
    members: count(organization['members'], `${at}.members`),
    workspaces: count(organization['workspaces'], `${at}.workspaces`),
    warnings: list(organization['warnings'], `${at}.warnings`, text),
    createdAt: timestamp(organization['createdAt'], `${at}.createdAt`),
  };
}

function organizationName(value: unknown, at: string): { slug: string; name: string } {
  const organization = object(value, at);
  return { slug: pathSegment(organization['slug'], `${at}.slug`), name: text(organization['name'], `${at}.name`) };
}

export function memberInfo(value: unknown, at = 'the answer'): MemberInfo {
  const member = object(value, at);
  const user = object(member['user'], `${at}.user`);
  return {
    user: {
      id: pathSegment(user['id'], `${at}.user.id`),
      name: text(user['name'], `${at}.user.name`),
      email: text(user['email'], `${at}.user.email`),
    },
    role: oneOf(member['role'], `${at}.role`, roles),
    source: oneOf(member['source'], `${at}.source`, membershipSources),
    since: timestamp(member['since'], `${at}.since`),
    suspendedAt: nullable(member['suspendedAt'], `${at}.suspendedAt`, timestamp),
    active: flag(member['active'], `${at}.active`),
  };
}

export function addedMember(body: unknown): AddedMember {
  const answer = object(body, 'the answer');
  return {
    member: memberInfo(answer['member'], 'member'),
    invitation: nullable(answer['invitation'], 'invitation', (value, at) => {
      const invitation = object(value, at);
      return {
        url: webAddress(invitation['url'], `${at}.url`),
        expiresAt: timestamp(invitation['expiresAt'], `${at}.expiresAt`),
      };
    }),
  };
}

/** For a person to open and to pass on, so nothing else may hide behind it, such as `javascript:`. */
export function webAddress(value: unknown, at: string): string {
  const address = identifier(value, at, 1000);
  if (!/^https?:\/\//.test(address) || !URL.canParse(address)) throw new WrongShape(`${at} is not a web address`);
  return address;
}

export function workspaceInfo(value: unknown, at = 'the answer'): WorkspaceInfo {
  const workspace = object(value, at);
  const access = object(workspace['access'], `${at}.access`);
  return {
    nxCloudId: nxCloudId(workspace['nxCloudId'], `${at}.nxCloudId`),
    name: text(workspace['name'], `${at}.name`),
    organization: organizationName(workspace['organization'], `${at}.organization`),
    access: {
      patOptIn: flag(access['patOptIn'], `${at}.access.patOptIn`),
      anonymousLevel: oneOf(access['anonymousLevel'], `${at}.access.anonymousLevel`, accessLevels),
      patLevel: oneOf(access['patLevel'], `${at}.access.patLevel`, ciAccessLevels),
    },
    warning: nullable(workspace['warning'], `${at}.warning`, text),
    createdAt: timestamp(workspace['createdAt'], `${at}.createdAt`),
  };
}

export function ciAccessTokenInfo(value: unknown, at = 'the answer'): CiAccessTokenInfo {
  const token = object(value, at);
  return {
    id: pathSegment(token['id'], `${at}.id`),
    name: text(token['name'], `${at}.name`),
    accessLevel: oneOf(token['accessLevel'], `${at}.accessLevel`, ciAccessLevels),
    legacy: flag(token['legacy'], `${at}.legacy`),
    createdAt: timestamp(token['createdAt'], `${at}.createdAt`),
    expiresAt: nullable(token['expiresAt'], `${at}.expiresAt`, timestamp),
    lastUsedAt: nullable(token['lastUsedAt'], `${at}.lastUsedAt`, timestamp),
    sha256: identifier(token['sha256'], `${at}.sha256`, 64),
  };
}

export function createdCiAccessToken(body: unknown): CreatedCiAccessToken {
  const answer = object(body, 'the answer');
  return {
    token: identifier(answer['token'], 'token', 200),
    info: ciAccessTokenInfo(answer['info'], 'info'),
    previous: nullable(answer['previous'], 'previous', ciAccessTokenInfo),
  };
}

export function cacheUsage(value: unknown, at = 'the answer'): CacheUsage {
  const usage = object(value, at);
  return { artifacts: count(usage['artifacts'], `${at}.artifacts`), bytes: count(usage['bytes'], `${at}.bytes`) };
}

export function cacheStats(body: unknown): CacheStats {
  const answer = object(body, 'the answer');
  const scopes = object(answer['scopes'], 'scopes');
  return {
    ...cacheUsage(answer),
    scopes: {
      trusted: cacheUsage(scopes['trusted'], 'scopes.trusted'),
      isolated: cacheUsage(scopes['isolated'], 'scopes.isolated'),
    },
    writers: list(answer['writers'], 'writers', writerUsage),
    oldestWrittenAt: nullable(answer['oldestWrittenAt'], 'oldestWrittenAt', timestamp),
    lastReadAt: nullable(answer['lastReadAt'], 'lastReadAt', timestamp),
  };
}

function writerUsage(value: unknown, at: string): WriterUsage {
  const usage = object(value, at);
  const writer = object(usage['writer'], `${at}.writer`);
  return {
    writer: {
      kind: oneOf(writer['kind'], `${at}.writer.kind`, writerKinds),
      id: nullable(writer['id'], `${at}.writer.id`, (id, where) => identifier(id, where, 200)),
      name: nullable(writer['name'], `${at}.writer.name`, text),
    },
    ...cacheUsage(usage, at),
    lastWrittenAt: timestamp(usage['lastWrittenAt'], `${at}.lastWrittenAt`),
  };
}

export function auditPage(body: unknown): AuditPage {
  const answer = object(body, 'the answer');
  return {
    events: list(answer['events'], 'events', auditEventInfo),
    next: nullable(answer['next'], 'next', (next, at) => identifier(next, at, 500)),
  };
}

function auditEventInfo(value: unknown, at: string): AuditEventInfo {
  const event = object(value, at);
  const actor = object(event['actor'], `${at}.actor`);
  return {
    id: identifier(event['id'], `${at}.id`, 200),
    at: timestamp(event['at'], `${at}.at`),
    action: identifier(event['action'], `${at}.action`, 100),
    actor: {
      kind: oneOf(actor['kind'], `${at}.actor.kind`, auditActorKinds),
      id: nullable(actor['id'], `${at}.actor.id`, text),
      name: nullable(actor['name'], `${at}.actor.name`, text),
    },
    workspace: nullable(event['workspace'], `${at}.workspace`, (workspace, where) => ({
      nxCloudId: nxCloudId(object(workspace, where)['nxCloudId'], `${where}.nxCloudId`),
      name: text(object(workspace, where)['name'], `${where}.name`),
    })),
    target: nullable(event['target'], `${at}.target`, text),
    details: auditDetails(event['details'], `${at}.details`),
    ipAddress: nullable(event['ipAddress'], `${at}.ipAddress`, text),
    requestId: nullable(event['requestId'], `${at}.requestId`, text),
    count: count(event['count'], `${at}.count`),
  };
}

function auditDetails(value: unknown, at: string): AuditDetails {
  if (!isObject(value)) throw new WrongShape(`${at} is not an object`);
  return Object.fromEntries(
    Object.entries(value).map(([name, detail]) => [text(name, at, 100), auditDetail(detail, `${at}.${name}`)]),
  );
}

function auditDetail(value: unknown, at: string): AuditDetails[string] {
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return value;
  return text(value, at);
}
