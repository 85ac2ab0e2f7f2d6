import { createRoute } from '@hono/zod-openapi';
import { paths } from '../../../src/protocol/paths.js';
import type { App } from '../http/app-env.js';
import { authorization } from '../http/authorization.js';
import { json, personalAccessTokenListSchema, problem, tokenInfo } from './schemas.js';

const route = createRoute({
  method: 'get',
  path: paths.myTokens,
  summary: 'List my personal access tokens',
  tags: ['Me'],
  ...authorization.personalAccessToken,
  responses: {
    200: json(personalAccessTokenListSchema, 'Those that have not expired, newest first'),
    401: problem('The token is not valid'),
  },
});

export function myTokens(app: App): void {
  app.openapi(route, async (c) => {
    const tokens = await c.get('services').personalAccessTokens.list(c.get('caller').user.id);
    return c.json({ tokens: tokens.map(tokenInfo) }, 200);
  });
}
