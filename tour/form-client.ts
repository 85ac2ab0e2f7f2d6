import { parse, type HTMLElement } from 'node-html-parser';

/** A page that was answered, after its redirects. */
export interface Page {
  url: string;
  status: number;
  /** The visible text, white space folded. */
  text: string;
  html: HTMLElement;
}

/**
 * Walks through pages as a person with a very old browser would: follows redirects, keeps cookies, submits forms.
 * Sends `Origin` with forms as browsers do, so that the server's checks are really passed and not switched off.
 */
export class FormClient {
  readonly #cookies = new Map<string, string>();
  readonly #origin: string;

  constructor(serverUrl: string) {
    this.#origin = new URL(serverUrl).origin;
  }

  open(path: string): Promise<Page> {
    return this.#request(new URL(path, this.#origin), { method: 'GET' });
  }

  /**
   * Submits the form of a page that has a field or button of that name, with its hidden fields and the given values.
   * @throws {Error} when the page has no such form
   */
  submit(page: Page, values: Record<string, string>): Promise<Page> {
    const names = Object.keys(values);
    const form = page.html
      .querySelectorAll('form')
      .find((candidate) => names.every((name) => candidate.querySelector(`[name="${name}"]`) !== null));
    if (form === undefined) {
      throw new Error(`${page.url} (${page.status}) has no form with ${names.join(', ')}. It says: ${page.text}`);
    }
    const fields = new URLSearchParams();
    for (const input of form.querySelectorAll('input')) {
      const name = input.getAttribute('name');
      if (name !== undefined && !(name in values)) fields.set(name, input.getAttribute('value') ?? '');
    }
    for (const [name, value] of Object.entries(values)) fields.set(name, value);
    const action = new URL(form.getAttribute('action') ?? page.url, page.url);
    return this.#request(action, {
      method: 'POST',
      body: fields.toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded', origin: this.#origin },
    });
  }

  async #request(url: URL, init: { method: string; body?: string; headers?: Record<string, string> }): Promise<Page> {
    if (url.origin !== this.#origin) throw new Error(`The server sent us to another host: ${url.origin}`);
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, {
      ...init,
      headers: { ...init.headers, ...(cookie !== '' && { cookie }) },
      redirect: 'manual',
    });
    for (const line of response.headers.getSetCookie()) this.#keep(line);
    const location = response.headers.get('location');
    if (response.status >= 300 && response.status < 400 && location !== null) {
      return this.#request(new URL(location, url), { method: 'GET' });
    }
    const html = parse(await response.text());
    const text = (html.querySelector('body') ?? html).structuredText.replace(/\s+/g, ' ').trim();
    return { url: url.href, status: response.status, text, html };
  }

  #keep(setCookie: string): void {
    const [pair = '', ...attributes] = setCookie.split(';');
    const [name = '', value = ''] = pair.trim().split(/=(.*)/s);
    const gone = attributes.some((attribute) => /^\s*max-age=0\s*$/i.test(attribute));
    if (gone) this.#cookies.delete(name);
    else this.#cookies.set(name, value);
  }
}

/** Opens an invitation's link and chooses a password, as somebody does who is new. */
export async function acceptInvitation(link: string, password: string): Promise<Page> {
  const browser = new FormClient(link);
  const welcome = await browser.open(new URL(link).pathname);
  return browser.submit(welcome, { password, password_again: password });
}

/** Signs in, finds the pending request by its code, and approves or denies it. */
export async function answerDeviceRequest(
  serverUrl: string,
  { email, password }: { email: string; password: string },
  userCode: string,
  action: 'approve' | 'deny' = 'approve',
): Promise<Page> {
  const browser = new FormClient(serverUrl);
  const signIn = await browser.open('/device');
  const enterCode = await browser.submit(signIn, { email, password });
  const question = await browser.submit(enterCode, { user_code: userCode });
  return browser.submit(question, { action });
}
