import { recordToken } from '../../../test/support/ledger.js';
import { paths } from '../../../src/protocol/paths.js';

export interface Page {
  status: number;
  /** Where it ended up, without the origin. */
  path: string;
  html: string;
  headers: Headers;
}

export type Decision = 'approve' | 'deny';

/** Somebody with a browser that knows forms and cookies and nothing else: no JavaScript. */
export class Person {
  readonly #origin: string;
  readonly #cookies: Map<string, string>;
  /** Sent with every request: what a proxy or another kind of browser would add. */
  readonly headers: Record<string, string>;

  constructor(origin: string, headers: Record<string, string> = {}, cookies: Record<string, string> = {}) {
    this.#origin = origin;
    this.headers = headers;
    this.#cookies = new Map(Object.entries(cookies));
  }

  cookie(name: string): string | undefined {
    return this.#cookies.get(name);
  }

  async get(path: string): Promise<Page> {
    return await this.#request(path, { method: 'GET' });
  }

  /** Submits fields as they are, whatever a page says. */
  async post(path: string, fields: Record<string, string>): Promise<Page> {
    return await this.#request(path, { method: 'POST', body: new URLSearchParams(fields) });
  }

  /** Fills in a page's form and submits it, with its hidden fields. */
  async submit(page: Page, fields: Record<string, string>): Promise<Page> {
    const form = mainForm(page);
    return await this.post(form.action, { ...form.hidden, ...fields });
  }

  /** Submits the form that goes there as it is. */
  async submitTo(page: Page, action: string): Promise<Page> {
    return await this.post(action, formTo(page, action));
  }

  async signIn(user: { email: string; password: string }): Promise<Page> {
    return await this.submit(await this.get(paths.signIn), { email: user.email, password: user.password });
  }

  /** From the code to the answer, as the page asks for it. */
  async answer(userCode: string, action: Decision): Promise<Page> {
    const question = await this.submit(await this.get(paths.device), { user_code: userCode });
    return await this.submit(question, { action });
  }

  async #request(path: string, init: RequestInit): Promise<Page> {
    const response = await fetch(new URL(path, this.#origin), {
      ...init,
      redirect: 'manual',
      headers: {
        accept: 'text/html',
        ...this.headers,
        cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; '),
      },
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (value === '') this.#cookies.delete(name);
      else this.#cookies.set(name, value);
      if (value !== '') recordToken(value);
    }
    const location = response.headers.get('location');
    if (response.status === 303 && location !== null) {
      await response.body?.cancel();
      return await this.get(location);
    }
    return { status: response.status, path, html: await response.text(), headers: response.headers };
  }
}

/** The form in the page's main part: where it goes, and what it carries unseen. */
export function mainForm(page: Page): { action: string; hidden: Record<string, string> } {
  const [form] = forms(page);
  if (form === undefined) throw new Error(`no form on the page ${page.path} (${page.status})`);
  return form;
}

/** What the form that goes there carries unseen. */
export function formTo(page: Page, action: string): Record<string, string> {
  const form = forms(page).find((candidate) => candidate.action === action);
  if (form === undefined) throw new Error(`no form to ${action} on the page ${page.path} (${page.status})`);
  return form.hidden;
}

function forms(page: Page): { action: string; hidden: Record<string, string> }[] {
  const main = page.html.slice(page.html.indexOf('<main'));
  return [...main.matchAll(/<form method="post" action="([^"]*)"(.*?)<\/form>/gs)].map(([, action = '', form = '']) => {
    const hidden = [...form.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)];
    const fields = Object.fromEntries(
      hidden.map(([, name = '', value = '']) => [name, value.replaceAll('&amp;', '&')]),
    );
    if (fields['csrf_token'] !== undefined) recordToken(fields['csrf_token']);
    return { action, hidden: fields };
  });
}
