import { createRoute, z } from '@hono/zod-openapi';
import type { App } from '../http/app-env.js';
import { authorization } from '../http/authorization.js';
import { answers } from './administration-schemas.js';
import { json, refusals } from './schemas.js';
import { memberInfo } from './views.js';

const route = createRoute({
  method: 'get',
  path: '/api/v1/organizations/{slug}/members',
  summary: 'List the members of an organization',
  tags: ['Members'],
  ...authorization.organizationRole('member'),
  request: { params: z.object({ slug: z.string() }) },
  responses: { 200: json(answers.memberList, 'By e-mail address'), ...refusals },
});

export function listMembers(app: App): void {
  app.openapi(route, async (c) => {
    const members = await c.get('services').database.organizations.members(c.get('organization').id);
    return c.json({ members: members.map(memberInfo) }, 200);
  });
}
