import { html } from 'hono/html';
import { paths } from '../../../src/protocol/paths.js';
import { signInMethods, type LinkedIdentity, type SignInMethods } from '../domain/identities/sign-in-methods.js';
import type { App, AppContext } from '../http/app-env.js';
import { sourceOf } from '../http/initiator.js';
import { formFields, requireCsrfToken } from './form-guard.js';
import { alert, csrfField, page, type Html } from './layout.js';
import { providerButtons } from './provider-views.js';
import type { PageSession } from './session.js';
import { signedIn } from './sign-in.js';
import { ago } from './times.js';

const unlinkPath = `${paths.signInMethods}/unlink`;

/** How a person gets into their account: what is linked, and what could be. */
export function mountSignInMethods(app: App): void {
  app.get(paths.signInMethods, async (c) => {
    const session = await signedIn(c);
    if (session instanceof Response) return session;
    return c.html(await signInMethodsPage(c, session, null));
  });

  app.post(unlinkPath, async (c) => {
    const session = await signedIn(c);
    if (session instanceof Response) return session;
    const fields = await formFields(c);
    requireCsrfToken(session, fields);
    const identity = { issuer: fields('issuer'), subject: fields('subject') };
    await c.get('services').unlinkIdentity(session.user, identity, sourceOf(c));
    return c.redirect(paths.signInMethods, 303);
  });
}

export async function signInMethodsPage(c: AppContext, session: PageSession, error: string | null): Promise<Html> {
  const { database, identityProviders, passwordSignIn, clock } = c.get('services');
  const methods = await signInMethods(session.user, database, identityProviders);
  const missing = identityProviders.filter(
    (provider) => !methods.identities.some((linked) => linked.provider === provider),
  );
  const hidden = { csrf_token: session.csrfToken, purpose: 'link' };
  return page({
    title: 'Ways to sign in',
    session,
    main: html`<h1>Ways to sign in</h1>
      ${alert(error)}
      <p class="muted">Each of them opens your account here, ${session.user.email}.</p>
      <ul class="tokens">
        ${passwordSignIn ? passwordItem(methods) : ''}
        ${methods.identities.map((linked) => identityItem(session, linked, clock()))}
      </ul>
      ${providerButtons(missing, { verb: 'Link', hidden, isMain: false })}
      <p class="hint"><a href="${paths.tokensPage}">Your tokens</a></p>`,
  });
}

function passwordItem({ hasPassword }: SignInMethods): Html {
  return html`<li>
    <div>
      <h2>Password</h2>
      <p class="hint">
        ${hasPassword ? 'With your e-mail address.' : 'None. Whoever runs this server can send you a link to choose one.'}
      </p>
    </div>
  </li>`;
}

function identityItem(session: PageSession, { identity, provider }: LinkedIdentity, now: number): Html {
  const { issuer, subject, label, lastSignInAt } = identity;
  const name = provider?.name ?? `${issuer} (no longer used by this server)`;
  return html`<li>
    <div>
      <h2>${name}: ${label}</h2>
      <p class="hint">${lastSignInAt === null ? 'Not used yet.' : `Last used ${ago(lastSignInAt, now)}.`}</p>
    </div>
    <form method="post" action="${unlinkPath}">
      ${csrfField(session)}
      <input type="hidden" name="issuer" value="${issuer}" />
      <input type="hidden" name="subject" value="${subject}" />
      <button class="secondary" aria-label="Unlink ${label}">Unlink</button>
    </form>
  </li>`;
}
