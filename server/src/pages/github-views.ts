import { html } from 'hono/html';
import { paths } from '../../../src/protocol/paths.js';
import type { GithubInstallationState } from '../../../src/protocol/github-wire-types.js';
import type { ConnectionView, HeldMember } from '../domain/github/connections.js';
import type { Organization } from '../domain/model.js';
import { githubPageOf } from '../routes/views.js';
import { emptyDraft, rolesFields, type Draft } from './github-forms.js';
import { saidFirst, type Said } from './github-notices.js';
import { csrfField, page, type Html } from './layout.js';
import type { PageSession } from './session.js';
import { ago, date } from './times.js';

interface Base {
  session: PageSession;
  organization: Organization;
}

export function connectPage({
  session,
  organization,
  installationUrl,
  draft = emptyDraft,
  ...said
}: Base & Said & { installationUrl: string | null; draft?: Draft }): Html {
  const { slug, name } = organization;
  return page({
    title: `Connect ${name} to GitHub`,
    session,
    main: html`<h1>Connect ${name} to GitHub</h1>
      ${saidFirst(said)}
      <p>
        Whoever is a member of the GitHub organization and signs in with GitHub is a member here, and no more as soon as
        they leave it there. Members who were added by hand stay what they are.
      </p>
      <p>It takes an owner of both: you, with your GitHub account linked.</p>
      <ol>
        <li>
          ${
            installationUrl === null
              ? html`Install the server's GitHub App in the GitHub organization. GitHub does not say at the moment
                where; reload this page later.`
              : html`<a href="${installationUrl}">Install the GitHub App</a> in the GitHub organization, unless that is
                  done.`
          }
        </li>
        <li>Link your GitHub account on the page <a href="${paths.signInMethods}">Ways to sign in</a>.</li>
        <li>Say which organization it is:</li>
      </ol>
      <form method="post" action="${paths.githubPage(slug)}/connect">
        ${csrfField(session)}
        <label for="login">GitHub organization</label>
        <input
          id="login"
          name="login"
          value="${draft.login}"
          maxlength="100"
          autocomplete="off"
          autocapitalize="none"
          required
        />
        <p class="hint">Its name in the address of its page.</p>
        ${rolesFields(draft)}
        <div class="actions"><button>Connect</button></div>
      </form>`,
  });
}

export function connectionPage({
  session,
  organization,
  view,
  held,
  now,
  draft = { login: view.login, adminRole: view.adminRole, teams: view.teams },
  ...said
}: Base & Said & { view: ConnectionView; held: HeldMember[]; now: number; draft?: Draft }): Html {
  const { slug, name } = organization;
  const address = paths.githubPage(slug);
  return page({
    title: `${name} and GitHub`,
    session,
    main: html`<h1>${name} and GitHub</h1>
      ${saidFirst(said)} ${view.warnings.map((warning) => html`<p class="warning">${warning}</p>`)} ${facts(view, now)}
      <form method="post" action="${address}/sync">
        ${csrfField(session)}
        <div class="actions"><button class="secondary">Ask GitHub for all members now</button></div>
      </form>
      ${held.length === 0 ? '' : heldSection({ session, organization, view, held })}
      <section>
        <h2>Roles</h2>
        <form method="post" action="${address}/roles">
          ${csrfField(session)} ${rolesFields(draft)}
          <div class="actions"><button>Change the roles</button></div>
        </form>
      </section>
      <section>
        <h2>Disconnect</h2>
        <p>Whoever came from GitHub stops being a member. You are asked before.</p>
        <a class="button secondary" href="${address}/disconnect">Disconnect from GitHub</a>
      </section>`,
  });
}

function facts(view: ConnectionView, now: number): Html {
  const { login, issuer, installationState, members, createdAt, confirmedAt } = view;
  const { present, withAccount, suspended } = members;
  return html`<dl>
    <dt>At GitHub</dt>
    <dd><a href="${githubPageOf(login, issuer)}">${login}</a></dd>
    <dt>GitHub App</dt>
    <dd>${installationInWords[installationState]}</dd>
    <dt>Members</dt>
    <dd>${number(present)} there, ${number(withAccount)} of them with an account here</dd>
    ${
      suspended === 0
        ? ''
        : html`<dt>Suspended</dt>
            <dd>${number(suspended)}</dd>`
    }
    <dt>Confirmed</dt>
    <dd>${confirmedAt === null ? 'not yet' : ago(confirmedAt, now)}</dd>
    <dt>Connected</dt>
    <dd>${date(createdAt)}</dd>
  </dl>`;
}

const installationInWords: Record<GithubInstallationState, string> = {
  active: 'installed',
  suspended: 'suspended by an owner of the GitHub organization',
  removed: 'not installed any more',
};

function heldSection({ session, organization, view, held }: Base & { view: ConnectionView; held: HeldMember[] }): Html {
  const people = held.map(
    ({ login, email }) =>
      html`<li>
        <a href="${githubPageOf(login, view.issuer)}">${login}</a>
        <span class="muted">${email ?? 'no account here'}</span>
      </li> `,
  );
  return html`<section>
    <h2>Removals that wait for you</h2>
    <p>
      ${held.length === 1 ? 'One person is' : `${number(held.length)} people are`} not in ${view.login} any more. More
      than half of the members at once may be a mistake, so they stay members here until you say that it is none, or
      GitHub has them again.
    </p>
    <details ${held.length <= 20 ? html` open` : ''}>
      <summary>Who it is</summary>
      <ul class="people">
        ${people}
      </ul>
    </details>
    <form method="post" action="${paths.githubPage(organization.slug)}/confirm-removals">
      ${csrfField(session)}
      <input type="hidden" name="held_at" value="${view.heldAt ?? ''}" />
      <div class="actions">
        <button class="danger">Remove ${held.length === 1 ? 'this person' : 'these people'}</button>
      </div>
    </form>
  </section>`;
}

/** @param ends how many memberships came from GitHub */
export function disconnectPage({ session, organization, login, ends }: Base & { login: string; ends: number }): Html {
  const { slug, name } = organization;
  return page({
    title: `Disconnect ${name} from GitHub?`,
    session,
    main: html`<h1>Disconnect ${name} from GitHub?</h1>
      <p>
        ${ends === 1 ? 'One membership' : `${number(ends)} memberships`} that came from ${login} will end, and with
        ${ends === 1 ? 'it' : 'them'} the access to the caches of ${name}. Members who were added by hand stay.
      </p>
      <form method="post" action="${paths.githubPage(slug)}/disconnect">
        ${csrfField(session)}
        <div class="actions">
          <button class="danger">Disconnect</button>
          <a class="button secondary" href="${paths.githubPage(slug)}">Keep it</a>
        </div>
      </form>`,
  });
}

function number(count: number): string {
  return count.toLocaleString('en');
}
