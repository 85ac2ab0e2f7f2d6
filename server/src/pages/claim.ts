import { byUser } from '../domain/audit-log.js';
import type { App } from '../http/app-env.js';
import { HttpError } from '../http/errors.js';
import { sourceOf } from '../http/initiator.js';
import { administered, ownerRequest } from './connect.js';
import { claimPage, connectedPath } from './connect-views.js';
import { formFields, requireCsrfToken } from './form-guard.js';
import { signedIn } from './sign-in.js';

const route = '/connect/:code';

/** Where somebody becomes the owner of the workspace that `nx connect` has made: who has the link may, once. */
export function mountClaim(app: App): void {
  app.get(route, async (c) => {
    const session = await signedIn(c);
    if (session instanceof Response) return session;
    const code = c.req.param('code');
    const { unclaimedWorkspaces, clock } = c.get('services');
    const workspace = await unclaimedWorkspaces.findByClaimCode(code);
    if (workspace === null) throw notValid();
    const form = { session, organizations: await administered(c, session), name: workspace.name, error: null };
    return c.html(claimPage({ ...form, workspace, code, now: clock() }));
  });

  app.post(route, async (c) => {
    const session = await signedIn(c);
    if (session instanceof Response) return session;
    const fields = await formFields(c);
    requireCsrfToken(session, fields);
    const code = c.req.param('code');
    const { unclaimedWorkspaces, clock } = c.get('services');
    const unclaimed = await unclaimedWorkspaces.findByClaimCode(code);
    if (unclaimed === null) throw notValid();
    const organizations = await administered(c, session);
    const { request, error } = ownerRequest(fields, organizations);
    if (error !== null) {
      const form = { session, organizations, name: request.name, error };
      return c.html(claimPage({ ...form, workspace: unclaimed, code, now: clock() }), 400);
    }
    const workspace = await unclaimedWorkspaces.claim(code, request, byUser(session.user, sourceOf(c)));
    // Somebody else was faster.
    if (workspace === null) throw notValid();
    return c.redirect(connectedPath(workspace.nxCloudId), 303);
  });
}

/** One message for all: who has the wrong link shall not learn which there are. */
function notValid(): HttpError {
  return new HttpError(
    404,
    'This link does not work',
    'It is not complete, too old, or the workspace has been claimed. If that was nobody you know, take its nxCloudId ' +
      'out of nx.json, since whoever claimed it decides what its cache gives you, and run "nx connect" again.',
  );
}
