import { createRoute } from '@hono/zod-openapi';
import { paths } from '../../../src/protocol/paths.js';
import type { App } from '../http/app-env.js';
import { authorization } from '../http/authorization.js';
import { ciTokenSchema, json, problem } from './schemas.js';

const route = createRoute({
  method: 'get',
  path: paths.ciToken,
  summary: 'The workspace that a CI access token belongs to',
  description:
    'Also for imported tokens in the form base64(<uuid>|read-write), so that nx.json files can be converted.',
  tags: ['CI'],
  ...authorization.ciToken,
  responses: { 200: json(ciTokenSchema, 'The token is valid'), 401: problem('The token is not valid') },
});

export function ciToken(app: App): void {
  app.openapi(route, (c) => {
    const { token, workspace, organization } = c.get('ciToken');
    return c.json(
      {
        nxCloudId: workspace.nxCloudId,
        accessLevel: token.level,
        workspace: { name: workspace.name },
        organization: { slug: organization.slug, name: organization.name },
      },
      200,
    );
  });
}
