import { createRoute, z } from '@hono/zod-openapi';
import { changeCiToken } from '../domain/ci-token-administration.js';
import type { App } from '../http/app-env.js';
import { authorization } from '../http/authorization.js';
import { callerOf } from '../http/initiator.js';
import { answers, bodies } from './administration-schemas.js';
import { json, jsonBody, problem, refusals } from './schemas.js';
import { ciAccessTokenInfo } from './views.js';

const route = createRoute({
  method: 'patch',
  path: '/api/v1/workspaces/{nxCloudId}/ci-tokens/{id}',
  summary: 'Rename a CI access token, or give it an end',
  description: 'A token ends after the grace, and never later than it would have.',
  tags: ['CI'],
  ...authorization.workspaceRole('admin'),
  request: { params: z.object({ nxCloudId: z.string(), id: z.string() }), ...jsonBody(bodies.ciAccessTokenChange) },
  responses: {
    200: json(answers.ciAccessToken, 'Holds from the next request on'),
    400: problem('The body has the wrong shape'),
    ...refusals,
  },
});

export function changeCiTokenRoute(app: App): void {
  app.openapi(route, async (c) => {
    const { id } = c.req.valid('param');
    const { name, graceSeconds } = c.req.valid('json');
    const target = { workspace: c.get('workspace'), organization: c.get('organization') };
    const change = { name, graceMs: graceSeconds === undefined ? undefined : graceSeconds * 1000 };
    return c.json(ciAccessTokenInfo(await changeCiToken(target, id, change, callerOf(c), c.get('services'))), 200);
  });
}
