import { createRoute, z } from '@hono/zod-openapi';
import type { App } from '../http/app-env.js';
import { authorization } from '../http/authorization.js';
import { answers } from './administration-schemas.js';
import { json, refusals } from './schemas.js';
import { workspaceInfo } from './views.js';

const route = createRoute({
  method: 'get',
  path: '/api/v1/workspaces/{nxCloudId}',
  summary: 'Show a workspace and who may use its cache',
  tags: ['Workspaces'],
  ...authorization.workspaceRole('member'),
  request: { params: z.object({ nxCloudId: z.string() }) },
  responses: { 200: json(answers.workspace, 'The workspace'), ...refusals },
});

export function showWorkspace(app: App): void {
  app.openapi(route, (c) => {
    return c.json(workspaceInfo({ workspace: c.get('workspace'), organization: c.get('organization') }), 200);
  });
}
