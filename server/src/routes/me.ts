import { createRoute } from '@hono/zod-openapi';
import { paths } from '../../../src/protocol/paths.js';
import type { App } from '../http/app-env.js';
import { authorization } from '../http/authorization.js';
import { json, problem, tokenInfo, whoAmISchema } from './schemas.js';
import { warningsFor } from './views.js';

const route = createRoute({
  method: 'get',
  path: paths.me,
  summary: 'Who am I',
  tags: ['Me'],
  ...authorization.personalAccessToken,
  responses: { 200: json(whoAmISchema, 'The person the token belongs to'), 401: problem('The token is not valid') },
});

export function me(app: App): void {
  app.openapi(route, async (c) => {
    const { user, token } = c.get('caller');
    const services = c.get('services');
    const mine = await services.database.organizations.ofUser(user.id);
    const organizations = mine.map(async ({ organization, membership: { role } }) => {
      const { slug, name } = organization;
      return { slug, name, role, warnings: await warningsFor(organization, role, services) };
    });
    return c.json(
      {
        user: { id: user.id, name: user.name, email: user.email },
        token: tokenInfo(token),
        organizations: await Promise.all(organizations),
      },
      200,
    );
  });
}
