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

/** The wire types of `src/protocol`, as the OpenAPI document shows them. `satisfies` keeps the two the same. */

const timestamp = z.iso.datetime().openapi({ example: '2026-11-21T14:00:00.000Z' });
const level = z.enum(['none', 'read-only', 'read-write']);
const nxCloudId = z.string().openapi({ example: '0123456789abcdef01234567' });

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
    user: z.object({ id: z.string(), name: z.string(), email: z.string() }),
    token: personalAccessTokenSchema,
    organizations: z.array(
      z.object({ slug: z.string(), name: z.string(), role: z.enum(['owner', 'admin', 'member']) }),
    ),
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
  .object({ nxCloudId, level, because: z.string().openapi({ description: 'A sentence for people: why that level.' }) })
  .openapi('WorkspaceAccess') satisfies z.ZodType<WorkspaceAccess>;

export function tokenInfo(token: PersonalAccessToken): PersonalAccessTokenInfo {
  const { id, name, origin, createdAt, lastUsedAt, expiresAt } = token;
  return {
    id,
    name,
    createdAt: new Date(createdAt).toISOString(),
    lastUsedAt: lastUsedAt === null ? null : new Date(lastUsedAt).toISOString(),
    expiresAt: expiresAt === null ? null : new Date(expiresAt).toISOString(),
    origin,
  };
}

/** A response with a JSON body, as a route declares it. */
export function json<Schema extends z.ZodType>(schema: Schema, description: string) {
  return { description, content: { 'application/json': { schema } } };
}

/** An error that a route may answer with. */
export function problem(description: string) {
  return { description, content: { 'application/problem+json': { schema: problemSchema } } };
}
