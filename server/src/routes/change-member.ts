import { createRoute, z } from '@hono/zod-openapi';
import { changeRole } from '../domain/members.js';
import type { App } from '../http/app-env.js';
import { authorization } from '../http/authorization.js';
import { callerOf } from '../http/initiator.js';
import { answers, bodies } from './administration-schemas.js';
import { json, jsonBody, problem, refusals } from './schemas.js';
import { memberInfo } from './views.js';

const route = createRoute({
  method: 'patch',
  path: '/api/v1/organizations/{slug}/members/{userId}',
  summary: 'Change the role of a member',
  description: 'Only owners give and take away the role of an owner.',
  tags: ['Members'],
  ...authorization.organizationRole('admin'),
  request: { params: z.object({ slug: z.string(), userId: z.string() }), ...jsonBody(bodies.memberChange) },
  responses: {
    200: json(answers.member, 'Holds from the next request on'),
    400: problem('The body has the wrong shape'),
    ...refusals,
    409: problem('Is the last owner'),
  },
});

export function changeMember(app: App): void {
  app.openapi(route, async (c) => {
    const { userId } = c.req.valid('param');
    const { role } = c.req.valid('json');
    const member = await changeRole(c.get('organization'), userId, role, callerOf(c), c.get('services'));
    return c.json(memberInfo(member), 200);
  });
}
