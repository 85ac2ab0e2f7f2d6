import { createRoute, z } from '@hono/zod-openapi';
import { changeWorkspace } from '../domain/workspaces.js';
import type { App } from '../http/app-env.js';
import { authorization } from '../http/authorization.js';
import { callerOf } from '../http/initiator.js';
import { answers, bodies } from './administration-schemas.js';
import { json, jsonBody, problem, refusals } from './schemas.js';
import { workspaceInfo } from './views.js';

const route = createRoute({
  method: 'patch',
  path: '/api/v1/workspaces/{nxCloudId}',
  summary: 'Change a workspace and who may use its cache',
  description:
    'What is given goes before the preset, and the preset before what stood there. A preset opts in; a level alone does not.',
  tags: ['Workspaces'],
  ...authorization.workspaceRole('admin'),
  request: { params: z.object({ nxCloudId: z.string() }), ...jsonBody(bodies.workspaceChange) },
  responses: {
    200: json(answers.workspace, 'Holds from the next request on'),
    400: problem('The body has the wrong shape'),
    ...refusals,
  },
});

export function changeWorkspaceRoute(app: App): void {
  app.openapi(route, async (c) => {
    const change = c.req.valid('json');
    const changed = await changeWorkspace(c.get('workspace').nxCloudId, change, callerOf(c), c.get('services'));
    return c.json(workspaceInfo(changed), 200);
  });
}
