import { createRoute, z } from '@hono/zod-openapi';
import { requireGithub } from '../../domain/github/configured.js';
import type { App } from '../../http/app-env.js';
import { authorization } from '../../http/authorization.js';
import { json } from '../schemas.js';
import { connectionAnswer } from './connection-answer.js';
import { githubRefusals, githubSchemas } from './schemas.js';

const route = createRoute({
  method: 'get',
  path: '/api/v1/organizations/{slug}/github',
  summary: 'Show the connection to a GitHub organization',
  tags: ['GitHub'],
  ...authorization.organizationRole('owner'),
  request: { params: z.object({ slug: z.string() }) },
  responses: { 200: json(githubSchemas.info, 'The connection, or null for none'), ...githubRefusals },
});

export function showGithub(app: App): void {
  app.openapi(route, async (c) => {
    const github = requireGithub(c.get('services'));
    const organization = c.get('organization');
    const view = await github.show(organization);
    return c.json({ connection: view && (await connectionAnswer(view, organization, github)) }, 200);
  });
}
