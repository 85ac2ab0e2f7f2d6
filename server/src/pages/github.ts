import { paths } from '../../../src/protocol/paths.js';
import { byUser, type Initiator } from '../domain/audit-log.js';
import { noGithub } from '../domain/github/configured.js';
import type { GithubConnections } from '../domain/github/connections.js';
import type { Organization } from '../domain/model.js';
import { RefusedChange } from '../domain/refused-change.js';
import { roleWithArticle } from '../domain/roles.js';
import type { App, AppContext } from '../http/app-env.js';
import { statusOf } from '../http/error-responses.js';
import { HttpError } from '../http/errors.js';
import { sourceOf } from '../http/initiator.js';
import { formFields, requireCsrfToken, type FormFields } from './form-guard.js';
import { checkedLogin, checkedRoles, draftOf, type Draft } from './github-forms.js';
import { connectPage, connectionPage, disconnectPage } from './github-views.js';
import { isNotice, type Said } from './github-notices.js';
import type { PageSession } from './session.js';
import { signedIn } from './sign-in.js';

const route = '/organizations/:slug/github';

interface Visit {
  session: PageSession;
  organization: Organization;
  github: GithubConnections;
}

type Work = (visit: Visit, fields: FormFields, initiator: Initiator) => Promise<unknown>;

/** Where owners connect an organization to GitHub, and see how that goes. */
export function mountGithub(app: App): void {
  app.get(route, async (c) => {
    const visit = await visitOf(c, c.req.param('slug'));
    if (visit instanceof Response) return visit;
    const done = c.req.query('done') ?? '';
    return await overview(c, visit, { notice: isNotice(done) ? done : null, error: null });
  });

  app.get(`${route}/disconnect`, async (c) => {
    const visit = await visitOf(c, c.req.param('slug'));
    if (visit instanceof Response) return visit;
    const { organization, github } = visit;
    const view = await github.show(organization);
    if (view === null) return c.redirect(paths.githubPage(organization.slug), 303);
    const members = await c.get('services').database.organizations.members(organization.id);
    const ends = members.filter(({ membership }) => membership.source === 'github').length;
    return c.html(disconnectPage({ ...visit, login: view.login, ends }));
  });

  const forms: Record<string, Work> = {
    connect: ({ organization, github }, fields, initiator) => {
      const draft = draftOf(fields);
      return github.connect(organization, { login: checkedLogin(draft), ...checkedRoles(draft) }, initiator);
    },
    roles: ({ organization, github }, fields, initiator) =>
      github.change(organization, checkedRoles(draftOf(fields)), initiator),
    sync: ({ organization, github }, _, initiator) => github.requestSync(organization, initiator),
    'confirm-removals': ({ organization, github }, fields, initiator) =>
      // What is no number is not when they were held, and is refused as such.
      github.confirmRemovals(organization, Number(fields('held_at')), initiator),
    disconnect: ({ organization, github }, _, initiator) => github.disconnect(organization, initiator),
  };
  for (const [action, work] of Object.entries(forms)) {
    app.post(`${route}/${action}`, async (c) => {
      const visit = await visitOf(c, c.req.param('slug'));
      if (visit instanceof Response) return visit;
      const fields = await formFields(c);
      requireCsrfToken(visit.session, fields);
      try {
        await work(visit, fields, byUser(visit.session.user, sourceOf(c)));
      } catch (error) {
        if (!(error instanceof RefusedChange)) throw error;
        c.status(statusOf(error));
        return await overview(c, visit, { notice: null, error, draft: draftOf(fields) });
      }
      return c.redirect(`${paths.githubPage(visit.organization.slug)}?done=${action}`, 303);
    });
  }
}

/** @throws {HttpError} for everybody but owners, and where there is no GitHub to connect to */
async function visitOf(c: AppContext, slug: string): Promise<Visit | Response> {
  const session = await signedIn(c);
  if (session instanceof Response) return session;
  const { database, github } = c.get('services');
  const organization = await database.organizations.findBySlug(slug);
  const membership = organization && (await database.organizations.membership(session.user.id, organization.id));
  // One answer for both: strangers shall not find out which organizations there are.
  if (organization === null || membership === null) {
    throw new HttpError(404, 'No such organization', 'There is none of that name, or you are not a member of it.');
  }
  if (membership.role !== 'owner') {
    const detail = `You are ${roleWithArticle[membership.role]} of ${slug}: only its owners connect it to GitHub.`;
    throw new HttpError(403, 'Only for owners', detail);
  }
  if (github === null) throw new HttpError(409, 'No GitHub here', noGithub);
  return { session, organization, github };
}

async function overview(c: AppContext, visit: Visit, said: Said & { draft?: Draft }): Promise<Response> {
  const { organization, github } = visit;
  const view = await github.show(organization);
  if (view === null) {
    const installationUrl = await github.installationUrl();
    return c.html(connectPage({ ...visit, ...said, installationUrl }));
  }
  const held = view.heldAt === null ? [] : await github.held(organization);
  return c.html(connectionPage({ ...visit, ...said, view, held, now: c.get('services').clock() }));
}
