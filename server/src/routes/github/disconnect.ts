import { createRoute, z } from '@hono/zod-openapi';
import { requireGithub } from '../../domain/github/configured.js';
import type { App } from '../../http/app-env.js';
import { authorization } from '../../http/authorization.js';
import { callerOf } from '../../http/initiator.js';
import { saidWhole } from './said-whole.js';
import { githubRefusals } from './schemas.js';

const route = createRoute({
  method: 'delete',
  path: '/api/v1/organizations/{slug}/github',
  summary: 'Disconnect an organization from GitHub',
  description: 'Ends all memberships that came from GitHub. Refused when no owner would be left.',
  tags: ['GitHub'],
  ...authorization.organizationRole('owner'),
  request: { params: z.object({ slug: z.string() }) },
  responses: { 204: { description: 'Whoever came from GitHub is a member no more' }, ...githubRefusals },
});

export function disconnectGithub(app: App): void {
  app.openapi(route, async (c) => {
    await saidWhole(requireGithub(c.get('services')).disconnect(c.get('organization'), callerOf(c)));
    return c.body(null, 204);
  });
}
