import { createRoute, z } from '@hono/zod-openapi';
import { requireGithub } from '../../domain/github/configured.js';
import type { App } from '../../http/app-env.js';
import { authorization } from '../../http/authorization.js';
import { callerOf } from '../../http/initiator.js';
import { json, jsonBody, problem } from '../schemas.js';
import { connectionAnswer } from './connection-answer.js';
import { saidWhole } from './said-whole.js';
import { githubRefusals, githubSchemas } from './schemas.js';

const route = createRoute({
  method: 'put',
  path: '/api/v1/organizations/{slug}/github',
  summary: 'Connect an organization to a GitHub organization',
  description: 'For owners of both, with a linked GitHub account. The members come with the first reconciliation.',
  tags: ['GitHub'],
  ...authorization.organizationRole('owner'),
  request: { params: z.object({ slug: z.string() }), ...jsonBody(githubSchemas.newConnection) },
  responses: {
    201: json(githubSchemas.connection, 'Connected'),
    400: problem('The body has the wrong shape'),
    ...githubRefusals,
  },
});

export function connectGithub(app: App): void {
  app.openapi(route, async (c) => {
    const github = requireGithub(c.get('services'));
    const organization = c.get('organization');
    const { login, adminRole = 'admin', teams = [] } = c.req.valid('json');
    const request = { login, adminRole, teams };
    const view = await saidWhole(github.connect(organization, request, callerOf(c)));
    return c.json(await connectionAnswer(view, organization, github), 201);
  });
}
