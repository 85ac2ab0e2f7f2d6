import { z } from '@hono/zod-openapi';
import type {
  CiTokenInfo,
  PersonalAccessTokenInfo,
  PersonalAccessTokenList,
  Problem,
  WhoAmI,
  WorkspaceAccess,
} from '../../../src/protocol/wire-types.js';
import type { PersonalAccessToken } from '../domain/model.js';
import { isoTime } from '../domain/times.js';

/** The wire types of `src/protocol`, as the OpenAPI document shows them. `satisfies` keeps the two the same. */

export const timestamp = z.iso.datetime().openapi({ example: '2026-11-21T14:00:00.000Z' });
export const level = z.enum(['none', 'read-only', 'read-write']);
export const role = z.enum(['owner', 'admin', 'member']);
export const nxCloudId = z.string().openapi({ example: '0123456789abcdef01234567' });

export const warnings = z
  .array(z.string())
  .openapi({ description: 'Sentences: what owners have to know and perhaps do; for admins, that there is no owner.' });

export const personSchema = z.object({ id: z.string(), name: z.string(), email: z.string() });

export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    errors: z.array(z.object({ field: z.string(), detail: z.string() })).optional(),
    requestId: z.string(),
  })
  .openapi('Problem') satisfies z.ZodType<Problem>;

export const personalAccessTokenSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    createdAt: timestamp,
    lastUsedAt: timestamp.nullable(),
    expiresAt: timestamp.nullable(),
    origin: z.object({
      client: z.string(),
      hostName: z.string().nullable(),
      ipAddress: z.string().nullable(),
    }),
  })
  .openapi('PersonalAccessToken') satisfies z.ZodType<PersonalAccessTokenInfo>;

export const personalAccessTokenListSchema = z
  .object({ tokens: z.array(personalAccessTokenSchema) })
  .openapi('PersonalAccessTokenList') satisfies z.ZodType<PersonalAccessTokenList>;

export const whoAmISchema = z
  .object({
    user: personSchema,
    token: personalAccessTokenSchema,
    organizations: z.array(z.object({ slug: z.string(), name: z.string(), role, warnings })),
  })
  .openapi('WhoAmI') satisfies z.ZodType<WhoAmI>;

export const ciTokenSchema = z
  .object({
    nxCloudId,
    accessLevel: z.enum(['read-only', 'read-write']),
    workspace: z.object({ name: z.string() }),
    organization: z.object({ slug: z.string(), name: z.string() }),
  })
  .openapi('CiToken') satisfies z.ZodType<CiTokenInfo>;

export const workspaceAccessSchema = z
  .object({
    nxCloudId,
    level,
    because: z.string().openapi({ description: 'A sentence for people: why that level.' }),
    claimed: z.literal(false).optional().openapi({ description: 'Only there while nobody has claimed the workspace.' }),
  })
  .openapi('WorkspaceAccess') satisfies z.ZodType<WorkspaceAccess>;

export function tokenInfo(token: PersonalAccessToken): PersonalAccessTokenInfo {
  const { id, name, origin, createdAt, lastUsedAt, expiresAt } = token;
  return {
    id,
    name,
    createdAt: isoTime(createdAt),
    lastUsedAt: isoTime(lastUsedAt),
    expiresAt: isoTime(expiresAt),
    origin,
  };
}

/** A response with a JSON body, as a route declares it. */
export function json<Schema extends z.ZodType>(schema: Schema, description: string) {
  return { description, content: { 'application/json': { schema } } };
}

/** A JSON body that a route takes. */
export function jsonBody<Schema extends z.ZodType>(schema: Schema) {
  return { body: { required: true, content: { 'application/json': { schema } } } };
}

/** What a route about one organization or workspace may answer, whoever asks. */
export const refusals = {
  401: problem('The personal access token is missing or not valid'),
  403: problem('You are a member, without the role that this needs'),
  404: problem('There is no such thing, or you are not a member of its organization'),
};

/** An error that a route may answer with. */
export function problem(description: string) {
  return { description, content: { 'application/problem+json': { schema: problemSchema } } };
}
