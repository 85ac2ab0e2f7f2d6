import { paths } from '../../../src/protocol/paths.js';
import {
  providerKeys,
  ProviderUnavailable,
  SignInRejected,
  type IdentityProvider,
  type ProvenIdentity,
  type RejectionReason,
} from '../domain/identities/provider.js';
import { RefusedChange } from '../domain/refused-change.js';
import { equalSecrets, hashSecret } from '../domain/secrets.js';
import type { App, AppContext } from '../http/app-env.js';
import { HttpError } from '../http/errors.js';
import { sourceOf } from '../http/initiator.js';
import { formFields, requireCsrfToken, type FormFields } from './form-guard.js';
import { invitationNotValid, invitationPage } from './invitation.js';
import { keepPending, takePending, type PendingSignIn } from './pending-sign-in.js';
import { goingOnPage, providerPath } from './provider-views.js';
import { currentSession, enterSession, sessionSecret } from './session.js';
import { signInMethodsPage } from './sign-in-methods.js';
import { signInPage } from './sign-in-page.js';
import { localPath, signedIn } from './sign-in.js';

const route = `${paths.signIn}/:provider{${providerKeys.join('|')}}` as const;

/** The way to a provider, and back: to sign in, to link an identity, or to use an invitation up. */
export function mountIdentityProviders(app: App): void {
  app.post(route, async (c) => {
    const provider = requireProvider(c);
    const fields = await formFields(c);
    const returnTo = localPath(fields('return_to'));
    const purpose = await purposeOf(c, fields);
    if (purpose instanceof Response) return purpose;
    const { identitySignIn, clock } = c.get('services');
    try {
      const { url, proof } = await identitySignIn.begin(provider, redirectUri(c, provider));
      keepPending(c, provider, { proof, returnTo, purpose, begunAt: clock() });
      return await c.html(goingOnPage(provider, url));
    } catch (error) {
      return await failed(c, provider, { purpose, returnTo }, error);
    }
  });

  app.get(`${route}/callback`, async (c) => {
    const provider = requireProvider(c);
    const pending = takePending(c, provider);
    try {
      if (pending === null || !equalSecrets(c.req.query('state') ?? '', pending.proof.state)) {
        throw new SignInRejected('not-begun', 'There is no sign-in in this browser that this could end.');
      }
      const callback = new URL(redirectUri(c, provider));
      callback.search = new URL(c.req.url).search;
      const proven = await c.get('services').identitySignIn.prove(provider, callback, pending.proof, sourceOf(c));
      return await finish(c, provider, proven, pending);
    } catch (error) {
      return await failed(c, provider, pending, error);
    }
  });
}

function requireProvider(c: AppContext): IdentityProvider {
  const provider = c.get('services').identityProviders.find(({ key }) => key === c.req.param('provider'));
  if (provider === undefined)
    throw new HttpError(404, 'Not found', 'This server does not let people sign in that way.');
  return provider;
}

/** What the provider has been told to send people back to. */
function redirectUri(c: AppContext, provider: IdentityProvider): string {
  return `${c.get('config').publicUrl}${providerPath(provider)}/callback`;
}

async function purposeOf(c: AppContext, fields: FormFields): Promise<PendingSignIn['purpose'] | Response> {
  const secret = fields('invitation');
  if (secret !== '') {
    if ((await c.get('services').invitations.find(secret)) === null) throw invitationNotValid();
    return { kind: 'invitation', secret };
  }
  if (fields('purpose') !== 'link') return { kind: 'sign-in' };
  const session = await signedIn(c, paths.signInMethods);
  if (session instanceof Response) return session;
  requireCsrfToken(session, fields);
  return { kind: 'link', sessionHash: hashSecret(sessionSecret(c) ?? '') };
}

async function finish(
  c: AppContext,
  provider: IdentityProvider,
  proven: ProvenIdentity,
  { purpose, returnTo }: PendingSignIn,
): Promise<Response> {
  const { identitySignIn, invitations, signIn } = c.get('services');
  const source = sourceOf(c);
  if (purpose.kind === 'link') {
    const session = await currentSession(c);
    // Somebody else may have signed in with this browser meanwhile.
    if (session === null || hashSecret(sessionSecret(c) ?? '') !== purpose.sessionHash) {
      throw new SignInRejected('not-begun', 'The session that began to link an identity is over.');
    }
    await identitySignIn.link(session.user, provider, proven, source);
    return c.redirect(paths.signInMethods, 303);
  }
  let user;
  if (purpose.kind === 'invitation') {
    const invited = await invitations.find(purpose.secret);
    const invitation = invited === null ? null : { secret: purpose.secret, user: invited };
    user = invitation && (await identitySignIn.acceptInvitation(invitation, provider, proven, source));
    if (user === null) throw invitationNotValid();
  } else user = await identitySignIn.accountOf(provider, proven, source);
  c.set('userId', user.id);
  await enterSession(c, await signIn.begin(user, provider.key, source));
  return c.redirect(returnTo, 303);
}

/** Back to where the person was, with a sentence. Whatever else goes wrong is no business of theirs. */
async function failed(
  c: AppContext,
  provider: IdentityProvider,
  pending: Pick<PendingSignIn, 'purpose' | 'returnTo'> | null,
  error: unknown,
): Promise<Response> {
  const { status, message } = sentence(provider, error);
  const purpose = pending?.purpose ?? { kind: 'sign-in' };
  const { services } = c.var;
  if (purpose.kind === 'link') {
    const session = await currentSession(c);
    if (session !== null) return c.html(await signInMethodsPage(c, session, message), status);
  }
  if (purpose.kind === 'invitation') {
    const { secret } = purpose;
    const user = await services.invitations.find(secret);
    if (user === null) throw invitationNotValid();
    return await c.html(invitationPage(services, { user, secret, error: message }), status);
  }
  const returnTo = pending?.returnTo ?? paths.tokensPage;
  return await c.html(signInPage(services, { email: '', returnTo, error: message }), status);
}

function sentence({ name }: IdentityProvider, error: unknown): { status: 400 | 403 | 409 | 503; message: string } {
  if (error instanceof SignInRejected) return { status: 400, message: rejections[error.reason](name) };
  if (error instanceof RefusedChange) {
    return { status: error.reason === 'conflict' ? 409 : 403, message: error.message };
  }
  if (error instanceof ProviderUnavailable) {
    return {
      status: 503,
      message: `${name} cannot be asked who you are at the moment. Nothing was done; try again later.`,
    };
  }
  throw error;
}

const rejections: Record<RejectionReason, (name: string) => string> = {
  denied: (name) => `${name} did not let you in here, or you said no. Nothing was done.`,
  'not-begun': (name) =>
    `Nothing was done: this way back from ${name} was not begun in this browser, it was more than ten minutes ago, or ` +
    'another one was begun since. Begin again here.',
  used: (name) => `${name} does not take the code any more: it was used already, or is too old. Begin again here.`,
  'not-valid': (name) =>
    `What ${name} answered does not prove who you are, so nothing was done. Begin again here; if it keeps happening, tell ` +
    'whoever runs this server.',
};
