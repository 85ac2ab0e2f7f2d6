import { createRoute, z } from '@hono/zod-openapi';
import { importCiToken } from '../domain/ci-token-administration.js';
import type { App } from '../http/app-env.js';
import { authorization } from '../http/authorization.js';
import { callerOf } from '../http/initiator.js';
import { answers, bodies } from './administration-schemas.js';
import { json, jsonBody, problem, refusals } from './schemas.js';
import { ciAccessTokenInfo } from './views.js';

const route = createRoute({
  method: 'post',
  path: '/api/v1/workspaces/{nxCloudId}/ci-tokens/import',
  summary: 'Take over a token that a repository commits',
  description: 'It has the form base64(<uuid>|read-write) or base64(<uuid>|read-only), and keeps its access.',
  tags: ['CI'],
  ...authorization.workspaceRole('admin'),
  request: { params: z.object({ nxCloudId: z.string() }), ...jsonBody(bodies.importedCiAccessToken) },
  responses: {
    201: json(answers.ciAccessToken, 'Imported'),
    400: problem('The body has the wrong shape, or the token another form'),
    ...refusals,
    409: problem('Has been imported before'),
  },
});

export function importCiTokenRoute(app: App): void {
  app.openapi(route, async (c) => {
    const { name, token: secret } = c.req.valid('json');
    const target = { workspace: c.get('workspace'), organization: c.get('organization') };
    const token = await importCiToken(target, { name, secret }, callerOf(c), c.get('services'));
    return c.json(ciAccessTokenInfo(token), 201);
  });
}
