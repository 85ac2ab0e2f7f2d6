import { html } from 'hono/html';
import { paths } from '../../../src/protocol/paths.js';
import type { App, AppContext } from '../http/app-env.js';
import { sourceOf } from '../http/initiator.js';
import { formFields, requireCsrfToken } from './form-guard.js';
import { alert, page, type Html } from './layout.js';
import { clearSessionCookie, currentSession, enterSession, sessionSecret, type PageSession } from './session.js';

export function mountSignIn(app: App): void {
  app.get(paths.signIn, async (c) => {
    const returnTo = localPath(c.req.query('return_to'));
    if ((await currentSession(c)) !== null) return c.redirect(returnTo, 303);
    return c.html(signInPage({ email: '', returnTo, error: null }));
  });

  app.post(paths.signIn, async (c) => {
    const fields = await formFields(c);
    const email = fields('email');
    const returnTo = localPath(fields('return_to'));
    const credentials = { email, password: fields('password') };
    const secret = await c.get('services').signIn.withPassword(credentials, sourceOf(c));
    if (secret === null) return c.html(signInPage({ email, returnTo, error: signInFailed }), 400);
    await enterSession(c, secret);
    return c.redirect(returnTo, 303);
  });

  app.post('/sign-out', async (c) => {
    const session = await currentSession(c);
    const secret = sessionSecret(c);
    if (session !== null && secret !== undefined) {
      requireCsrfToken(session, await formFields(c));
      await c.get('services').signIn.end(secret, sourceOf(c));
      clearSessionCookie(c);
    }
    return c.redirect(paths.signIn, 303);
  });
}

/** The person, or the way to the sign-in page and back to here. */
export async function signedIn(c: AppContext): Promise<PageSession | Response> {
  const session = await currentSession(c);
  if (session !== null) return session;
  const { pathname, search } = new URL(c.req.url);
  return c.redirect(`${paths.signIn}?return_to=${encodeURIComponent(pathname + search)}`, 303);
}

/** One sentence for every failure: which of them it was is nobody's business. */
const signInFailed =
  'That did not work. Check the e-mail address and the password; after too many tries, wait a quarter of an hour.';

/** Only paths of this site: anything else would make the sign-in page a springboard to somebody else's (CWE-601). */
function localPath(returnTo: string | undefined): string {
  const base = 'http://local.invalid';
  if (returnTo?.startsWith('/') !== true || !URL.canParse(returnTo, base)) return paths.tokensPage;
  const url = new URL(returnTo, base);
  // A path may begin with two slashes again after "." and ".." are resolved, and would then be a host.
  if (url.origin !== base || url.pathname.startsWith('//')) return paths.tokensPage;
  return url.pathname + url.search;
}

function signInPage({ email, returnTo, error }: { email: string; returnTo: string; error: string | null }): Html {
  return page({
    title: 'Sign in',
    session: null,
    main: html`<h1>Sign in</h1>
      ${alert(error)}
      <form method="post" action="${paths.signIn}">
        <input type="hidden" name="return_to" value="${returnTo}" />
        <label for="email">E-mail address</label>
        <input
          id="email"
          name="email"
          type="email"
          value="${email}"
          autocomplete="username"
          required${email === '' ? html` autofocus` : ''}
        />
        <label for="password">Password</label>
        <input
          id="password"
          name="password"
          type="password"
          autocomplete="current-password"
          required${email === '' ? '' : html` autofocus`}
        />
        <div class="actions"><button>Sign in</button></div>
      </form>`,
  });
}
