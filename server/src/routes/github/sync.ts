import { createRoute, z } from '@hono/zod-openapi';
import { requireGithub } from '../../domain/github/configured.js';
import type { App } from '../../http/app-env.js';
import { authorization } from '../../http/authorization.js';
import { callerOf } from '../../http/initiator.js';
import { saidWhole } from './said-whole.js';
import { githubRefusals } from './schemas.js';

const route = createRoute({
  method: 'post',
  path: '/api/v1/organizations/{slug}/github/sync',
  summary: 'Ask GitHub for all members',
  description: 'At the next opportunity; "confirmedAt" of the connection then says when.',
  tags: ['GitHub'],
  ...authorization.organizationRole('owner'),
  request: { params: z.object({ slug: z.string() }) },
  responses: { 202: { description: 'It will be done' }, ...githubRefusals },
});

export function syncGithub(app: App): void {
  app.openapi(route, async (c) => {
    await saidWhole(requireGithub(c.get('services')).requestSync(c.get('organization'), callerOf(c)));
    return c.body(null, 202);
  });
}
