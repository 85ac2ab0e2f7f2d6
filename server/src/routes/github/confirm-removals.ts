import { createRoute, z } from '@hono/zod-openapi';
import { requireGithub } from '../../domain/github/configured.js';
import type { App } from '../../http/app-env.js';
import { authorization } from '../../http/authorization.js';
import { callerOf } from '../../http/initiator.js';
import { json, jsonBody, problem } from '../schemas.js';
import { saidWhole } from './said-whole.js';
import { githubRefusals, githubSchemas } from './schemas.js';

const route = createRoute({
  method: 'post',
  path: '/api/v1/organizations/{slug}/github/confirm-removals',
  summary: 'Confirm the removals that wait for an owner',
  description: 'Those of "held" of the connection, and no others: refused when others have come to be held since.',
  tags: ['GitHub'],
  ...authorization.organizationRole('owner'),
  request: { params: z.object({ slug: z.string() }), ...jsonBody(githubSchemas.removalsConfirmation) },
  responses: {
    200: json(githubSchemas.removalsConfirmed, 'Done; how many people it were'),
    400: problem('The body has the wrong shape'),
    ...githubRefusals,
  },
});

export function confirmRemovals(app: App): void {
  app.openapi(route, async (c) => {
    const heldAt = Date.parse(c.req.valid('json').heldAt);
    const github = requireGithub(c.get('services'));
    const removed = await saidWhole(github.confirmRemovals(c.get('organization'), heldAt, callerOf(c)));
    return c.json({ removed }, 200);
  });
}
