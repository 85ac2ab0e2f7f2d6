import { createRoute, z } from '@hono/zod-openapi';
import { paths } from '../../../src/protocol/paths.js';
import type { App } from '../http/app-env.js';
import { authorization } from '../http/authorization.js';
import { HttpError } from '../http/errors.js';
import { callerOf } from '../http/initiator.js';
import { problem } from './schemas.js';

const route = createRoute({
  method: 'delete',
  path: `${paths.myTokens}/{id}` as const,
  summary: 'Revoke one of my personal access tokens',
  tags: ['Me'],
  ...authorization.personalAccessToken,
  request: { params: z.object({ id: z.string().max(100) }) },
  responses: {
    204: { description: 'Revoked: the next request with it is refused' },
    401: problem('The token that authenticates the request is not valid'),
    404: problem('You have no such token'),
  },
});

export function revokeMyToken(app: App): void {
  app.openapi(route, async (c) => {
    const { id } = c.req.valid('param');
    const revoked = await c.get('services').personalAccessTokens.revoke(id, c.get('caller').user, callerOf(c));
    if (!revoked) throw new HttpError(404, 'Not found', 'You have no personal access token with that id.');
    return c.body(null, 204);
  });
}
