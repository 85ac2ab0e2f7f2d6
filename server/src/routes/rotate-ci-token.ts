import { createRoute, z } from '@hono/zod-openapi';
import { rotateCiToken } from '../domain/ci-token-administration.js';
import type { App } from '../http/app-env.js';
import { authorization } from '../http/authorization.js';
import { callerOf } from '../http/initiator.js';
import { answers, bodies } from './administration-schemas.js';
import { json, jsonBody, problem, refusals } from './schemas.js';
import { ciAccessTokenInfo } from './views.js';

const route = createRoute({
  method: 'post',
  path: '/api/v1/workspaces/{nxCloudId}/ci-tokens/{id}/rotate',
  summary: 'Replace a CI access token by a new one',
  description: 'The new one has the name, the level and the length of life of the old one, which ends after the grace.',
  tags: ['CI'],
  ...authorization.workspaceRole('admin'),
  request: { params: z.object({ nxCloudId: z.string(), id: z.string() }), ...jsonBody(bodies.ciAccessTokenRotation) },
  responses: {
    201: json(answers.createdCiAccessToken, 'The new token is sent this once'),
    400: problem('The body has the wrong shape'),
    ...refusals,
    409: problem('Has been replaced already'),
  },
});

export function rotateCiTokenRoute(app: App): void {
  app.openapi(route, async (c) => {
    const { id } = c.req.valid('param');
    const graceMs = c.req.valid('json').graceSeconds * 1000;
    const target = { workspace: c.get('workspace'), organization: c.get('organization') };
    const { secret, token, previous } = await rotateCiToken(target, id, graceMs, callerOf(c), c.get('services'));
    const info = ciAccessTokenInfo(token);
    return c.json({ token: secret, info, previous: previous && ciAccessTokenInfo(previous) }, 201);
  });
}
