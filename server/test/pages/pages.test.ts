import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cliClientId } from '../../../src/protocol/oauth.js';
import { recordToken } from '../../../test/support/ledger.js';
import { formatUserCode } from '../../src/domain/user-codes.js';
import { byOperator } from '../../src/domain/audit-log.js';
import { mainForm, Person } from '../support/person.js';
import { startTestServer, type TestServer, type TestServerOptions } from '../support/test-server.js';

const minute = 60_000;

let server: TestServer;
async function restart(options: TestServerOptions): Promise<void> {
  await server.close();
  server = await startTestServer(options);
}
beforeEach(async () => {
  server = await startTestServer();
});
afterEach(() => server.close());

async function beginDeviceFlow(): Promise<{ deviceCode: string; userCode: string }> {
  const { deviceCode, userCode } = await server.beginLogin({ hostName: '<b>laptop</b>' });
  return { deviceCode, userCode: formatUserCode(userCode) };
}

async function ada(headers: Record<string, string> = {}): Promise<Person> {
  const person = new Person(server.url, headers);
  await person.signIn(server.owner);
  return person;
}

describe('signing in', () => {
  it('leads back to where the person wanted to go', async () => {
    const person = new Person(server.url);
    const signIn = await person.get('/tokens');
    expect(signIn.path).toBe('/sign-in?return_to=%2Ftokens');
    const page = await person.submit(signIn, {
      email: ` ${server.owner.email.toUpperCase()} `,
      password: server.owner.password,
    });
    expect(page).toMatchObject({ status: 200, path: '/tokens' });
  });

  it.each([
    'https://evil.example/',
    '//evil.example/',
    '/\\evil.example/',
    '/\t/evil.example',
    '/.//evil.example',
    'javascript:alert(1)',
    'tokens',
    '',
  ])('never leads to another site: %j', async (returnTo) => {
    const person = new Person(server.url);
    const { email, password } = server.owner;
    expect(await person.post('/sign-in', { email, password, return_to: returnTo })).toMatchObject({ path: '/tokens' });
  });

  it.each(['/%2F/evil.example', '/%2f%2fevil.example', '/%5Cevil.example', '/%09//evil.example'])(
    'stays on this site with a path that is another one only when decoded: %j',
    async (returnTo) => {
      const body = new URLSearchParams({ ...server.owner, return_to: returnTo });
      const response = await fetch(`${server.url}/sign-in`, { method: 'POST', body, redirect: 'manual' });
      for (const cookie of response.headers.getSetCookie()) recordToken(/=([^;]+)/.exec(cookie)?.[1] ?? '');
      expect(response.headers.get('location')).toMatch(/^\/(?![/\\])/);
    },
  );

  it('says the same, whatever was wrong', async () => {
    const person = new Person(server.url);
    const attempt = async (email: string, password: string) => {
      const page = await person.post('/sign-in', { email, password });
      return { status: page.status, html: page.html.replaceAll(email, 'E-MAIL') };
    };
    const invited = await server.addUser({ email: 'invited@acme.example' });
    const wrongPassword = await attempt(server.owner.email, 'wrong');
    expect(wrongPassword).toMatchObject({ status: 400, html: expect.stringContaining('That did not work') as string });
    expect(await attempt('nobody@acme.example', invited.password)).toEqual(wrongPassword);
    expect(await attempt(invited.email, '')).toEqual(wrongPassword);
  });

  it('takes no more tries for an account from an address after ten wrong ones, until a quarter of an hour has passed', async () => {
    const person = new Person(server.url);
    const { email, password } = server.owner;
    for (let attempt = 0; attempt < 10; attempt++)
      await person.post('/sign-in', { email, password: `wrong ${attempt}` });
    expect((await person.post('/sign-in', { email, password })).status).toBe(400);
    server.passTime(15 * minute + 1);
    expect((await person.post('/sign-in', { email, password })).path).toBe('/tokens');
  });

  it('takes no more tries from an address after fifty wrong ones, whichever the account', async () => {
    await restart({ trustedProxyHops: 1 });
    const attacker = new Person(server.url, { 'x-forwarded-for': '198.51.100.1' });
    for (let attempt = 0; attempt < 50; attempt++)
      await attacker.post('/sign-in', { email: `a${attempt}@b`, password: 'x' });
    expect((await attacker.signIn(server.owner)).status).toBe(400);
    const elsewhere = new Person(server.url, { 'x-forwarded-for': '198.51.100.1, 203.0.113.9' });
    expect((await elsewhere.signIn(server.owner)).path).toBe('/tokens');
  });

  it('lets nobody who guesses from one address keep the owner of the account out', async () => {
    await restart({ trustedProxyHops: 1 });
    const from = (address: string) => new Person(server.url, { 'x-forwarded-for': address });
    const { email } = server.owner;
    const guess = async (address: string, times: number) => {
      for (let attempt = 0; attempt < times; attempt++) {
        await from(address).post('/sign-in', { email, password: 'wrong' });
      }
    };
    await guess('2001:db8::1', 10);
    // The same network, in which whoever has one address has them all.
    expect((await from('2001:db8::2').signIn(server.owner)).status).toBe(400);
    expect((await from('192.0.2.1').signIn(server.owner)).path).toBe('/tokens');
    // From many addresses together the account is closed after a hundred.
    for (let network = 1; network < 10; network++) await guess(`2001:db8:${network}::1`, 10);
    expect((await from('192.0.2.1').signIn(server.owner)).status).toBe(400);
    server.passTime(15 * minute + 1);
    expect((await from('192.0.2.1').signIn(server.owner)).path).toBe('/tokens');
  });

  it('believes no X-Forwarded-For when there is no proxy of ours', async () => {
    const { email, password } = server.owner;
    for (let attempt = 0; attempt < 10; attempt++) {
      const person = new Person(server.url, { 'x-forwarded-for': `192.0.2.${attempt}` });
      await person.post('/sign-in', { email, password: 'wrong' });
    }
    const person = new Person(server.url, { 'x-forwarded-for': '192.0.2.99' });
    expect((await person.post('/sign-in', { email, password })).status).toBe(400);
  });

  it('begins a new session each time, and ends the one that the browser had', async () => {
    const { email, password } = server.owner;
    const signIn = async (cookie: string) => {
      const response = await fetch(`${server.url}/sign-in`, {
        method: 'POST',
        headers: { cookie },
        body: new URLSearchParams({ email, password }),
        redirect: 'manual',
      });
      const session = response.headers.getSetCookie()[0]?.split(';')[0] ?? '';
      recordToken(session.slice(session.indexOf('=') + 1));
      return session;
    };
    const isSignedIn = async (cookie: string) => {
      const response = await fetch(`${server.url}/tokens`, { headers: { cookie }, redirect: 'manual' });
      await response.body?.cancel();
      return response.status === 200;
    };
    // A session that somebody else has put into the browser does not become the person's (CWE-384).
    const planted = 'nxkey_session=planted-by-an-attacker';
    const first = await signIn(planted);
    expect(await isSignedIn(planted)).toBe(false);
    expect(await isSignedIn(first)).toBe(true);
    const second = await signIn(first);
    expect(await isSignedIn(first)).toBe(false);
    expect(await isSignedIn(second)).toBe(true);
  });

  it('counts no tries that succeed', async () => {
    for (let attempt = 0; attempt < 12; attempt++) {
      expect((await new Person(server.url).signIn(server.owner)).path).toBe('/tokens');
    }
  });

  it('ends after twelve hours without use, after seven days in any case, and on signing out', async () => {
    const hour = 60 * minute;
    const person = await ada();
    server.passTime(12 * hour);
    expect((await person.get('/tokens')).path).toContain('/sign-in');

    await person.signIn(server.owner);
    for (let passed = 0; passed < 7 * 24; passed += 8) {
      expect((await person.get('/tokens')).path).toBe('/tokens');
      server.passTime(8 * hour);
    }
    expect((await person.get('/tokens')).path).toContain('/sign-in');

    const page = await person.signIn(server.owner);
    const csrf = /name="csrf_token" value="([^"]+)"/.exec(page.html)?.[1] ?? '';
    recordToken(csrf);
    await person.post('/sign-out', { csrf_token: csrf });
    expect((await person.get('/tokens')).path).toContain('/sign-in');
  });
});

describe('the session cookie', () => {
  async function cookieOf(): Promise<string> {
    const { email, password } = server.owner;
    const body = new URLSearchParams({ email, password });
    const response = await fetch(`${server.url}/sign-in`, { method: 'POST', body, redirect: 'manual' });
    const cookie = response.headers.getSetCookie()[0] ?? '';
    recordToken(/=([^;]+)/.exec(cookie)?.[1] ?? '');
    return cookie.replace(/=[^;]+/, '=…');
  }

  it('is out of reach of scripts and of other sites', async () => {
    expect(await cookieOf()).toBe('nxkey_session=…; Max-Age=604800; Path=/; HttpOnly; SameSite=Lax');
  });

  it('behind https is also bound to the host and to https', async () => {
    await restart({ publicUrl: 'https://nxkey.acme.example' });
    expect(await cookieOf()).toBe('__Host-nxkey_session=…; Max-Age=604800; Path=/; HttpOnly; Secure; SameSite=Lax');
  });
});

describe('forms', () => {
  const approve = (userCode: string) => ({ user_code: userCode, action: 'approve' });

  it('are refused without the token of the session, and with that of another', async () => {
    const { userCode } = await beginDeviceFlow();
    const person = await ada();
    const other = mainForm(await (await ada()).get('/device')).hidden['csrf_token'] ?? '';
    const wrong: Record<string, string>[] = [{}, { csrf_token: '' }, { csrf_token: 'x' }, { csrf_token: other }];
    for (const csrf of wrong) {
      expect((await person.post('/device', { ...approve(userCode), ...csrf })).status).toBe(403);
    }
    expect((await person.answer(userCode, 'approve')).html).toContain('<h1>Approved</h1>');
  });

  it.each<Record<string, string>>([
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { origin: 'https://evil.example' },
    { origin: 'null' },
  ])('are refused when they come from elsewhere: %o', async (headers) => {
    const { email, password } = server.owner;
    expect((await new Person(server.url, headers).post('/sign-in', { email, password })).status).toBe(403);
  });

  it('are taken from the own site, also by browsers that say "Origin: null" for the sake of the referrer policy', async () => {
    const headers: Record<string, string>[] = [
      { 'sec-fetch-site': 'same-origin', origin: 'null' },
      { origin: server.url },
    ];
    for (const header of headers)
      expect((await new Person(server.url, header).signIn(server.owner)).path).toBe('/tokens');
  });

  it('have to be forms', async () => {
    const response = await fetch(`${server.url}/sign-in`, {
      method: 'POST',
      body: '{}',
      headers: { accept: 'text/html' },
    });
    expect(response.status).toBe(415);
  });
});

describe('the device page', () => {
  it('wants a sign-in first, and fills in the code of a link without skipping the question', async () => {
    const { userCode, deviceCode } = await beginDeviceFlow();
    const person = new Person(server.url);
    const signIn = await person.get(`/device?user_code=${userCode}`);
    expect(signIn.path).toContain('/sign-in');
    const question = await person.submit(signIn, { email: server.owner.email, password: server.owner.password });
    expect(question.html).toContain('Did you start this login?');
    expect(await server.services.deviceAuthorizations.poll(deviceCode, cliClientId, byOperator('root'))).toEqual({
      kind: 'pending',
    });
  });

  it('shows what the client said about itself as text', async () => {
    const { userCode } = await beginDeviceFlow();
    const question = await (await ada()).get(`/device?user_code=${userCode}`);
    expect(question.html).toContain('&lt;b&gt;laptop&lt;/b&gt;');
    expect(question.html).not.toContain('<b>laptop');
  });

  it('says the same for a wrong, an expired, an answered code, and after five wrong ones for a right one', async () => {
    const [expired, answered, right] = [await beginDeviceFlow(), await beginDeviceFlow(), await beginDeviceFlow()];
    const person = await ada();
    await person.answer(answered.userCode, 'deny');
    const form = mainForm(await person.get('/device'));
    const attempt = async (code: string) => {
      const page = await person.post('/device', { ...form.hidden, user_code: code });
      return `${page.status} ${page.html.replace(/ value="[^"]*"/g, '')}`;
    };
    const wrong = await attempt('BBBB-BBBB');
    expect(wrong).toMatch(/^400 .*That code does not work/s);
    expect(await attempt(answered.userCode)).toBe(wrong);
    for (const code of ['CCCC-CCCC', 'nonsense!', '']) expect(await attempt(code)).toBe(wrong);
    expect(await attempt(right.userCode)).toBe(wrong);
    // The lock is for person and address, not for this session.
    expect((await (await ada()).get(`/device?user_code=${right.userCode}`)).status).toBe(400);
    server.passTime(10 * minute + 1);
    expect(await attempt(expired.userCode)).toBe(wrong);
  });

  it('locks an address for all its accounts, and a person from all addresses', async () => {
    await restart({ trustedProxyHops: 1 });
    const { userCode } = await beginDeviceFlow();
    const grace = await server.addUser({ email: 'grace@acme.example' });
    const guesser = await ada({ 'x-forwarded-for': '198.51.100.1' });
    for (let attempt = 0; attempt < 5; attempt++) await guesser.get('/device?user_code=BBBB-BBBB');

    const sameAddress = new Person(server.url, { 'x-forwarded-for': '198.51.100.1' });
    await sameAddress.signIn(grace);
    expect((await sameAddress.get(`/device?user_code=${userCode}`)).status).toBe(400);
    const samePerson = await ada({ 'x-forwarded-for': '198.51.100.2' });
    expect((await samePerson.get(`/device?user_code=${userCode}`)).status).toBe(400);
    const neither = new Person(server.url, { 'x-forwarded-for': '198.51.100.2' });
    await neither.signIn(grace);
    expect((await neither.get(`/device?user_code=${userCode}`)).status).toBe(200);
  });
});

describe('the tokens page', () => {
  it('revokes a token of the person, and nobody else’s', async () => {
    const grace = await server.addUser({ email: 'grace@acme.example' });
    const secret = await server.addToken(grace);
    const token = await server.services.personalAccessTokens.inspect(secret);
    const path = `/tokens/${token?.token.id ?? ''}/revoke`;
    const person = await ada();
    expect((await person.get(path)).status).toBe(404);
    const own = mainForm(await person.get('/device')).hidden;
    expect((await person.post(path, own)).status).toBe(404);
    expect(await server.services.personalAccessTokens.inspect(secret)).not.toBeNull();

    const graceInBrowser = new Person(server.url);
    await graceInBrowser.signIn(grace);
    expect((await graceInBrowser.submit(await graceInBrowser.get(path), {})).path).toBe('/tokens');
    expect(await server.services.personalAccessTokens.inspect(secret)).toBeNull();
  });
});

describe('an invitation', () => {
  async function invite(): Promise<{ path: string; email: string }> {
    const user = await server.addUser({ email: 'grace@acme.example', name: 'Grace' });
    const { secret } = await server.services.invitations.create(user, byOperator('root'), server.services.database);
    recordToken(secret);
    return { path: `/invitations/${secret}`, email: user.email };
  }
  const good = { password: 'correct horse battery', password_again: 'correct horse battery' };

  it('sets a password once, and signs the person in', async () => {
    const { path, email } = await invite();
    const person = new Person(server.url);
    expect((await person.submit(await person.get(path), good)).path).toBe('/tokens');
    expect((await person.get(path)).status).toBe(404);
    expect((await person.post(path, good)).status).toBe(404);
    expect((await new Person(server.url).signIn({ email, password: good.password })).path).toBe('/tokens');
  });

  it('stands after a password that is too short, or two that differ', async () => {
    const { path } = await invite();
    const person = new Person(server.url);
    const short = await person.post(path, { password: 'elevenchars', password_again: 'elevenchars' });
    expect(short.html).toContain('at least 12 characters');
    const different = await person.post(path, { ...good, password_again: 'correct horse' });
    expect(different.html).toContain('not the same');
    expect((await person.post(path, good)).path).toBe('/tokens');
  });

  it('expires after seven days, and is replaced by a newer one', async () => {
    const { path } = await invite();
    server.passTime(7 * 24 * 60 * minute);
    expect((await new Person(server.url).get(path)).status).toBe(404);
  });

  it('is taken by one of two who use it at once', async () => {
    const { path } = await invite();
    const pages = await Promise.all([1, 2, 3].map(() => new Person(server.url).post(path, good)));
    expect(pages.filter((page) => page.path === '/tokens')).toHaveLength(1);
  });
});

describe('every page', () => {
  it('forbids frames, scripts, caching, referrers and sniffing', async () => {
    const { headers } = await new Person(server.url).get('/sign-in');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('strict-transport-security')).toBeNull();
    await restart({ publicUrl: 'https://nxkey.acme.example' });
    expect((await new Person(server.url).get('/sign-in')).headers.get('strict-transport-security')).toMatch(
      /max-age=\d+/,
    );
  });

  it('tells people in a page what is not there, with the request to ask about', async () => {
    const page = await new Person(server.url).get('/nothing/here');
    expect(page.status).toBe(404);
    expect(page.html).toContain('<h1>Not found</h1>');
    expect(page.html).toContain(page.headers.get('x-request-id'));
  });
});
