import { createRoute, z } from '@hono/zod-openapi';
import type { App } from '../http/app-env.js';
import { authorization } from '../http/authorization.js';
import { answers } from './administration-schemas.js';
import { json, refusals } from './schemas.js';
import { ciAccessTokenInfo } from './views.js';

const route = createRoute({
  method: 'get',
  path: '/api/v1/workspaces/{nxCloudId}/ci-tokens',
  summary: 'List the CI access tokens of a workspace',
  tags: ['CI'],
  ...authorization.workspaceRole('admin'),
  request: { params: z.object({ nxCloudId: z.string() }) },
  responses: { 200: json(answers.ciAccessTokenList, 'Newest first, the expired ones among them'), ...refusals },
});

export function listCiTokens(app: App): void {
  app.openapi(route, async (c) => {
    const tokens = await c.get('services').database.ciAccessTokens.ofWorkspace(c.get('workspace').id);
    return c.json({ tokens: tokens.map(ciAccessTokenInfo) }, 200);
  });
}
