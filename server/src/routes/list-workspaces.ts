import { createRoute, z } from '@hono/zod-openapi';
import type { App } from '../http/app-env.js';
import { authorization } from '../http/authorization.js';
import { answers } from './administration-schemas.js';
import { json, refusals } from './schemas.js';
import { workspaceInfo } from './views.js';

const route = createRoute({
  method: 'get',
  path: '/api/v1/organizations/{slug}/workspaces',
  summary: 'List the workspaces of an organization',
  tags: ['Workspaces'],
  ...authorization.organizationRole('member'),
  request: { params: z.object({ slug: z.string() }) },
  responses: { 200: json(answers.workspaceList, 'By name'), ...refusals },
});

export function listWorkspaces(app: App): void {
  app.openapi(route, async (c) => {
    const organization = c.get('organization');
    const workspaces = await c.get('services').database.workspaces.ofOrganization(organization.id);
    return c.json({ workspaces: workspaces.map((workspace) => workspaceInfo({ workspace, organization })) }, 200);
  });
}
