import { paths } from '../../../src/protocol/paths.js';
import type { App, AppContext } from '../http/app-env.js';
import { sourceOf } from '../http/initiator.js';
import { codePage, confirmPage, decidedPage } from './device-views.js';
import { formFields, requireCsrfToken } from './form-guard.js';
import type { PageSession } from './session.js';
import { signedIn } from './sign-in.js';

/**
 * Where a person says whether a device may act for them (RFC 8628 §3.3): sign in, the code, the question, the answer.
 * A link that carries the code saves the typing and never the question.
 */
export function mountDevice(app: App): void {
  app.get(paths.device, async (c) => {
    const session = await signedIn(c);
    if (session instanceof Response) return session;
    const typedCode = c.req.query('user_code') ?? '';
    return typedCode === '' ? c.html(codePage({ session, typedCode, error: null })) : await ask(c, session, typedCode);
  });

  app.post(paths.device, async (c) => {
    const session = await signedIn(c);
    if (session instanceof Response) return session;
    const fields = await formFields(c);
    requireCsrfToken(session, fields);
    const typedCode = fields('user_code');
    const action = fields('action');
    if (action !== 'approve' && action !== 'deny') return await ask(c, session, typedCode);

    const decision = action === 'approve' ? 'approved' : 'denied';
    const decided = await c.get('services').deviceAuthorizations.decide(typedCode, guesser(c, session), decision);
    if (decided === null) return wrongCode(c, session, typedCode);
    return c.html(decidedPage({ session, authorization: decided, decision }));
  });
}

async function ask(c: AppContext, session: PageSession, typedCode: string): Promise<Response> {
  const { deviceAuthorizations, database, clock } = c.get('services');
  const authorization = await deviceAuthorizations.find(typedCode, guesser(c, session));
  if (authorization === null) return wrongCode(c, session, typedCode);
  const organizations = await database.organizations.ofUser(session.user.id);
  const organizationNames = organizations.map(({ organization }) => organization.name);
  return c.html(confirmPage({ session, authorization, organizationNames, now: clock() }));
}

async function wrongCode(c: AppContext, session: PageSession, typedCode: string): Promise<Response> {
  const error =
    'That code does not work: it is wrong, too old or used already. After five wrong codes, wait ten minutes.';
  return await c.html(codePage({ session, typedCode: typedCode.slice(0, 20), error }), 400);
}

function guesser(c: AppContext, session: PageSession) {
  return { user: session.user, ...sourceOf(c) };
}
