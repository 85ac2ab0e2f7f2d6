import { createRoute, z } from '@hono/zod-openapi';
import { purgeCache } from '../domain/cache-administration.js';
import type { App } from '../http/app-env.js';
import { authorization } from '../http/authorization.js';
import { callerOf } from '../http/initiator.js';
import { answers, bodies } from './administration-schemas.js';
import { json, jsonBody, problem, refusals } from './schemas.js';

const route = createRoute({
  method: 'post',
  path: '/api/v1/workspaces/{nxCloudId}/cache/purge',
  summary: 'Remove artifacts for good',
  description: 'All, one hash in every scope, what is isolated, or all that one token or person wrote.',
  tags: ['Cache'],
  ...authorization.workspaceRole('admin'),
  request: { params: z.object({ nxCloudId: z.string() }), ...jsonBody(bodies.cachePurge) },
  responses: {
    200: json(answers.cacheUsage, 'What is gone'),
    400: problem('The body has the wrong shape'),
    ...refusals,
  },
});

export function purgeCacheRoute(app: App): void {
  app.openapi(route, async (c) => {
    const target = { workspace: c.get('workspace'), organization: c.get('organization') };
    const purged = await purgeCache(target, c.req.valid('json'), callerOf(c), {
      ...c.get('services'),
      artifacts: c.get('artifacts'),
    });
    return c.json(purged, 200);
  });
}
