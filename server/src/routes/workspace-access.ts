import { createRoute, z } from '@hono/zod-openapi';
import { isNxCloudId } from '../../../src/protocol/nx-cloud-id.js';
import { paths } from '../../../src/protocol/paths.js';
import { accessOf } from '../domain/workspace-access.js';
import type { App } from '../http/app-env.js';
import { authorization } from '../http/authorization.js';
import { HttpError } from '../http/errors.js';
import { json, problem, workspaceAccessSchema } from './schemas.js';

const route = createRoute({
  method: 'get',
  path: '/api/v1/workspaces/{nxCloudId}/access',
  summary: 'What I may do in a workspace, and why',
  tags: ['Workspaces'],
  ...authorization.personalAccessTokenOrAnonymous,
  request: {
    params: z.object({
      nxCloudId: z
        .string()
        .refine(isNxCloudId, 'has to be 24 letters or digits')
        .openapi({ example: '0123456789abcdef01234567' }),
    }),
  },
  responses: {
    200: json(workspaceAccessSchema, 'The effective access'),
    400: problem('The id has not the form of an nxCloudId'),
    401: problem('A token was sent and is not valid'),
    404: problem('There is no such workspace'),
  },
});

export function workspaceAccess(app: App): void {
  app.openapi(route, async (c) => {
    const { nxCloudId } = c.req.valid('param');
    const { database, unclaimedWorkspaces } = c.get('services');
    const found = await database.workspaces.findByNxCloudId(nxCloudId);
    if (found === null) {
      if ((await unclaimedWorkspaces.find(nxCloudId)) === null) {
        throw new HttpError(404, 'Not found', 'There is no workspace with that nxCloudId on this server.');
      }
      const because = unclaimedBecause(c.get('config').publicUrl + paths.connectNew);
      return c.json({ nxCloudId, level: 'none' as const, because, claimed: false as const }, 200);
    }
    const { level, because } = await accessOf(c.get('caller')?.user ?? null, found, database);
    return c.json({ nxCloudId, level, because }, 200);
  });
}

/** What to do next, too: nobody else tells whoever clones the repository. */
function unclaimedBecause(url: string): string {
  return (
    'nobody has claimed this workspace yet: open the link that "nx connect" printed; without it, an owner or admin ' +
    `makes another workspace at ${url}`
  );
}
