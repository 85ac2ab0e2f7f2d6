import { byUser } from '../domain/audit-log.js';
import type { App } from '../http/app-env.js';
import { HttpError } from '../http/errors.js';
import { sourceOf } from '../http/initiator.js';
import { administered, chosenOrganization } from './connect.js';
import { claimPage, connectedPath } from './connect-views.js';
import { formFields, requireCsrfToken } from './form-guard.js';
import { chosenPreset } from './preset-choice.js';
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
    const organizations = await administered(c, session);
    return c.html(claimPage({ session, workspace, code, organizations, now: clock() }));
  });

  app.post(route, async (c) => {
    const session = await signedIn(c);
    if (session instanceof Response) return session;
    const fields = await formFields(c);
    requireCsrfToken(session, fields);
    const organization = chosenOrganization(await administered(c, session), fields('organization'));
    const owner = { organizationId: organization.id, preset: chosenPreset(fields('preset')) };
    const initiator = byUser(session.user, sourceOf(c));
    const workspace = await c.get('services').unclaimedWorkspaces.claim(c.req.param('code'), owner, initiator);
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
