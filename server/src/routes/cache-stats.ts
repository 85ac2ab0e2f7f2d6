import { createRoute, z } from '@hono/zod-openapi';
import { withWriterNames } from '../domain/cache-administration.js';
import type { App } from '../http/app-env.js';
import { authorization } from '../http/authorization.js';
import { answers } from './administration-schemas.js';
import { json, refusals } from './schemas.js';

const route = createRoute({
  method: 'get',
  path: '/api/v1/workspaces/{nxCloudId}/cache',
  summary: 'What the cache of a workspace holds, and by whom',
  tags: ['Cache'],
  ...authorization.workspaceRole('member'),
  request: { params: z.object({ nxCloudId: z.string() }) },
  responses: { 200: json(answers.cacheStats, 'Sizes are bytes'), ...refusals },
});

export function cacheStats(app: App): void {
  app.openapi(route, async (c) => {
    const workspace = c.get('workspace');
    const stats = await c.get('artifacts').stats(workspace.id);
    return c.json(await withWriterNames(stats, workspace, c.get('services').database), 200);
  });
}
