import { createRoute, z } from '@hono/zod-openapi';
import { removeMember } from '../domain/members.js';
import type { App } from '../http/app-env.js';
import { authorization } from '../http/authorization.js';
import { callerOf } from '../http/initiator.js';
import { problem, refusals } from './schemas.js';

const route = createRoute({
  method: 'delete',
  path: '/api/v1/organizations/{slug}/members/{userId}',
  summary: 'Remove a member',
  description: 'For owners; for admins, where the member is no owner; and for everybody who leaves.',
  tags: ['Members'],
  ...authorization.organizationRole('member'),
  request: { params: z.object({ slug: z.string(), userId: z.string() }) },
  responses: {
    204: { description: 'The next request finds no member any more; other organizations are kept' },
    ...refusals,
    409: problem('Is the last owner'),
  },
});

export function removeMemberRoute(app: App): void {
  app.openapi(route, async (c) => {
    const { userId } = c.req.valid('param');
    await removeMember(c.get('organization'), userId, callerOf(c), c.get('services'));
    return c.body(null, 204);
  });
}
