import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { alertOf, pressButton, signInVia, throughProvider } from '../../server/test/support/at-provider.js';
import {
  identityProviderOf,
  prepareOidcProvider,
  type TestOidcProvider,
} from '../../server/test/support/oidc-provider.js';
import { Person as Browser, type Page } from '../../server/test/support/person.js';
import { startTestServer, type TestServer } from '../../server/test/support/test-server.js';
import { codePattern, newPerson, type Person } from '../support/person.js';
import { programs, run, start, type Running } from '../support/programs.js';

const grace = { email: 'grace@acme.example', email_verified: true, name: 'Grace Hopper' };

let oidc: TestOidcProvider;
/** Knows Grace by nothing but what the provider will say of her. */
let server: TestServer;
let browser: Browser;
let person: Person;
let login: Running;

beforeEach(async () => {
  oidc = await prepareOidcProvider();
  server = await startTestServer({ identityProviders: [identityProviderOf(oidc)], passwordSignIn: false });
  await oidc.open(`${server.url}/sign-in/oidc/callback`);
  oidc.accounts.set('grace-1', grace);
  oidc.person = 'grace-1';
  browser = new Browser(server.url);
  person = newPerson();
  login = start(programs.nxkey, ['login', server.url, '--storage', 'file'], person);
});
afterEach(async () => {
  await server.close();
  await oidc.close();
});

/** Types the code that the terminal shows into the page that waits for it, and answers the question. */
async function answer(enterCode: Page, action: 'approve' | 'deny'): Promise<Page> {
  const [code] = await login.waitFor(codePattern);
  const question = await browser.submit(enterCode, { user_code: code });
  return await browser.submit(question, { action });
}
const whoami = () => run(programs.nxkey, ['whoami'], person);

describe('nxkey login, approved by somebody who signs in through an identity provider on the way,', () => {
  it('ends logged in, as the person that the provider names', async () => {
    await login.waitFor(codePattern);
    expect(login.stderr()).toContain(`${server.url}/device`);
    const enterCode = await signInVia(browser, 'oidc', '/device');
    expect(enterCode).toMatchObject({ status: 200, path: '/device' });
    expect((await answer(enterCode, 'approve')).status).toBe(200);

    const { code, stderr } = await login.finished;
    expect(code).toBe(0);
    expect(stderr).toContain(`✓ Logged in to ${server.url} as Grace Hopper <grace@acme.example>`);
    expect(await whoami()).toMatchObject({ code: 0, stdout: 'Grace Hopper\n', stderr: '' });
    const status = await run(programs.nxkey, ['status', '--json'], person);
    expect(JSON.parse(status.stdout)).toMatchObject({ servers: [{ user: { email: 'grace@acme.example' } }] });
  });

  it('waits while the provider refuses, and ends when it lets them in', async () => {
    await login.waitFor(codePattern);
    oidc.person = null;
    const address = await pressButton(browser, await browser.get('/device'), 'oidc');
    const refused = await browser.get(await throughProvider(address));
    expect(alertOf(refused)).not.toBe('');
    expect((await browser.get('/device')).path).toContain('/sign-in');

    oidc.person = 'grace-1';
    await answer(await signInVia(browser, 'oidc', '/device'), 'approve');
    expect(await login.finished).toMatchObject({ code: 0 });
    expect(await whoami()).toMatchObject({ stdout: 'Grace Hopper\n' });
  });

  it('ends with a sentence when they deny it, and nobody is logged in', async () => {
    await login.waitFor(codePattern);
    await answer(await signInVia(browser, 'oidc', '/device'), 'deny');
    const { code, stderr } = await login.finished;
    expect(code).toBe(1);
    expect(stderr).toContain('was denied in the browser');
    expect(await whoami()).toMatchObject({ code: 4, stdout: '' });
  });
});
