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
  method: 'patch',
  path: '/api/v1/organizations/{slug}/github',
  summary: 'Change which roles come from GitHub',
  description: 'What is left out stays; of the teams, all are given.',
  tags: ['GitHub'],
  ...authorization.organizationRole('owner'),
  request: { params: z.object({ slug: z.string() }), ...jsonBody(githubSchemas.connectionChange) },
  responses: {
    200: json(githubSchemas.connection, "The members' roles have followed"),
    400: problem('The body has the wrong shape'),
    ...githubRefusals,
  },
});

export function changeGithub(app: App): void {
  app.openapi(route, async (c) => {
    const github = requireGithub(c.get('services'));
    const organization = c.get('organization');
    const view = await saidWhole(github.change(organization, c.req.valid('json'), callerOf(c)));
    return c.json(await connectionAnswer(view, organization, github), 200);
  });
}
