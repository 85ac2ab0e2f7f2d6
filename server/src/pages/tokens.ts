import { html } from 'hono/html';
import { paths } from '../../../src/protocol/paths.js';
import { byUser } from '../domain/audit-log.js';
import type { Organization, PersonalAccessToken } from '../domain/model.js';
import type { App, AppContext } from '../http/app-env.js';
import { HttpError } from '../http/errors.js';
import { sourceOf } from '../http/initiator.js';
import { clientName } from '../routes/oauth-request.js';
import { formFields, requireCsrfToken } from './form-guard.js';
import { csrfField, page, type Html } from './layout.js';
import type { PageSession } from './session.js';
import { signedIn } from './sign-in.js';
import { ago, date } from './times.js';

const revokePath = `${paths.tokensPage}/:id/revoke` as const;

/** A person's own tokens: what there is, and a way to end each. */
export function mountTokens(app: App): void {
  app.get(paths.tokensPage, async (c) => {
    const session = await signedIn(c);
    if (session instanceof Response) return session;
    const { personalAccessTokens, identityProviders, clock } = c.get('services');
    const tokens = await personalAccessTokens.list(session.user.id);
    const hasProviders = identityProviders.length > 0;
    const owned = await toConnect(c, session);
    return c.html(tokensPage({ session, tokens, owned, now: clock(), hasProviders }));
  });

  app.get(revokePath, async (c) => {
    const session = await signedIn(c);
    if (session instanceof Response) return session;
    const token = await ownToken(c, session, c.req.param('id'));
    return c.html(confirmPage({ session, token, now: c.get('services').clock() }));
  });

  app.post(revokePath, async (c) => {
    const session = await signedIn(c);
    if (session instanceof Response) return session;
    requireCsrfToken(session, await formFields(c));
    const revoked = await c
      .get('services')
      .personalAccessTokens.revoke(c.req.param('id'), session.user, byUser(session.user, sourceOf(c)));
    if (!revoked) throw noSuchToken();
    return c.redirect(paths.tokensPage, 303);
  });
}

/** The organizations that the person may connect to GitHub. */
async function toConnect(c: AppContext, { user }: PageSession): Promise<Organization[]> {
  const { database, github } = c.get('services');
  if (github === null) return [];
  const memberships = await database.organizations.ofUser(user.id);
  return memberships.filter(({ membership }) => membership.role === 'owner').map(({ organization }) => organization);
}

async function ownToken(c: AppContext, session: PageSession, id: string): Promise<PersonalAccessToken> {
  const tokens = await c.get('services').personalAccessTokens.list(session.user.id);
  const token = tokens.find((candidate) => candidate.id === id);
  if (token === undefined) throw noSuchToken();
  return token;
}

function noSuchToken(): HttpError {
  return new HttpError(404, 'No such token', 'You have no such token. It may have been revoked already.');
}

function tokensPage({
  session,
  tokens,
  owned,
  now,
  hasProviders,
}: {
  session: PageSession;
  tokens: PersonalAccessToken[];
  owned: Organization[];
  now: number;
  hasProviders: boolean;
}): Html {
  const rows = tokens.map(
    (token) =>
      html`<li>
        <div>
          <h2>${token.name}</h2>
          ${facts(token, now)}
        </div>
        <a class="button secondary" href="${paths.tokensPage}/${token.id}/revoke" aria-label="Revoke ${token.name}"
          >Revoke</a
        >
      </li> `,
  );
  return page({
    title: 'Your tokens',
    session,
    main: html`<h1>Your tokens</h1>
      <p class="muted">
        Each one lets a program act as you. Revoke what you do not recognize: it stops working at once.
      </p>
      ${
        tokens.length === 0
          ? html`<p>You have none. Type <code>npx nxkey login</code> in a terminal to make one.</p>`
          : html`<ul class="tokens">
              ${rows}
            </ul>`
      }
      ${hasProviders ? html`<p class="hint"><a href="${paths.signInMethods}">Ways to sign in</a></p>` : ''}
      ${owned.length === 0 ? '' : ownedSection(owned)}`,
  });
}

function ownedSection(owned: Organization[]): Html {
  const rows = owned.map(
    ({ slug, name }) => html`<li><a href="${paths.githubPage(slug)}">${name} and GitHub</a></li> `,
  );
  return html`<section>
    <h2>What you own</h2>
    <ul class="people">
      ${rows}
    </ul>
  </section>`;
}

function confirmPage({ session, token, now }: { session: PageSession; token: PersonalAccessToken; now: number }): Html {
  return page({
    title: 'Revoke this token?',
    session,
    main: html`<h1>Revoke “${token.name}”?</h1>
      ${facts(token, now)}
      <p>Programs that use it are logged out at once. This cannot be undone.</p>
      <form method="post" action="${paths.tokensPage}/${token.id}/revoke">
        ${csrfField(session)}
        <div class="actions">
          <button class="danger">Revoke</button>
          <a class="button secondary" href="${paths.tokensPage}">Keep it</a>
        </div>
      </form>`,
  });
}

function facts({ origin, createdAt, lastUsedAt, expiresAt }: PersonalAccessToken, now: number): Html {
  const place = [origin.hostName, origin.ipAddress].filter((part) => part !== null).join(', ');
  return html`<dl>
    <dt>Made</dt>
    <dd>${date(createdAt)} by ${clientName(origin.client)}${place === '' ? '' : ` (${place})`}</dd>
    <dt>Last used</dt>
    <dd>${lastUsedAt === null ? 'never' : ago(lastUsedAt, now)}</dd>
    <dt>Expires</dt>
    <dd>${expiresAt === null ? 'never' : html`${date(expiresAt)}, unless it is used before`}</dd>
  </dl>`;
}
