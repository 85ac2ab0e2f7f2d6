import { recordToken } from '../../../test/support/ledger.js';
import type { ProviderKey } from '../../src/domain/identities/provider.js';
import { formTo, type Page, type Person } from './person.js';

/** What a person's browser does between our page and the provider's, without JavaScript. */

/** Presses the button for a provider. @returns where the browser goes on to by itself */
export async function pressButton(person: Person, page: Page, key: ProviderKey): Promise<URL> {
  return whereTo(await person.post(`/sign-in/${key}`, formTo(page, `/sign-in/${key}`)));
}

export function whereTo(page: Page): URL {
  const address = /http-equiv="refresh" content="0; url=([^"]+)"/.exec(page.html)?.[1];
  if (address === undefined) throw new Error(`the page goes nowhere: ${page.path} (${page.status})`);
  return new URL(address.replaceAll('&amp;', '&'));
}

/** Goes through the provider's pages. @returns the way back to us, as a path */
export async function throughProvider(address: URL): Promise<string> {
  const cookies = new Map<string, string>();
  let next = address;
  for (let step = 0; step < 10; step++) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(next, { redirect: 'manual', headers: { cookie } });
    for (const set of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      if (value === '') cookies.delete(name);
      else cookies.set(name, value);
    }
    const location = response.headers.get('location');
    if (location === null) throw new Error(`the provider shows a page: ${response.status} ${await response.text()}`);
    await response.body?.cancel();
    next = new URL(location, next);
    const code = next.searchParams.get('code');
    if (code !== null) recordToken(code);
    if (next.pathname.endsWith('/callback')) return next.pathname + next.search;
  }
  throw new Error('the provider sends the browser in circles');
}

/** From our page to the provider and back. */
export async function signInVia(person: Person, key: ProviderKey, from = '/sign-in'): Promise<Page> {
  const address = await pressButton(person, await person.get(from), key);
  return await person.get(await throughProvider(address));
}

/** What the page says went wrong. */
export function alertOf(page: Page): string {
  const text = /<p class="error" role="alert">([^<]*)<\/p>/.exec(page.html)?.[1] ?? '';
  return text.replaceAll('&#39;', "'").replaceAll('&amp;', '&').replaceAll('&quot;', '"');
}
