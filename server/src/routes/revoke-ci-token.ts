import { createRoute, z } from '@hono/zod-openapi';
import { revokeCiToken } from '../domain/ci-token-administration.js';
import type { App } from '../http/app-env.js';
import { authorization } from '../http/authorization.js';
import { callerOf } from '../http/initiator.js';
import { refusals } from './schemas.js';

const route = createRoute({
  method: 'delete',
  path: '/api/v1/workspaces/{nxCloudId}/ci-tokens/{id}',
  summary: 'Revoke a CI access token',
  tags: ['CI'],
  ...authorization.workspaceRole('admin'),
  request: { params: z.object({ nxCloudId: z.string(), id: z.string() }) },
  responses: { 204: { description: 'The next request with it is refused' }, ...refusals },
});

export function revokeCiTokenRoute(app: App): void {
  app.openapi(route, async (c) => {
    const { id } = c.req.valid('param');
    const target = { workspace: c.get('workspace'), organization: c.get('organization') };
    await revokeCiToken(target, id, callerOf(c), c.get('services'));
    return c.body(null, 204);
  });
}
