import { createRoute, z } from '@hono/zod-openapi';
import type { App } from '../http/app-env.js';
import { authorization } from '../http/authorization.js';
import { answers } from './administration-schemas.js';
import { json, refusals } from './schemas.js';
import { organizationInfo } from './views.js';

const route = createRoute({
  method: 'get',
  path: '/api/v1/organizations/{slug}',
  summary: 'Show an organization',
  tags: ['Organizations'],
  ...authorization.organizationRole('member'),
  request: { params: z.object({ slug: z.string() }) },
  responses: { 200: json(answers.organization, 'The organization'), ...refusals },
});

export function showOrganization(app: App): void {
  app.openapi(route, async (c) => {
    return c.json(await organizationInfo(c.get('organization'), c.get('role'), c.get('services')), 200);
  });
}
