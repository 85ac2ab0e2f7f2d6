import { z } from '@hono/zod-openapi';
import { auditActions, auditActorKinds, type AuditPage } from '../../../src/protocol/audit-wire-types.js';
import {
  membershipSources,
  presetNames,
  writerKinds,
  type AddedMember,
  type CachePurge,
  type CachePurged,
  type CacheStats,
  type CiAccessTokenChange,
  type CiAccessTokenInfo,
  type CiAccessTokenList,
  type CiAccessTokenRotation,
  type CreatedCiAccessToken,
  type ImportedCiAccessToken,
  type MemberChange,
  type MemberInfo,
  type MemberList,
  type NewCiAccessToken,
  type NewMember,
  type NewOrganization,
  type NewWorkspace,
  type OrganizationInfo,
  type OrganizationList,
  type WorkspaceChange,
  type WorkspaceInfo,
  type WorkspaceList,
} from '../../../src/protocol/wire-types.js';
import { maxGraceMs } from '../domain/ci-token-administration.js';
import { displayNameForm, emailForm, slugForm, type NameForm } from '../domain/names.js';
import { level, nxCloudId, personSchema, role, timestamp, warnings } from './schemas.js';

/** The wire types of the administration, as the OpenAPI document shows them. `satisfies` keeps the two the same. */

const ciLevel = z.enum(['read-only', 'read-write'], 'has to be read-only or read-write');
const accessLevel = z.enum(['none', 'read-only', 'read-write'], 'has to be none, read-only or read-write');
const preset = z.enum(presetNames, `has to be one of ${presetNames.join(', ')}`);
export const givenRole = z.enum(['owner', 'admin', 'member'], 'has to be owner, admin or member');
const yesOrNo = z.boolean('has to be true or false');

export function named({ matches, rule }: NameForm) {
  return z.string('has to be given, as text').refine(matches, rule);
}

/** A body with these fields and no others: a misspelt one would be ignored otherwise, and a change not made. */
export function fields<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `there is no field ${issue.keys.map((key) => JSON.stringify(key.slice(0, 40))).join(', ')} here`
        : 'has to be a JSON object',
  });
}

const organizationSchema = z
  .object({
    slug: z.string(),
    name: z.string(),
    role: role.openapi({ description: 'Mine.' }),
    members: z.int(),
    workspaces: z.int(),
    warnings,
    createdAt: timestamp,
  })
  .openapi('Organization') satisfies z.ZodType<OrganizationInfo>;

const organizationListSchema = z
  .object({ organizations: z.array(organizationSchema) })
  .openapi('OrganizationList') satisfies z.ZodType<OrganizationList>;

const newOrganizationSchema = fields({ slug: named(slugForm), name: named(displayNameForm).optional() }).openapi(
  'NewOrganization',
) satisfies z.ZodType<NewOrganization>;

const memberSchema = z
  .object({
    user: personSchema,
    role,
    source: z.enum(membershipSources),
    since: timestamp,
    suspendedAt: timestamp
      .nullable()
      .openapi({ description: 'Since when it opens nothing: its source has not confirmed it for too long.' }),
    active: z.boolean().openapi({ description: 'Can sign in.' }),
  })
  .openapi('Member') satisfies z.ZodType<MemberInfo>;

const memberListSchema = z
  .object({ members: z.array(memberSchema) })
  .openapi('MemberList') satisfies z.ZodType<MemberList>;

const newMemberSchema = fields({
  email: named(emailForm),
  name: named(displayNameForm).optional(),
  role: givenRole.optional(),
}).openapi('NewMember') satisfies z.ZodType<NewMember>;

const addedMemberSchema = z
  .object({
    member: memberSchema,
    invitation: z.object({ url: z.string(), expiresAt: timestamp }).nullable(),
  })
  .openapi('AddedMember') satisfies z.ZodType<AddedMember>;

const memberChangeSchema = fields({ role: givenRole }).openapi('MemberChange') satisfies z.ZodType<MemberChange>;

const workspaceSchema = z
  .object({
    nxCloudId,
    name: z.string(),
    organization: z.object({ slug: z.string(), name: z.string() }),
    access: z.object({
      patOptIn: z.boolean(),
      anonymousLevel: level,
      patLevel: z.enum(['read-only', 'read-write']),
    }),
    warning: z.string().nullable(),
    createdAt: timestamp,
  })
  .openapi('Workspace') satisfies z.ZodType<WorkspaceInfo>;

const workspaceListSchema = z
  .object({ workspaces: z.array(workspaceSchema) })
  .openapi('WorkspaceList') satisfies z.ZodType<WorkspaceList>;

const newWorkspaceSchema = fields({ name: named(displayNameForm), preset: preset.optional() }).openapi(
  'NewWorkspace',
) satisfies z.ZodType<NewWorkspace>;

const workspaceChangeSchema = fields({
  name: named(displayNameForm).optional(),
  preset: preset.optional(),
  patOptIn: yesOrNo.optional(),
  anonymousLevel: accessLevel.optional(),
  patLevel: ciLevel.optional(),
}).openapi('WorkspaceChange') satisfies z.ZodType<WorkspaceChange>;

const ciAccessTokenSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    accessLevel: z.enum(['read-only', 'read-write']),
    legacy: z.boolean(),
    createdAt: timestamp,
    expiresAt: timestamp.nullable(),
    lastUsedAt: timestamp.nullable(),
    sha256: z.string().openapi({ description: "Of the token's text, in lower-case hex." }),
  })
  .openapi('CiAccessToken') satisfies z.ZodType<CiAccessTokenInfo>;

const ciAccessTokenListSchema = z
  .object({ tokens: z.array(ciAccessTokenSchema) })
  .openapi('CiAccessTokenList') satisfies z.ZodType<CiAccessTokenList>;

const newCiAccessTokenSchema = fields({
  name: named(displayNameForm),
  accessLevel: ciLevel,
  expiresAt: z.iso
    .datetime({ offset: true, error: 'has to be a time such as 2027-01-31T00:00:00Z, or null' })
    .nullable()
    .optional(),
}).openapi('NewCiAccessToken') satisfies z.ZodType<NewCiAccessToken>;

const importedCiAccessTokenSchema = fields({
  name: named(displayNameForm),
  token: z.string('has to be given, as text').min(1, 'is empty').max(1000, 'is too long'),
}).openapi('ImportedCiAccessToken') satisfies z.ZodType<ImportedCiAccessToken>;

const maxGraceSeconds = maxGraceMs / 1000;

const graceSeconds = z
  .int('has to be a whole number of seconds')
  .min(0, 'has to be 0 or more')
  .max(maxGraceSeconds, `has to be at most ${maxGraceSeconds}, which is 30 days`);

const ciAccessTokenChangeSchema = fields({
  name: named(displayNameForm).optional(),
  graceSeconds: graceSeconds.optional(),
}).openapi('CiAccessTokenChange') satisfies z.ZodType<CiAccessTokenChange>;

const ciAccessTokenRotationSchema = fields({ graceSeconds }).openapi(
  'CiAccessTokenRotation',
) satisfies z.ZodType<CiAccessTokenRotation>;

const createdCiAccessTokenSchema = z
  .object({ token: z.string(), info: ciAccessTokenSchema, previous: ciAccessTokenSchema.nullable() })
  .openapi('CreatedCiAccessToken') satisfies z.ZodType<CreatedCiAccessToken>;

const cacheUsageSchema = z
  .object({ artifacts: z.int(), bytes: z.int() })
  .openapi('CacheUsage') satisfies z.ZodType<CachePurged>;

const cacheStatsSchema = z
  .object({
    artifacts: z.int(),
    bytes: z.int(),
    scopes: z.object({ trusted: cacheUsageSchema, isolated: cacheUsageSchema }),
    writers: z.array(
      z.object({
        writer: z.object({ kind: z.enum(writerKinds), id: z.string().nullable(), name: z.string().nullable() }),
        artifacts: z.int(),
        bytes: z.int(),
        lastWrittenAt: timestamp,
      }),
    ),
    oldestWrittenAt: timestamp.nullable(),
    lastReadAt: timestamp.nullable(),
  })
  .openapi('CacheStats') satisfies z.ZodType<CacheStats>;

const cachePurgeSchema = z
  .union(
    [
      z.strictObject({ all: z.literal(true) }),
      z.strictObject({
        hash: z.string().regex(/^[A-Za-z0-9_-]{1,128}$/, 'has to be 1 to 128 letters, digits, - and _'),
      }),
      z.strictObject({ scope: z.literal('isolated') }),
      z.strictObject({
        writer: z.strictObject({
          kind: z.enum(writerKinds, `has to be one of ${writerKinds.join(', ')}`),
          id: z.string('has to be text, or null').min(1, 'is empty').max(100, 'is too long').nullable(),
        }),
      }),
    ],
    'has to be exactly one of {"all": true}, {"hash": "…"}, {"scope": "isolated"} and {"writer": {"kind": "…", "id": "…"}}',
  )
  .openapi('CachePurge') satisfies z.ZodType<CachePurge>;

const auditPageSchema = z
  .object({
    events: z.array(
      z
        .object({
          id: z.string(),
          at: timestamp,
          action: z
            .string()
            .openapi({ description: `One of ${auditActions.join(', ')}; other versions may have others.` }),
          actor: z.object({ kind: z.enum(auditActorKinds), id: z.string().nullable(), name: z.string().nullable() }),
          workspace: z.object({ nxCloudId, name: z.string() }).nullable(),
          target: z.string().nullable(),
          details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
          ipAddress: z.string().nullable(),
          requestId: z.string().nullable(),
          count: z.int(),
        })
        .openapi('AuditEvent'),
    ),
    next: z.string().nullable(),
  })
  .openapi('AuditPage') satisfies z.ZodType<AuditPage>;

/** Bodies that routes take. */
export const bodies = {
  newOrganization: newOrganizationSchema,
  newMember: newMemberSchema,
  memberChange: memberChangeSchema,
  newWorkspace: newWorkspaceSchema,
  workspaceChange: workspaceChangeSchema,
  newCiAccessToken: newCiAccessTokenSchema,
  importedCiAccessToken: importedCiAccessTokenSchema,
  ciAccessTokenChange: ciAccessTokenChangeSchema,
  ciAccessTokenRotation: ciAccessTokenRotationSchema,
  cachePurge: cachePurgeSchema,
};

/** Answers that routes give. */
export const answers = {
  organization: organizationSchema,
  organizationList: organizationListSchema,
  member: memberSchema,
  memberList: memberListSchema,
  addedMember: addedMemberSchema,
  workspace: workspaceSchema,
  workspaceList: workspaceListSchema,
  ciAccessToken: ciAccessTokenSchema,
  ciAccessTokenList: ciAccessTokenListSchema,
  createdCiAccessToken: createdCiAccessTokenSchema,
  cacheStats: cacheStatsSchema,
  cacheUsage: cacheUsageSchema,
  auditPage: auditPageSchema,
};
