import { createRoute, z } from '@hono/zod-openapi';
import { paths } from '../../../src/protocol/paths.js';
import type { User } from '../domain/model.js';
import type { Services } from '../domain/services.js';
import type { App } from '../http/app-env.js';
import { authorization } from '../http/authorization.js';
import { form, oauthErrorSchema, secretSchema } from './oauth-request.js';
import { json } from './schemas.js';

const responseSchema = z
  .object({
    active: z.boolean(),
    token_type: z.literal('Bearer').optional(),
    client_id: z.string().optional(),
    sub: z.string().optional(),
    username: z.string().optional(),
    scope: z.string().optional().openapi({ description: 'read-only or read-write; CI access tokens only' }),
    nx_cloud_id: z.string().optional(),
    iat: z.int().optional(),
    exp: z.int().optional(),
  })
  .openapi('Introspection');

const route = createRoute({
  method: 'post',
  path: paths.introspection,
  summary: 'What is known about a token of mine (RFC 7662)',
  description: 'For personal access tokens of the caller and CI access tokens of workspaces they own or administer.',
  tags: ['OAuth'],
  ...authorization.personalAccessToken,
  request: form(z.object({ token: secretSchema, token_type_hint: z.string('is given twice').max(100).optional() })),
  responses: {
    200: json(responseSchema, 'active is false for every token that is not the caller’s business'),
    400: json(oauthErrorSchema, 'invalid_request'),
    401: json(oauthErrorSchema, 'invalid_token'),
  },
});

export function introspection(app: App): void {
  app.openapi(route, async (c) => {
    const { token } = c.req.valid('form');
    return c.json(await introspect(token, c.get('caller').user, c.get('services')), 200);
  });
}

async function introspect(
  secret: string,
  caller: User,
  { personalAccessTokens, ciAccessTokens, database }: Services,
): Promise<z.infer<typeof responseSchema>> {
  const personal = await personalAccessTokens.inspect(secret);
  if (personal !== null) {
    const { user, token } = personal;
    if (user.id !== caller.id) return { active: false };
    return {
      active: true,
      token_type: 'Bearer',
      client_id: token.origin.client,
      sub: user.id,
      username: user.email,
      ...times(token),
    };
  }
  const ci = await ciAccessTokens.authenticate(secret);
  if (ci === null) return { active: false };
  const membership = await database.organizations.membership(caller.id, ci.organization.id);
  if (membership?.role !== 'owner' && membership?.role !== 'admin') return { active: false };
  const { token, workspace } = ci;
  return {
    active: true,
    token_type: 'Bearer',
    sub: token.id,
    scope: token.level,
    nx_cloud_id: workspace.nxCloudId,
    ...times(token),
  };
}

/** RFC 7662 counts in seconds. */
function times({ createdAt, expiresAt }: { createdAt: number; expiresAt: number | null }) {
  const iat = Math.floor(createdAt / 1000);
  return expiresAt === null ? { iat } : { iat, exp: Math.floor(expiresAt / 1000) };
}
