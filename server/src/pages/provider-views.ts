import { html } from 'hono/html';
import { paths } from '../../../src/protocol/paths.js';
import type { IdentityProvider } from '../domain/identities/provider.js';
import { page, type Html } from './layout.js';

export function providerPath({ key }: Pick<IdentityProvider, 'key'>): string {
  return `${paths.signIn}/${key}`;
}

/** A button for each provider. @param hidden the fields that say what somebody goes there for */
export function providerButtons(
  providers: readonly IdentityProvider[],
  { verb, hidden, isMain }: { verb: string; hidden: Readonly<Record<string, string>>; isMain: boolean },
): Html[] {
  return providers.map(
    (provider) =>
      html`<form method="post" action="${providerPath(provider)}">
        ${Object.entries(hidden).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`)}
        <div class="actions">
          <button${isMain ? '' : html` class="secondary"`}>${verb} ${provider.name}</button>
        </div>
      </form> `,
  );
}

/**
 * Goes on to the provider by itself. Not a redirect: browsers hold a form to where the page's policy lets forms go, all
 * redirects that follow included, and nobody knows to which other addresses a provider sends people on.
 */
export function goingOnPage({ name }: Pick<IdentityProvider, 'name'>, url: string): Html {
  return page({
    title: `Going on to ${name}`,
    session: null,
    goTo: url,
    main: html`<h1>Going on to ${name} …</h1>
      <p><a class="button" href="${url}">Continue to ${name}</a></p>`,
  });
}
