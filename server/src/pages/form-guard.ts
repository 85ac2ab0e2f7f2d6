import { createMiddleware } from 'hono/factory';
import { equalSecrets } from '../domain/secrets.js';
import type { AppContext, AppEnv } from '../http/app-env.js';
import { HttpError } from '../http/errors.js';
import type { PageSession } from './session.js';

/** The text fields of a submitted form. A field that is missing, a file, or given twice is `''`. */
export type FormFields = (name: string) => string;

export async function formFields(c: AppContext): Promise<FormFields> {
  if (c.req.header('content-type')?.startsWith('application/x-www-form-urlencoded') !== true) {
    throw new HttpError(
      415,
      'Unsupported content type',
      'The body has to be a form (application/x-www-form-urlencoded).',
    );
  }
  const fields = new URLSearchParams(await c.req.text());
  return (name) => {
    const values = fields.getAll(name);
    return values.length === 1 ? (values[0] ?? '') : '';
  };
}

/**
 * Refuses forms that another site sends with the person's cookies. `Sec-Fetch-Site` cannot be set by a page; where a
 * browser is too old to send it, `Origin` decides. A client that sends neither is no browser.
 */
export const sameOriginOnly = createMiddleware<AppEnv>(async (c, next) => {
  if (c.req.method === 'POST') {
    const site = c.req.header('sec-fetch-site');
    const origin = c.req.header('origin');
    // Not both: with the referrer policy "no-referrer" browsers send "Origin: null" even to the page's own origin.
    const foreign =
      site === undefined ? origin !== undefined && origin !== c.get('config').publicUrl : site !== 'same-origin';
    if (foreign) throw refused();
  }
  await next();
});

/** @throws {HttpError} when the form was not made for this session */
export function requireCsrfToken(session: PageSession, fields: FormFields): void {
  if (!equalSecrets(fields('csrf_token'), session.csrfToken)) throw refused();
}

function refused(): HttpError {
  return new HttpError(
    403,
    'Not done',
    'The form did not come from this site, or you have signed in anew since it was shown. Go back, reload the page and try again.',
  );
}
