import { paths } from '../../../src/protocol/paths.js';
import { byUser } from '../domain/audit-log.js';
import { displayNameForm } from '../domain/names.js';
import type { Organization } from '../domain/model.js';
import { hasRole } from '../domain/roles.js';
import { createWorkspace, type NewWorkspace } from '../domain/workspaces.js';
import type { App, AppContext } from '../http/app-env.js';
import { HttpError } from '../http/errors.js';
import { sourceOf } from '../http/initiator.js';
import { claimedPage, connectedPage, connectedPath, newPage } from './connect-views.js';
import { formFields, requireCsrfToken, type FormFields } from './form-guard.js';
import type { PageSession } from './session.js';
import { chosenPreset } from './preset-choice.js';
import { signedIn } from './sign-in.js';

/** Where the links of `nx connect` lead that claim nothing: there is no workspace yet, or somebody owns it. */
export function mountConnect(app: App): void {
  app.get(paths.connectNew, async (c) => {
    const session = await signedIn(c);
    if (session instanceof Response) return session;
    return c.html(newPage({ session, organizations: await administered(c, session), name: '', error: null }));
  });

  app.post(paths.connectNew, async (c) => {
    const session = await signedIn(c);
    if (session instanceof Response) return session;
    const fields = await formFields(c);
    requireCsrfToken(session, fields);
    const organizations = await administered(c, session);
    const { request, error } = ownerRequest(fields, organizations);
    if (error !== null) return c.html(newPage({ session, organizations, name: request.name, error }), 400);
    const workspace = await createWorkspace(request, byUser(session.user, sourceOf(c)), c.get('services'));
    return c.redirect(connectedPath(workspace.nxCloudId), 303);
  });

  // Shown to anybody: it names nothing.
  app.get('/connect/claimed', (c) => c.html(claimedPage()));

  app.get('/connect/workspaces/:nxCloudId', async (c) => {
    const session = await signedIn(c);
    if (session instanceof Response) return session;
    const { workspaces, organizations } = c.get('services').database;
    const found = await workspaces.findByNxCloudId(c.req.param('nxCloudId'));
    if (found === null || (await organizations.membership(session.user.id, found.organization.id)) === null) {
      throw new HttpError(404, 'No such workspace', 'There is none with that nxCloudId, or you are not a member.');
    }
    return c.html(connectedPage({ session, ...found, publicUrl: c.get('config').publicUrl }));
  });

  // What Nx prints on its own when it got no answer. Behind "?" it may have a token, which is left behind here.
  app.get('/setup/connect-workspace/*', (c) => c.redirect(paths.connectNew, 303));
}

/** The organizations in which somebody may make workspaces. */
export async function administered(c: AppContext, { user }: PageSession): Promise<Organization[]> {
  const memberships = await c.get('services').database.organizations.ofUser(user.id);
  return memberships
    .filter(({ membership }) => hasRole(membership.role, 'admin'))
    .map(({ organization }) => organization);
}

/**
 * What a form asks for that makes somebody the owner of a workspace, and what is wrong with the name in it.
 *
 * @throws {HttpError} for an organization that is none of them: the form is not ours, or the person's role has changed
 */
export function ownerRequest(
  fields: FormFields,
  organizations: Organization[],
): { request: NewWorkspace; error: string | null } {
  const organization = organizations.find(({ slug }) => slug === fields('organization'));
  if (organization === undefined) {
    throw new HttpError(
      403,
      'Not done',
      'You cannot make workspaces in that organization: it takes the role admin or owner. Go back and choose another one.',
    );
  }
  const name = fields('name').trim();
  return {
    request: { organizationId: organization.id, name, preset: chosenPreset(fields('preset')) },
    error: displayNameForm.matches(name) ? null : `The name ${displayNameForm.rule}.`,
  };
}
