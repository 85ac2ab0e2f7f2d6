import { createRoute, z } from '@hono/zod-openapi';
import { addMember } from '../domain/members.js';
import { isoTime } from '../domain/times.js';
import type { App } from '../http/app-env.js';
import { authorization } from '../http/authorization.js';
import { callerOf } from '../http/initiator.js';
import { invitationPath } from '../pages/invitation.js';
import { answers, bodies } from './administration-schemas.js';
import { json, jsonBody, problem, refusals } from './schemas.js';
import { memberInfo } from './views.js';

const route = createRoute({
  method: 'post',
  path: '/api/v1/organizations/{slug}/members',
  summary: 'Add a member',
  description:
    'Somebody who has no password yet gets an invitation, also when they are a member already: that replaces a lost link.',
  tags: ['Members'],
  ...authorization.organizationRole('admin'),
  request: { params: z.object({ slug: z.string() }), ...jsonBody(bodies.newMember) },
  responses: {
    201: json(answers.addedMember, 'A member; the link of the invitation is shown this once'),
    400: problem('The body has the wrong shape'),
    ...refusals,
    409: problem('Is a member already and can sign in, or was invited by another organization and cannot sign in yet'),
  },
});

export function addMemberRoute(app: App): void {
  app.openapi(route, async (c) => {
    const { role = 'member', ...person } = c.req.valid('json');
    const request = { ...person, role };
    const { member, invitation } = await addMember(c.get('organization'), request, callerOf(c), c.get('services'));
    const answer = invitation && {
      url: c.get('config').publicUrl + invitationPath(invitation.secret),
      expiresAt: isoTime(invitation.expiresAt),
    };
    return c.json({ member: memberInfo(member), invitation: answer }, 201);
  });
}
