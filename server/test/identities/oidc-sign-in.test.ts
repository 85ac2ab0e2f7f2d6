import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recordToken } from '../../../test/support/ledger.js';
import { byOperator } from '../../src/domain/audit-log.js';
import { cliClientId } from '../../../src/protocol/oauth.js';
import { formatUserCode } from '../../src/domain/user-codes.js';
import { alertOf, pressButton, signInVia, throughProvider } from '../support/at-provider.js';
import { identityProviderOf, prepareOidcProvider, type TestOidcProvider } from '../support/oidc-provider.js';
import { Person } from '../support/person.js';
import { startTestServer, type TestServer, type TestServerOptions } from '../support/test-server.js';

const minute = 60_000;
const grace = { email: 'grace@acme.example', email_verified: true, name: 'Grace Hopper', groups: ['platform'] };

let oidc: TestOidcProvider;
let server: TestServer;

async function start(
  change: Partial<TestOidcProvider['options']> = {},
  serverOptions: TestServerOptions = {},
): Promise<void> {
  oidc = await prepareOidcProvider(change);
  server = await startTestServer({ identityProviders: [identityProviderOf(oidc)], ...serverOptions });
  await oidc.open(`${server.url}/sign-in/oidc/callback`);
  oidc.accounts.set('grace-1', grace);
  oidc.person = 'grace-1';
}
async function stop(): Promise<void> {
  await server.close();
  await oidc.close();
}
beforeEach(() => start());
afterEach(stop);

const userOf = (email: string) => server.services.database.users.findByEmail(email);
const organizationsOf = async (email: string) => {
  const user = await userOf(email);
  const memberships = user === null ? [] : await server.services.database.organizations.ofUser(user.id);
  return memberships.map(
    ({ organization, membership }) => `${organization.slug}: ${membership.role}, ${membership.source}`,
  );
};
const audit = async (action: string) => {
  const events = await server.services.database.auditEvents.find({ limit: 100 });
  return events.filter((event) => event.action === action);
};

describe('signing in with an OpenID Connect provider', () => {
  it('makes an account for whom a group has a role for, and leads back to where the person was', async () => {
    const { userCode } = await server.beginLogin();
    const device = `/device?user_code=${formatUserCode(userCode)}`;
    const page = await signInVia(new Person(server.url), 'oidc', device);
    expect(page).toMatchObject({ status: 200, path: device });
    expect(page.html).toContain('Did you start this login?');
    expect(await organizationsOf('grace@acme.example')).toEqual(['acme: member, oidc']);
    const [signedUp] = await audit('user.signed-up');
    expect(signedUp).toMatchObject({ target: grace.email, details: { method: 'oidc', provider: 'Acme SSO' } });
    expect((await audit('user.signed-in'))[0]).toMatchObject({ target: grace.email, details: { method: 'oidc' } });
    const [added] = await audit('member.added');
    expect(added).toMatchObject({
      actor: { kind: 'identity-provider', name: 'Acme SSO' },
      details: { role: 'member', cause: 'Acme SSO: may sign in, at a sign-in' },
    });
  });

  it('finds the account by the provider’s id for the person, whatever else has changed', async () => {
    await signInVia(new Person(server.url), 'oidc');
    const before = await userOf(grace.email);
    oidc.accounts.set('grace-1', { ...grace, email: 'grace.murray@acme.example', name: 'Grace Murray' });
    const page = await signInVia(new Person(server.url), 'oidc');
    expect(page.path).toBe('/tokens');
    expect(await userOf('grace.murray@acme.example')).toBeNull();
    const found = await server.services.database.identities.find(oidc.url, 'grace-1');
    expect(found).toMatchObject({ user: { id: before?.id }, identity: { label: 'grace.murray@acme.example' } });
  });

  it('lets nobody have an account whose groups have no role here', async () => {
    await stop();
    await start({ groupRoles: [{ group: 'staff', organizationSlug: 'acme', role: 'member' }] });
    const page = await signInVia(new Person(server.url), 'oidc');
    expect(page.status).toBe(403);
    expect(alertOf(page)).toContain('only for people whose groups at Acme SSO give them a role here');
    expect(await userOf(grace.email)).toBeNull();
  });

  it('never takes an e-mail address of somebody else for a proof, and says how to link', async () => {
    const owner = await server.services.database.users.findByEmail(server.owner.email);
    oidc.accounts.set('grace-1', { ...grace, email: server.owner.email });
    const person = new Person(server.url);
    const page = await signInVia(person, 'oidc');
    expect(page.status).toBe(409);
    expect(alertOf(page)).toContain('ada@acme.example already, and it is not linked to Acme SSO');
    expect((await person.get('/tokens')).path).toContain('/sign-in');
    expect(await server.services.database.identities.ofUser(owner?.id ?? '')).toEqual([]);
    expect((await audit('user.sign-in-failed'))[0]).toMatchObject({
      target: server.owner.email,
      actor: { kind: 'anonymous' },
      details: { provider: 'Acme SSO' },
    });
  });

  it.each([{ email_verified: false }, { email_verified: undefined }])(
    'takes an address that is not made sure of for nobody’s: %o',
    async (unverified) => {
      oidc.accounts.set('grace-1', { ...grace, email: server.owner.email, ...unverified });
      expect((await signInVia(new Person(server.url), 'oidc')).path).toBe('/tokens');
      const { user } = (await server.services.database.identities.find(oidc.url, 'grace-1')) ?? {};
      expect(user?.email).toBe('grace-1@users.noreply.127.0.0.1');
      expect(user?.id).not.toBe(server.owner.id);
    },
  );

  it('believes an address that the provider says nothing about where the operator says so, but not one it denies', async () => {
    await stop();
    await start({ trustEmail: true });
    oidc.accounts.set('grace-1', { ...grace, email_verified: undefined });
    oidc.accounts.set('mallory', { ...grace, email: 'ceo@acme.example', email_verified: false });
    await signInVia(new Person(server.url), 'oidc');
    expect(await userOf(grace.email)).not.toBeNull();
    oidc.person = 'mallory';
    await signInVia(new Person(server.url), 'oidc');
    expect(await userOf('ceo@acme.example')).toBeNull();
  });

  it('begins a new session each time, and ends the one that the browser had', async () => {
    const person = new Person(server.url);
    await person.signIn(server.owner);
    const former = person.cookie('nxkey_session');
    // In another tab, from before.
    const signIn = await new Person(server.url).get('/sign-in');
    const page = await person.get(await throughProvider(await pressButton(person, signIn, 'oidc')));
    expect(page.html).toContain('Grace Hopper');
    expect(person.cookie('nxkey_session')).not.toBe(former);
    expect(await server.services.signIn.resume(former ?? '')).toBeNull();
  });
});

describe('the way back from the provider', () => {
  async function begun(): Promise<{ person: Person; back: string }> {
    const person = new Person(server.url);
    const address = await pressButton(person, await person.get('/sign-in?return_to=%2Fdevice'), 'oidc');
    expect(address.searchParams.get('code_challenge_method')).toBe('S256');
    return { person, back: await throughProvider(address) };
  }
  async function expectRefused(person: Person, back: string, sentence: string, status = 400): Promise<void> {
    const page = await person.get(back);
    expect(page.status).toBe(status);
    expect(alertOf(page)).toContain(sentence);
    expect((await person.get('/tokens')).path).toContain('/sign-in');
    expect(await userOf(grace.email)).toBeNull();
  }

  it('is refused with a state that was tampered with, and without one', async () => {
    for (const change of [(state: string) => `${state}x`, () => '']) {
      const { person, back } = await begun();
      const url = new URL(back, server.url);
      url.searchParams.set('state', change(url.searchParams.get('state') ?? ''));
      await expectRefused(person, url.pathname + url.search, 'was not begun in this browser');
    }
  });

  it('is refused in another browser: nobody is made to finish what somebody else has begun', async () => {
    const { person, back } = await begun();
    await expectRefused(new Person(server.url), back, 'was not begun in this browser');
    // Another sign-in of the victim's own does not help.
    const victim = (await begun()).person;
    await expectRefused(victim, back, 'was not begun in this browser');
    expect((await person.get(back)).path).toBe('/device');
  });

  it('is refused after ten minutes', async () => {
    const { person, back } = await begun();
    server.passTime(10 * minute);
    await expectRefused(person, back, 'more than ten minutes ago');
  });

  it('works once: neither the browser nor the provider take it a second time', async () => {
    const { person, back } = await begun();
    const cookie = person.cookie('nxkey_sign_in') ?? '';
    expect((await person.get(back)).path).toBe('/device');
    expect(person.cookie('nxkey_sign_in')).toBeUndefined();
    expect(alertOf(await new Person(server.url).get(back))).toContain('was not begun in this browser');
    // Somebody has copied the cookie too.
    const copy = new Person(server.url, {}, { nxkey_sign_in: cookie });
    const replayed = await copy.get(back);
    expect(replayed.status).toBe(400);
    expect(alertOf(replayed)).toContain('Acme SSO does not take the code any more');
    expect((await copy.get('/tokens')).path).toContain('/sign-in');
  });

  it('is refused with a code that belongs to another sign-in (PKCE, nonce)', async () => {
    const [first, second] = [await begun(), await begun()];
    const stolen = new URL(first.back, server.url).searchParams.get('code') ?? '';
    const url = new URL(second.back, server.url);
    url.searchParams.set('code', stolen);
    await expectRefused(second.person, url.pathname + url.search, 'does not take the code any more');
  });

  it('is refused from another issuer (RFC 9207)', async () => {
    const { person, back } = await begun();
    const url = new URL(back, server.url);
    expect(url.searchParams.get('iss')).toBe(oidc.url);
    url.searchParams.set('iss', 'https://evil.example');
    await expectRefused(person, url.pathname + url.search, 'does not prove who you are');
  });

  it.each<[string, Record<string, unknown>]>([
    ['nonce', { nonce: 'of-another-sign-in' }],
    ['nonce', { nonce: undefined }],
    ['audience', { aud: 'another-client' }],
    ['issuer', { iss: 'https://evil.example' }],
    ['time', { exp: 1 }],
  ])('is refused with an ID token of another %s: %o', async (_what, change) => {
    oidc.claims = (claims) => ({ ...claims, ...change });
    const { person, back } = await begun();
    await expectRefused(person, back, 'does not prove who you are');
    expect(server.log()).toContain('What Acme SSO answered proves nothing');
  });

  it('is refused with an ID token that the provider has not signed', async () => {
    oidc.signsWithForeignKey = true;
    const { person, back } = await begun();
    await expectRefused(person, back, 'does not prove who you are');
  });

  it('says so when the person said no', async () => {
    oidc.person = null;
    const { person, back } = await begun();
    await expectRefused(person, back, 'Acme SSO did not let you in here, or you said no');
  });

  it('says so when the provider is down, before and after, and works when it is up again', async () => {
    oidc.down = 503;
    const person = new Person(server.url);
    const signIn = await person.get('/sign-in?return_to=%2Fdevice');
    const down = await person.submitTo(signIn, '/sign-in/oidc');
    expect(down.status).toBe(503);
    expect(alertOf(down)).toContain('Acme SSO cannot be asked who you are at the moment');
    oidc.down = null;
    const address = await pressButton(person, down, 'oidc');
    const back = await throughProvider(address);
    oidc.down = 500;
    await expectRefused(person, back, 'cannot be asked', 503);
    oidc.down = null;
    expect((await signInVia(person, 'oidc', '/sign-in?return_to=%2Fdevice')).path).toBe('/device');
    expect(server.log()).toContain('Acme SSO does not answer as it should');
  });

  it('leads to no other site', async () => {
    const page = await signInVia(new Person(server.url), 'oidc', '/sign-in?return_to=https%3A%2F%2Fevil.example%2F');
    expect(page.path).toBe('/tokens');
  });

  it('takes no more after fifty that failed from one network', async () => {
    for (let attempt = 0; attempt < 50; attempt++) {
      const { person, back } = await begun();
      await person.get(back.replace(/code=[^&]*/, 'code=wrong'));
    }
    const { person, back } = await begun();
    await expectRefused(person, back, 'Too many sign-ins have failed from your network', 403);
    server.passTime(15 * minute + 1);
    expect((await signInVia(new Person(server.url), 'oidc')).path).toBe('/tokens');
  });
});

describe('the page that leads to the provider', () => {
  it('is asked for by a form of this site only', async () => {
    const elsewhere = new Person(server.url, { 'sec-fetch-site': 'cross-site' });
    expect((await elsewhere.post('/sign-in/oidc', {})).status).toBe(403);
    expect((await new Person(server.url).get('/sign-in/oidc')).status).toBe(405);
    expect((await new Person(server.url).post('/sign-in/github', {})).status).toBe(404);
  });

  it('keeps what the code is redeemed with out of sight and out of reach', async () => {
    const response = await fetch(`${server.url}/sign-in/oidc`, { method: 'POST', body: new URLSearchParams() });
    const [cookie = ''] = response.headers.getSetCookie();
    recordToken(/=([^;]+)/.exec(cookie)?.[1] ?? '');
    expect(cookie).toMatch(/^nxkey_sign_in=[\w-]+; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax$/);
    expect(response.headers.get('referrer-policy')).toBe('no-referrer');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('content-security-policy')).toContain("form-action 'self'");
    await response.body?.cancel();
  });
});

describe('groups', () => {
  beforeEach(async () => {
    await stop();
    await start({
      groupRoles: [
        { group: '*', organizationSlug: 'acme', role: 'member' },
        { group: 'platform', organizationSlug: 'acme', role: 'admin' },
        { group: 'platform', organizationSlug: 'lost', role: 'member' },
        { group: 'ops', organizationSlug: 'ops', role: 'member' },
      ],
    });
    const ops = { id: 'ops-id', slug: 'ops', name: 'Ops', createdAt: server.now() };
    await server.services.database.organizations.insert(ops);
  });

  it('give and take roles at each sign-in, with the cause in the audit log', async () => {
    await signInVia(new Person(server.url), 'oidc');
    expect(await organizationsOf(grace.email)).toEqual(['acme: admin, oidc']);
    oidc.accounts.set('grace-1', { ...grace, groups: ['ops'] });
    await signInVia(new Person(server.url), 'oidc');
    expect(await organizationsOf(grace.email)).toEqual(['acme: member, oidc', 'ops: member, oidc']);
    oidc.accounts.set('grace-1', { ...grace, groups: [] });
    await signInVia(new Person(server.url), 'oidc');
    expect(await organizationsOf(grace.email)).toEqual(['acme: member, oidc']);
    expect((await audit('member.removed'))[0]).toMatchObject({
      organizationId: 'ops-id',
      target: grace.email,
      details: { cause: 'Acme SSO: in no group for this organization any more, at a sign-in' },
    });
  });

  it('leave a membership alone that somebody has made by hand', async () => {
    await signInVia(new Person(server.url), 'oidc');
    const user = await userOf(grace.email);
    const { organizations } = server.services.database;
    const byHand = { userId: user?.id ?? '', organizationId: 'ops-id', role: 'owner', source: 'manual' } as const;
    await organizations.addMember({ ...byHand, createdAt: server.now() });
    oidc.accounts.set('grace-1', { ...grace, groups: ['ops'] });
    await signInVia(new Person(server.url), 'oidc');
    oidc.accounts.set('grace-1', { ...grace, groups: [] });
    await signInVia(new Person(server.url), 'oidc');
    expect(await organizationsOf(grace.email)).toEqual(['acme: member, oidc', 'ops: owner, manual']);
  });

  it('of an organization that there is not are logged once, and harm nobody', async () => {
    await signInVia(new Person(server.url), 'oidc');
    await signInVia(new Person(server.url), 'oidc');
    expect(server.log().match(/There is no organization lost/g)).toHaveLength(1);
  });
});

describe('an invitation', () => {
  async function invite(): Promise<{ path: string; userId: string }> {
    const user = { id: 'grace', email: 'g.hopper@acme.example', name: 'Grace', createdAt: server.now() };
    const { database, invitations } = server.services;
    await database.users.insert(user);
    const { secret } = await database.transaction((inside) => invitations.create(user, byOperator('root'), inside));
    recordToken(secret);
    return { path: `/invitations/${secret}`, userId: user.id };
  }

  it('is used up by an identity instead of a password, whatever address that has', async () => {
    const { path, userId } = await invite();
    const person = new Person(server.url);
    const page = await signInVia(person, 'oidc', path);
    expect(page.path).toBe('/tokens');
    expect((await server.services.database.identities.find(oidc.url, 'grace-1'))?.user.id).toBe(userId);
    expect((await person.get(path)).status).toBe(404);
    expect((await audit('identity.linked'))[0]).toMatchObject({ target: 'g.hopper@acme.example' });
    expect((await signInVia(new Person(server.url), 'oidc')).html).toContain('Grace');
  });

  it('works on when the identity is another account’s, and when the provider is down', async () => {
    await signInVia(new Person(server.url), 'oidc');
    const { path, userId } = await invite();
    const person = new Person(server.url);
    const page = await signInVia(person, 'oidc', path);
    expect(page.status).toBe(409);
    expect(alertOf(page)).toContain('is linked to another account here already');
    const back = await throughProvider(await pressButton(person, page, 'oidc'));
    oidc.down = 503;
    expect(await person.get(back)).toMatchObject({ status: 503, path: back });
    oidc.down = null;
    oidc.accounts.set('grace-2', { name: 'Grace' });
    oidc.person = 'grace-2';
    expect((await signInVia(person, 'oidc', path)).path).toBe('/tokens');
    expect((await server.services.database.identities.find(oidc.url, 'grace-2'))?.user.id).toBe(userId);
  });

  it('from the operator puts another identity in the place of one that is lost, and ends the sessions', async () => {
    await signInVia(new Person(server.url), 'oidc');
    const user = await userOf(grace.email);
    const thief = new Person(server.url);
    await signInVia(thief, 'oidc');
    const { database, invitations } = server.services;
    const { secret } = await database.transaction((inside) =>
      invitations.create(user ?? server.owner, byOperator('root'), inside),
    );
    recordToken(secret);
    oidc.accounts.set('grace-2', grace);
    oidc.person = 'grace-2';
    expect((await signInVia(new Person(server.url), 'oidc', `/invitations/${secret}`)).path).toBe('/tokens');
    const identities = await database.identities.ofUser(user?.id ?? '');
    expect(identities.map(({ subject }) => subject)).toEqual(['grace-2']);
    expect((await thief.get('/tokens')).path).toContain('/sign-in');
  });
});

describe('the page of ways to sign in', () => {
  async function signedInOwner(): Promise<Person> {
    const person = new Person(server.url);
    await person.signIn(server.owner);
    return person;
  }

  it('links an identity to the account that is signed in, and to no other', async () => {
    const person = await signedInOwner();
    expect((await person.get('/tokens')).html).toContain('href="/sign-in-methods"');
    const page = await signInVia(person, 'oidc', '/sign-in-methods');
    expect(page.path).toBe('/sign-in-methods');
    expect(page.html).toContain('<h2>Acme SSO: grace@acme.example</h2>');
    expect((await signInVia(new Person(server.url), 'oidc')).html).toContain('Ada Example');
    // Somebody else has that identity now.
    const other = await server.addUser({ email: 'mallory@acme.example' });
    const mallory = new Person(server.url);
    await mallory.signIn(other);
    const refused = await signInVia(mallory, 'oidc', '/sign-in-methods');
    expect(alertOf(refused)).toContain('is linked to another account here already');
    expect(await server.services.database.identities.ofUser(other.id)).toEqual([]);
  });

  it('links nothing for a form that was not made for the session, or when somebody else has signed in since', async () => {
    const person = await signedInOwner();
    expect((await person.post('/sign-in/oidc', { purpose: 'link', csrf_token: 'x' })).status).toBe(403);
    const back = await throughProvider(await pressButton(person, await person.get('/sign-in-methods'), 'oidc'));
    await person.post('/sign-in', { email: server.owner.email, password: server.owner.password });
    expect(alertOf(await person.get(back))).toContain('was not begun in this browser');
    expect(await server.services.database.identities.ofUser(server.owner.id)).toEqual([]);
    expect((await new Person(server.url).post('/sign-in/oidc', { purpose: 'link' })).path).toContain('/sign-in?');
  });

  it('links one identity of a provider', async () => {
    const person = await signedInOwner();
    const methods = await person.get('/sign-in-methods');
    await signInVia(person, 'oidc', '/sign-in-methods');
    oidc.accounts.set('grace-2', grace);
    oidc.person = 'grace-2';
    const page = await person.get(await throughProvider(await pressButton(person, methods, 'oidc')));
    expect(alertOf(page)).toContain('Your account is linked to grace@acme.example at Acme SSO already');
  });

  it('unlinks, ends what the identity gave, and never takes the last way in', async () => {
    const person = await signedInOwner();
    await signInVia(person, 'oidc', '/sign-in-methods');
    const page = await person.get('/sign-in-methods');
    expect((await person.post('/sign-in-methods/unlink', { issuer: oidc.url, subject: 'grace-1' })).status).toBe(403);
    expect((await person.submitTo(page, '/sign-in-methods/unlink')).html).not.toContain('grace@acme.example</h2>');
    expect(await server.services.database.identities.ofUser(server.owner.id)).toEqual([]);
    expect((await audit('identity.unlinked'))[0]).toMatchObject({
      target: server.owner.email,
      details: { provider: 'Acme SSO', identity: 'grace@acme.example' },
    });

    const onlyOidc = new Person(server.url);
    await signInVia(onlyOidc, 'oidc');
    const refused = await onlyOidc.submitTo(await onlyOidc.get('/sign-in-methods'), '/sign-in-methods/unlink');
    expect(refused.status).toBe(409);
    expect(refused.html).toContain('is the only way into your account');
    expect(await organizationsOf(grace.email)).toEqual(['acme: member, oidc']);
  });
});

describe('without passwords', () => {
  beforeEach(async () => {
    await stop();
    await start({}, { passwordSignIn: false });
  });

  it('no password opens anything, and none can be set', async () => {
    const person = new Person(server.url);
    const page = await person.get('/sign-in');
    expect(page.html).not.toContain('type="password"');
    const { email, password } = server.owner;
    expect((await person.post('/sign-in', { email, password })).status).toBe(403);
    expect((await person.get('/tokens')).path).toContain('/sign-in');

    const { database, invitations } = server.services;
    const { secret } = await database.transaction((inside) =>
      invitations.create(server.owner, byOperator('root'), inside),
    );
    recordToken(secret);
    const invitation = await person.get(`/invitations/${secret}`);
    expect(invitation.html).not.toContain('type="password"');
    const chosen = { password: 'correct horse battery', password_again: 'correct horse battery' };
    expect((await person.post(`/invitations/${secret}`, chosen)).status).toBe(403);
    expect((await signInVia(person, 'oidc', `/invitations/${secret}`)).html).toContain('Ada Example');
  });

  it('a password is no other way in when the last identity would go', async () => {
    const { database } = server.services;
    await database.identities.insert({
      issuer: oidc.url,
      subject: 'grace-1',
      userId: server.owner.id,
      label: 'ada',
      createdAt: server.now(),
      lastSignInAt: null,
      sealedRefreshToken: null,
      checkedAt: null,
      askedAt: null,
    });
    const person = new Person(server.url);
    await signInVia(person, 'oidc');
    const refused = await person.submitTo(await person.get('/sign-in-methods'), '/sign-in-methods/unlink');
    expect(refused.status).toBe(409);
  });
});

it('a login of the device flow is approved by somebody who signs in on the way', async () => {
  const { deviceCode, userCode } = await server.beginLogin();
  const person = new Person(server.url);
  const question = await signInVia(person, 'oidc', `/device?user_code=${formatUserCode(userCode)}`);
  expect((await person.submit(question, { action: 'approve' })).html).toContain('<h1>Approved</h1>');
  const granted = await server.services.deviceAuthorizations.poll(deviceCode, cliClientId, byOperator('root'));
  expect(granted.kind).toBe('granted');
  if (granted.kind === 'granted') recordToken(granted.accessToken);
});
