import { paths } from '../../../src/protocol/paths.js';
import type { App, AppContext } from '../http/app-env.js';
import { sourceOf } from '../http/initiator.js';
import { formFields, requireCsrfToken } from './form-guard.js';
import { clearSessionCookie, currentSession, enterSession, sessionSecret, type PageSession } from './session.js';
import { signInPage } from './sign-in-page.js';

export function mountSignIn(app: App): void {
  app.get(paths.signIn, async (c) => {
    const returnTo = localPath(c.req.query('return_to'));
    if ((await currentSession(c)) !== null) return c.redirect(returnTo, 303);
    return c.html(signInPage(c.var.services, { email: '', returnTo, error: null }));
  });

  app.post(paths.signIn, async (c) => {
    const fields = await formFields(c);
    const email = fields('email');
    const returnTo = localPath(fields('return_to'));
    const credentials = { email, password: fields('password') };
    const secret = await c.get('services').signIn.withPassword(credentials, sourceOf(c));
    if (secret === null) return c.html(signInPage(c.var.services, { email, returnTo, error: signInFailed }), 400);
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

/** The person, or the way to the sign-in page and back. @param returnTo instead of the page that is asked for */
export async function signedIn(c: AppContext, returnTo?: string): Promise<PageSession | Response> {
  const session = await currentSession(c);
  if (session !== null) return session;
  const { pathname, search } = new URL(c.req.url);
  return c.redirect(`${paths.signIn}?return_to=${encodeURIComponent(returnTo ?? pathname + search)}`, 303);
}

/** One sentence for every failure: which of them it was is nobody's business. */
const signInFailed =
  'That did not work. Check the e-mail address and the password; after too many tries, wait a quarter of an hour.';

/** Only paths of this site: anything else would make the sign-in page a springboard to somebody else's (CWE-601). */
export function localPath(returnTo: string | undefined): string {
  const base = 'http://local.invalid';
  if (returnTo?.startsWith('/') !== true || !URL.canParse(returnTo, base)) return paths.tokensPage;
  const url = new URL(returnTo, base);
  // A path may begin with two slashes again after "." and ".." are resolved, and would then be a host.
  if (url.origin !== base || url.pathname.startsWith('//')) return paths.tokensPage;
  return url.pathname + url.search;
}
