import { createRoute } from '@hono/zod-openapi';
import { paths } from '../../../src/protocol/paths.js';
import type { App } from '../http/app-env.js';
import { authorization } from '../http/authorization.js';
import { answers } from './administration-schemas.js';
import { json, refusals } from './schemas.js';
import { organizationInfo } from './views.js';

const route = createRoute({
  method: 'get',
  path: paths.organizations,
  summary: 'List my organizations',
  tags: ['Organizations'],
  ...authorization.personalAccessToken,
  responses: { 200: json(answers.organizationList, 'Those that I am a member of, by slug'), 401: refusals[401] },
});

export function listOrganizations(app: App): void {
  app.openapi(route, async (c) => {
    const services = c.get('services');
    const mine = await services.database.organizations.ofUser(c.get('caller').user.id);
    const organizations = mine.map(({ organization, membership }) =>
      organizationInfo(organization, membership.role, services),
    );
    return c.json({ organizations: await Promise.all(organizations) }, 200);
  });
}
