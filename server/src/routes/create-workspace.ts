import { createRoute, z } from '@hono/zod-openapi';
import { createWorkspace } from '../domain/workspaces.js';
import type { App } from '../http/app-env.js';
import { authorization } from '../http/authorization.js';
import { callerOf } from '../http/initiator.js';
import { answers, bodies } from './administration-schemas.js';
import { json, jsonBody, problem, refusals } from './schemas.js';
import { workspaceInfo } from './views.js';

const route = createRoute({
  method: 'post',
  path: '/api/v1/organizations/{slug}/workspaces',
  summary: 'Make a workspace',
  description: 'Without a preset it begins with the recommended one.',
  tags: ['Workspaces'],
  ...authorization.organizationRole('admin'),
  request: { params: z.object({ slug: z.string() }), ...jsonBody(bodies.newWorkspace) },
  responses: { 201: json(answers.workspace, 'Made'), 400: problem('The body has the wrong shape'), ...refusals },
});

export function createWorkspaceRoute(app: App): void {
  app.openapi(route, async (c) => {
    const organization = c.get('organization');
    const { name, preset = 'recommended' } = c.req.valid('json');
    const request = { organizationId: organization.id, name, preset };
    const workspace = await createWorkspace(request, callerOf(c), c.get('services'));
    return c.json(workspaceInfo({ workspace, organization }), 201);
  });
}
