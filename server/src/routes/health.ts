import { createRoute, z } from '@hono/zod-openapi';
import { paths } from '../../../src/protocol/paths.js';
import type { App } from '../http/app-env.js';
import { authorization } from '../http/authorization.js';
import { HttpError } from '../http/errors.js';
import { json, problem } from './schemas.js';

const route = createRoute({
  method: 'get',
  path: paths.health,
  summary: 'Whether the server and its database work',
  tags: ['Operation'],
  ...authorization.none,
  responses: {
    200: json(z.object({ status: z.literal('ok') }), 'Both work'),
    503: problem('The database does not answer'),
  },
});

export function health(app: App): void {
  app.openapi(route, async (c) => {
    try {
      await c.get('services').database.ping();
    } catch {
      throw new HttpError(503, 'Service unavailable', 'The database does not answer.', {
        headers: { 'retry-after': '5' },
      });
    }
    return c.json({ status: 'ok' as const }, 200);
  });
}
