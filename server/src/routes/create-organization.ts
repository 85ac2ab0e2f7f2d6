import { createRoute } from '@hono/zod-openapi';
import { paths } from '../../../src/protocol/paths.js';
import { createOrganization } from '../domain/organizations.js';
import type { App } from '../http/app-env.js';
import { authorization } from '../http/authorization.js';
import { callerOf } from '../http/initiator.js';
import { answers, bodies } from './administration-schemas.js';
import { json, jsonBody, problem, refusals } from './schemas.js';
import { organizationInfo } from './views.js';

const route = createRoute({
  method: 'post',
  path: paths.organizations,
  summary: 'Make an organization',
  description: 'For owners of another one, who become its first owner. The very first is made with nxkey-server init.',
  tags: ['Organizations'],
  ...authorization.ownerOfAny,
  request: jsonBody(bodies.newOrganization),
  responses: {
    201: json(answers.organization, 'Made'),
    400: problem('The body has the wrong shape'),
    401: refusals[401],
    403: problem('You own no organization'),
    409: problem('The slug is taken'),
  },
});

export function createOrganizationRoute(app: App): void {
  app.openapi(route, async (c) => {
    const services = c.get('services');
    const { slug, name = slug } = c.req.valid('json');
    const request = { slug, name, ownerId: c.get('caller').user.id };
    const organization = await createOrganization(request, callerOf(c), services);
    return c.json(await organizationInfo(organization, 'owner', services), 201);
  });
}
