import { html } from 'hono/html';
import { paths } from '../../../src/protocol/paths.js';
import type { User } from '../domain/model.js';
import { passwordProblem, passwordRules } from '../domain/passwords.js';
import type { Services } from '../domain/services.js';
import type { App } from '../http/app-env.js';
import { HttpError } from '../http/errors.js';
import { sourceOf } from '../http/initiator.js';
import { formFields } from './form-guard.js';
import { alert, page, type Html } from './layout.js';
import { providerButtons } from './provider-views.js';
import { enterSession } from './session.js';

/** The link that an operator hands to a new member. Whoever has it may say how they sign in, once. */
export function invitationPath(secret: string): string {
  return `/invitations/${secret}`;
}

const route = '/invitations/:secret';

export function mountInvitation(app: App): void {
  app.get(route, async (c) => {
    const secret = c.req.param('secret');
    const user = await c.get('services').invitations.find(secret);
    if (user === null) throw invitationNotValid();
    return c.html(invitationPage(c.var.services, { user, secret, error: null }));
  });

  app.post(route, async (c) => {
    const secret = c.req.param('secret');
    const { invitations, signIn } = c.get('services');
    const user = await invitations.find(secret);
    if (user === null) throw invitationNotValid();
    const fields = await formFields(c);
    const password = fields('password');
    const differ = password === fields('password_again') ? null : 'The two passwords are not the same.';
    const error = passwordProblem(password) ?? differ;
    if (error !== null) return c.html(invitationPage(c.var.services, { user, secret, error }), 400);
    if ((await invitations.accept(secret, password, sourceOf(c))) === null) throw invitationNotValid();
    c.set('userId', user.id);
    await enterSession(c, await signIn.begin(user, 'invitation', sourceOf(c)));
    return c.redirect(paths.tokensPage, 303);
  });
}

export function invitationNotValid(): HttpError {
  return new HttpError(
    404,
    'This invitation does not work',
    'It has been used already, has expired, or was replaced by a newer one. Ask whoever invited you for a new one; ' +
      'if you have used it before, just sign in.',
  );
}

export function invitationPage(
  { identityProviders, passwordSignIn }: Pick<Services, 'identityProviders' | 'passwordSignIn'>,
  { user, secret, error }: { user: User; secret: string; error: string | null },
): Html {
  const hidden = { invitation: secret };
  return page({
    title: passwordSignIn ? 'Choose a password' : 'Choose how you sign in',
    session: null,
    main: html`<h1>Welcome, ${user.name}</h1>
      <p class="muted">
        ${
          passwordSignIn
            ? html`Choose a password. You sign in with it and your e-mail address, ${user.email}.`
            : html`Sign in once, and from then on that is the way into your account here, ${user.email}.`
        }
      </p>
      ${alert(error)} ${passwordSignIn ? passwordForm(user, secret) : ''}
      ${providerButtons(identityProviders, { verb: 'Use', hidden, isMain: !passwordSignIn })}`,
  });
}

function passwordForm(user: User, secret: string): Html {
  return html`<form method="post" action="${invitationPath(secret)}">
    <input type="hidden" name="email" value="${user.email}" autocomplete="username" />
    <label for="password">Password</label>
    <input
      id="password"
      name="password"
      type="password"
      autocomplete="new-password"
      minlength="${passwordRules.minLength}"
      maxlength="${passwordRules.maxLength}"
      aria-describedby="password_hint"
      required
      autofocus
    />
    <p class="hint" id="password_hint">
      At least ${passwordRules.minLength} characters; a few words are easy to remember.
    </p>
    <label for="password_again">The same again</label>
    <input id="password_again" name="password_again" type="password" autocomplete="new-password" required />
    <div class="actions"><button>Set the password</button></div>
  </form>`;
}
