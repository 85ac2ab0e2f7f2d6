import { createRoute, z } from '@hono/zod-openapi';
import { auditActions } from '../../../src/protocol/audit-wire-types.js';
import type { AuditFilter } from '../domain/audit.js';
import { auditPage, parseAuditCursor } from '../domain/audit-page.js';
import { isNxCloudId } from '../../../src/protocol/nx-cloud-id.js';
import type { App } from '../http/app-env.js';
import { authorization } from '../http/authorization.js';
import { HttpError } from '../http/errors.js';
import { answers } from './administration-schemas.js';
import { json, problem, refusals } from './schemas.js';
import { auditEventInfo } from './views.js';

const once = (rule: string) => z.string(`${rule}, once`);
const time = z.iso.datetime({ offset: true, error: 'has to be a time such as 2026-11-21T00:00:00Z, once' });

const querySchema = z.object({
  workspace: once('has to be 24 letters or digits').refine(isNxCloudId, 'has to be 24 letters or digits').optional(),
  action: z
    .preprocess(
      (value) => (typeof value === 'string' ? [value] : value),
      z.array(z.enum(auditActions, `has to be one of ${auditActions.join(', ')}`)),
    )
    .optional()
    .openapi({ description: 'May be given several times.' }),
  actor: once('has to be a part of a name').min(1, 'is empty').max(254, 'is too long').optional(),
  since: time.optional().openapi({ description: 'From this moment on.' }),
  until: time.optional().openapi({ description: 'Before this moment.' }),
  limit: z.coerce
    .number('has to be a number')
    .int('has to be a whole number')
    .min(1, 'has to be from 1 to 1000')
    .max(1000, 'has to be from 1 to 1000')
    .default(100),
  before: once('has to be "next" of the page before')
    .refine((text) => parseAuditCursor(text) !== null, 'has to be "next" of the page before')
    .optional(),
});

const route = createRoute({
  method: 'get',
  path: '/api/v1/organizations/{slug}/audit',
  summary: 'What was done in an organization, by whom',
  description:
    'Newest first: what concerns the organization and its workspaces, and the sign-ins and tokens of its members.',
  tags: ['Audit'],
  ...authorization.organizationRole('admin'),
  request: { params: z.object({ slug: z.string() }), query: querySchema },
  responses: {
    200: json(answers.auditPage, 'A page of it'),
    400: problem('A parameter has the wrong shape'),
    ...refusals,
  },
});

export function audit(app: App): void {
  app.openapi(route, async (c) => {
    const organization = c.get('organization');
    const { database } = c.get('services');
    const { workspace, action, actor, since, until, limit, before } = c.req.valid('query');
    const workspaces = await database.workspaces.ofOrganization(organization.id);
    const filter: AuditFilter = { organizationId: organization.id, limit };
    if (workspace !== undefined) {
      const found = workspaces.find(({ nxCloudId }) => nxCloudId === workspace);
      if (found === undefined) {
        throw new HttpError(404, 'Not found', `${organization.slug} has no workspace with that nxCloudId.`);
      }
      filter.workspaceId = found.id;
    }
    if (action !== undefined) filter.actions = action;
    if (actor !== undefined) filter.actor = actor;
    if (since !== undefined) filter.since = Date.parse(since);
    if (until !== undefined) filter.until = Date.parse(until);
    const cursor = before === undefined ? null : parseAuditCursor(before);
    if (cursor !== null) filter.before = cursor;
    const { events, next } = await auditPage(filter, database);
    return c.json({ events: events.map((event) => auditEventInfo(event, workspaces)), next }, 200);
  });
}
