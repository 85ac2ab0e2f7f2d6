import { html } from 'hono/html';
import { paths } from '../../../src/protocol/paths.js';
import type { Services } from '../domain/services.js';
import { alert, page, type Html } from './layout.js';
import { providerButtons } from './provider-views.js';

export function signInPage(
  { identityProviders, passwordSignIn }: Pick<Services, 'identityProviders' | 'passwordSignIn'>,
  { email, returnTo, error }: { email: string; returnTo: string; error: string | null },
): Html {
  const buttons = { verb: 'Sign in with', hidden: { return_to: returnTo }, isMain: !passwordSignIn };
  return page({
    title: 'Sign in',
    session: null,
    main: html`<h1>Sign in</h1>
      ${alert(error)} ${passwordSignIn ? passwordForm(email, returnTo) : ''}
      ${providerButtons(identityProviders, buttons)}`,
  });
}

function passwordForm(email: string, returnTo: string): Html {
  return html`<form method="post" action="${paths.signIn}">
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
  </form>`;
}
