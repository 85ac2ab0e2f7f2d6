import { afterEach, beforeEach, expect, it } from 'vitest';
import { byOperator } from '../../src/domain/audit-log.js';
import { cliClientId } from '../../../src/protocol/oauth.js';
import { checkEveryMs } from '../../src/domain/identities/login-checks.js';
import { signInVia } from '../support/at-provider.js';
import { identityProviderOf, type TestOidcProvider } from '../support/oidc-provider.js';
import { Person } from '../support/person.js';
import { grace, signedInByGroups, type SignedInByGroups } from '../support/signed-in-by-groups.js';
import { startTestServer, type TestServer, type TestUser } from '../support/test-server.js';

let world: SignedInByGroups;
let oidc: TestOidcProvider;
let server: TestServer;
let person: Person;
let user: TestUser;
let token: string;

/** Somebody with a session, a token, and a login that was approved and not fetched. */
beforeEach(async () => {
  world = await signedInByGroups({ group: 'platform', role: 'admin' });
  ({ oidc, server, person } = world);
  const found = await server.services.database.users.findByEmail(grace.email);
  user = { id: found?.id ?? '', email: grace.email, name: grace.name, password: '' };
  token = await server.addToken(user);
});
afterEach(() => world.close());

async function check(): Promise<void> {
  server.passTime(checkEveryMs);
  await server.services.loginChecks.run();
}
const hasSession = async () => (await person.get('/tokens')).path === '/tokens';
const hasToken = async () => (await server.services.personalAccessTokens.inspect(token)) !== null;
const role = async () =>
  (await server.services.database.organizations.membership(user.id, server.organizationId))?.role;
const ended = async () =>
  (await server.services.database.auditEvents.find({ limit: 100 })).filter(
    ({ action }) => action === 'user.login-ended',
  );

it('a refusal of the provider ends all that the person is logged in with, and suspends what its groups gave', async () => {
  const { deviceCode, userCode } = await server.beginLogin();
  await person.answer(userCode, 'approve');
  oidc.accounts.delete('grace-1');
  await check();
  expect(oidc.refreshes).toEqual(['invalid_grant']);
  expect([await hasSession(), await hasToken(), await role()]).toEqual([false, false, undefined]);
  expect(
    await server.services.deviceAuthorizations.poll(deviceCode, cliClientId, byOperator('root')),
  ).not.toMatchObject({
    kind: 'granted',
  });
  expect(await ended()).toMatchObject([
    {
      actor: { kind: 'identity-provider', name: 'Acme SSO' },
      target: grace.email,
      details: { cause: 'Acme SSO: grace@acme.example may not sign in any more', tokens: 1 },
    },
  ]);
  // Nobody is asked about again, and the membership is there when the provider lets the person in again.
  await check();
  expect(oidc.refreshes).toHaveLength(1);
  oidc.accounts.set('grace-1', { ...grace, groups: ['platform'] });
  await signInVia(person, 'oidc');
  expect(await role()).toBe('admin');
});

it('a provider that is down, fails, or is set up wrong ends nothing, and is asked again later', async () => {
  oidc.accounts.delete('grace-1');
  for (const status of [500, 503, 429, 400]) {
    oidc.down = status;
    await check();
    expect([await hasSession(), await hasToken(), await role()]).toEqual([true, true, 'admin']);
  }
  await oidc.close();
  await check();
  expect([await hasSession(), await hasToken(), await role()]).toEqual([true, true, 'admin']);
  expect(server.log()).toContain("Nobody's login ends for that");
});

it('groups that are gained and lost change memberships without a sign-in', async () => {
  oidc.accounts.set('grace-1', { ...grace, groups: [] });
  await check();
  expect([await hasSession(), await hasToken(), await role()]).toEqual([false, true, undefined]);
  oidc.accounts.set('grace-1', { ...grace, groups: ['platform'] });
  await check();
  expect(await role()).toBe('admin');
});

it('asks every ten minutes, each time with the newest refresh token, and keeps none in the clear', async () => {
  await server.services.loginChecks.run();
  expect(oidc.refreshes).toEqual([]);
  await check();
  await check();
  await check();
  expect(oidc.refreshes).toEqual(['granted', 'granted', 'granted']);
  const [identity] = await server.services.database.identities.ofUser(user.id);
  expect(identity?.sealedRefreshToken).toMatch(/^[\w-]{60,}$/);
  const provider = identityProviderOf(oidc);
  expect(provider.refreshTokenSeal.open(identity?.sealedRefreshToken ?? '', 'grace-1')).toMatch(/^[\w-]{43}$/);
  expect(provider.refreshTokenSeal.open(identity?.sealedRefreshToken ?? '', 'somebody-else')).toBeNull();
  expect(provider.cookieSeal.open(identity?.sealedRefreshToken ?? '', 'grace-1')).toBeNull();
});

it('two servers that check at once use a refresh token once', async () => {
  const other = await startTestServer({ identityProviders: [identityProviderOf(oidc)] });
  server.passTime(checkEveryMs);
  const { identities } = server.services.database;
  const [due] = await identities.due(oidc.url, server.now() - checkEveryMs, 10);
  const former = due?.identity.sealedRefreshToken ?? '';
  const attempt = { at: server.now(), former, before: server.now() - checkEveryMs };
  const key = { issuer: oidc.url, subject: 'grace-1' };
  const won = await Promise.all([1, 2, 3].map(() => identities.beginCheck(key, attempt)));
  expect(won.filter(Boolean)).toHaveLength(1);
  await Promise.all([server.services.loginChecks.run(), server.services.loginChecks.run()]);
  expect(oidc.refreshes).toEqual([]);
  await other.close();
});

it('a sign-in that comes between wins over the answer to a check', async () => {
  const { identities } = server.services.database;
  const [before] = await identities.ofUser(user.id);
  await signInVia(new Person(server.url), 'oidc');
  const key = { issuer: oidc.url, subject: 'grace-1' };
  const former = before?.sealedRefreshToken ?? '';
  expect(await identities.forgetRefreshToken(key, former)).toBe(false);
  expect(await identities.recordCheck(key, { at: 1, former, sealedRefreshToken: former })).toBe(false);
  await check();
  expect([await hasSession(), await hasToken()]).toEqual([true, true]);
});

it('with another client secret nobody can be asked about before they sign in again, and the log says so', async () => {
  const { identities } = server.services.database;
  const [before] = await identities.ofUser(user.id);
  const key = { issuer: oidc.url, subject: 'grace-1' };
  const former = before?.sealedRefreshToken ?? '';
  await identities.recordCheck(key, { at: 1, former, sealedRefreshToken: `${former}x` });
  await check();
  expect(oidc.refreshes).toEqual([]);
  expect([await hasSession(), await hasToken(), await role()]).toEqual([true, true, 'admin']);
  expect(await ended()).toEqual([]);
});
