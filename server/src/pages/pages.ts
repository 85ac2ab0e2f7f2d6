import { paths } from '../../../src/protocol/paths.js';
import type { App } from '../http/app-env.js';
import { mountClaim } from './claim.js';
import { mountConnect } from './connect.js';
import { mountDevice } from './device.js';
import { sameOriginOnly } from './form-guard.js';
import { mountIdentityProviders } from './identity-providers.js';
import { mountGithub } from './github.js';
import { mountInvitation } from './invitation.js';
import { mountSignInMethods } from './sign-in-methods.js';
import { mountSignIn } from './sign-in.js';
import { css, stylePath } from './style.js';
import { mountTokens } from './tokens.js';

/** The pages for people. */
export function mountPages(app: App): void {
  const withForms = [
    paths.signIn,
    `${paths.signIn}/*`,
    `${paths.signInMethods}/*`,
    '/sign-out',
    paths.device,
    `${paths.tokensPage}/*`,
    '/invitations/*',
    '/connect/*',
    '/organizations/*',
  ];
  for (const path of withForms) {
    app.use(path, sameOriginOnly);
  }
  app.get('/', (c) => c.redirect(paths.tokensPage, 303));
  app.get(stylePath, (c) =>
    c.body(css, 200, {
      'content-type': 'text/css; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
    }),
  );
  mountSignIn(app);
  mountIdentityProviders(app);
  mountSignInMethods(app);
  mountDevice(app);
  mountTokens(app);
  mountInvitation(app);
  mountGithub(app);
  // In this order: the last takes whatever stands in the address for a code.
  mountConnect(app);
  mountClaim(app);
}
