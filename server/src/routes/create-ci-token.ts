import { createRoute, z } from '@hono/zod-openapi';
import { issueCiToken } from '../domain/ci-token-administration.js';
import type { App } from '../http/app-env.js';
import { authorization } from '../http/authorization.js';
import { callerOf } from '../http/initiator.js';
import { answers, bodies } from './administration-schemas.js';
import { json, jsonBody, problem, refusals } from './schemas.js';
import { ciAccessTokenInfo } from './views.js';

const route = createRoute({
  method: 'post',
  path: '/api/v1/workspaces/{nxCloudId}/ci-tokens',
  summary: 'Make a CI access token',
  tags: ['CI'],
  ...authorization.workspaceRole('admin'),
  request: { params: z.object({ nxCloudId: z.string() }), ...jsonBody(bodies.newCiAccessToken) },
  responses: {
    201: json(answers.createdCiAccessToken, 'The token is sent this once'),
    400: problem('The body has the wrong shape, or the expiry is not in the future'),
    ...refusals,
  },
});

export function createCiToken(app: App): void {
  app.openapi(route, async (c) => {
    const { name, accessLevel, expiresAt = null } = c.req.valid('json');
    const request = { name, level: accessLevel, expiresAt: expiresAt === null ? null : Date.parse(expiresAt) };
    const target = { workspace: c.get('workspace'), organization: c.get('organization') };
    const { secret, token } = await issueCiToken(target, request, callerOf(c), c.get('services'));
    return c.json({ token: secret, info: ciAccessTokenInfo(token), previous: null }, 201);
  });
}
