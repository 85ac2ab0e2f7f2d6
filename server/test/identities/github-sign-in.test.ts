import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GithubSignIn } from '../../src/domain/github/connections.js';
import { GithubUnavailable } from '../../src/domain/github/gateway.js';
import { createIdentitySignIn } from '../../src/domain/identities/identity-sign-in.js';
import { createGroupMemberships } from '../../src/domain/identities/group-memberships.js';
import type { IdentityProvider } from '../../src/domain/identities/provider.js';
import { byOperator } from '../../src/domain/audit-log.js';
import { createGithubGateway } from '../../src/github/create-gateway.js';
import { createGithubProvider } from '../../src/identity-providers/github.js';
import { recordToken } from '../../../test/support/ledger.js';
import { alertOf, pressButton, signInVia, throughProvider } from '../support/at-provider.js';
import { startGithubDouble, type GithubDouble } from '../support/github/github-double.js';
import { Person } from '../support/person.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const redirectUri = 'http://127.0.0.1:1/sign-in/github/callback';

let github: GithubDouble;
let server: TestServer;
let provider: IdentityProvider;

beforeEach(async () => {
  github = await startGithubDouble();
  const { clientId, clientSecret } = github.app;
  // The GitHub of the tests reads its description on the first request, in this very process.
  provider = createGithubProvider({ url: github.url, clientId, clientSecret, timeoutSeconds: 60 });
  server = await startTestServer({ identityProviders: [provider] });
});
afterEach(async () => {
  await server.close();
  await github.close();
});

async function invite(): Promise<string> {
  const { database, invitations } = server.services;
  const { secret } = await database.transaction((inside) =>
    invitations.create(server.owner, byOperator('root'), inside),
  );
  recordToken(secret);
  return `/invitations/${secret}`;
}

describe('GitHub', () => {
  /** From our address to the person, as the provider alone sees it. */
  async function proven() {
    const { url, proof } = await provider.begin(redirectUri);
    const back = new URL(await throughProvider(new URL(url)), redirectUri);
    return await provider.finish(back, proof);
  }

  it('says who somebody is by the number that stays theirs, with the address that it has made sure of', async () => {
    const mona = github.world.addUser({ login: 'mona', name: 'Mona', email: 'mona@acme.example' });
    github.signIn.user = mona;
    expect(await proven()).toEqual({
      issuer: github.url,
      subject: String(mona.id),
      label: 'mona',
      name: 'Mona',
      email: 'mona@acme.example',
      groups: [],
      refreshToken: null,
    });
    github.world.renameUser(mona, 'mona-lisa');
    expect(await proven()).toMatchObject({ subject: String(mona.id), label: 'mona-lisa' });
  });

  it('gives no address that is not made sure of, or that the App may not see', async () => {
    const emails = [{ email: 'ceo@acme.example', primary: true, verified: false }];
    github.signIn.user = github.world.addUser({ login: 'mallory', emails });
    expect((await proven()).email).toBeNull();
    github.signIn.user = github.world.addUser({ login: 'mona', email: 'mona@acme.example' });
    github.settings.emailAccess = 404;
    expect((await proven()).email).toBeNull();
  });
});

it('links an account at GitHub by an invitation, after which a new name there changes nothing', async () => {
  const mona = github.world.addUser({ login: 'mona', email: 'mona@elsewhere.example' });
  github.signIn.user = mona;
  expect((await signInVia(new Person(server.url), 'github', await invite())).path).toBe('/tokens');
  github.world.renameUser(mona, 'mona-lisa');
  const person = new Person(server.url);
  expect((await signInVia(person, 'github')).html).toContain('Ada Example');
  expect((await person.get('/sign-in-methods')).html).toContain('GitHub: mona-lisa');
});

it('is refused for somebody in no connected organization, also when they have taken the name of one who is linked', async () => {
  const mona = github.world.addUser({ login: 'mona' });
  github.signIn.user = mona;
  await signInVia(new Person(server.url), 'github', await invite());
  github.world.renameUser(mona, 'mona-lisa');
  github.signIn.user = github.world.addUser({ login: 'mona', email: server.owner.email });
  const person = new Person(server.url);
  const page = await signInVia(person, 'github');
  expect(page.status).toBe(403);
  expect(alertOf(page)).toContain('only for members of a GitHub organization that is connected to this server');
  expect((await person.get('/tokens')).path).toContain('/sign-in');
});

it('says so when the person said no, the code is not theirs, or GitHub is down', async () => {
  github.signIn.user = github.world.addUser({ login: 'mona' });
  const person = new Person(server.url);
  const begin = async () =>
    await throughProvider(await pressButton(person, await new Person(server.url).get('/sign-in'), 'github'));
  const stolen = new URL(await begin(), server.url).searchParams.get('code') ?? '';
  const back = await begin();
  expect(alertOf(await person.get(back.replace(/code=[^&]*/, `code=${stolen}`)))).toContain(
    'GitHub does not take the code any more',
  );
  const again = await begin();
  github.signIn.user = null;
  expect(alertOf(await person.get(await begin()))).toContain('GitHub did not let you in here, or you said no');
  expect(alertOf(await person.get(again))).toContain('was not begun in this browser');
  github.signIn.user = github.world.addUser({ login: 'lisa' });
  const last = await begin();
  github.fail({ fault: { kind: 'status', status: 502 }, path: /user/, times: 1 });
  const down = await person.get(last);
  expect(down.status).toBe(503);
  expect(alertOf(down)).toContain('GitHub cannot be asked who you are at the moment');
});

describe('an account for somebody from GitHub', () => {
  const source = { ipAddress: '192.0.2.7', requestId: null };
  const mona = {
    issuer: '',
    subject: '1001',
    label: 'mona',
    name: 'Mona',
    email: null,
    groups: [],
    refreshToken: null,
  };

  function signInWith(connections: Partial<GithubSignIn>) {
    const { database, clock } = server.services;
    const signIn: GithubSignIn = {
      issuer: github.url,
      onSignIn: () => Promise.resolve(),
      onUnlinked: () => Promise.resolve(),
      maySignUp: () => Promise.resolve(true),
      ...connections,
    };
    const groupMemberships = createGroupMemberships(clock, () => undefined);
    return createIdentitySignIn({ database, clock, github: signIn, groupMemberships, warn: () => undefined });
  }

  it('is made for a member of a connected organization, and the memberships follow', async () => {
    const followed: unknown[] = [];
    const identitySignIn = signInWith({
      onSignIn: (user, account) => Promise.resolve(void followed.push([user.email, account])),
    });
    const proven = { ...mona, issuer: github.url };
    const user = await identitySignIn.accountOf(provider, proven, source);
    expect(user).toMatchObject({ name: 'Mona', email: '1001+mona@users.noreply.127.0.0.1' });
    expect(followed).toEqual([[user.email, { issuer: github.url, githubUserId: '1001', login: 'mona' }]]);
  });

  it('is not made while nobody knows whether they are a member', async () => {
    const identitySignIn = signInWith({ maySignUp: () => Promise.reject(new GithubUnavailable('GitHub is down.')) });
    const attempt = identitySignIn.accountOf(provider, { ...mona, issuer: github.url }, source);
    await expect(attempt).rejects.toThrow('GitHub is down.');
    expect(await server.services.database.identities.find(github.url, '1001')).toBeNull();
  });

  it('is not made under the address of somebody else', async () => {
    const proven = { ...mona, issuer: github.url, email: server.owner.email };
    const attempt = signInWith({}).accountOf(provider, proven, source);
    await expect(attempt).rejects.toThrow('ada@acme.example already, and it is not linked to GitHub');
    expect(await server.services.database.identities.ofUser(server.owner.id)).toEqual([]);
  });
});

it('makes an account with its memberships for a member of a connected organization, and for nobody else', async () => {
  await server.close();
  const acme = github.world.addOrganization({ login: 'acme-inc' });
  const mona = github.world.addUser({ login: 'mona', name: 'Mona', email: 'mona@acme.example' });
  github.world.addMember(acme, mona, { role: 'admin' });
  const installation = github.world.install(acme);
  const { id, privateKey, webhookSecret } = github.app;
  const gateway = createGithubGateway({
    url: github.url,
    appId: String(id),
    privateKey,
    clock: Date.now,
    timeoutMs: 60_000,
  });
  const hour = 60 * 60_000;
  server = await startTestServer({
    identityProviders: [provider],
    github: { gateway, webhookSecret, reconcileEveryMs: hour },
  });
  const now = server.now();
  await server.services.database.github.insertConnection({
    organizationId: server.organizationId,
    issuer: github.url,
    githubOrganizationId: String(acme.id),
    login: acme.login,
    installationId: String(installation.id),
    installationState: 'active',
    adminRole: 'admin',
    createdAt: now,
    confirmedAt: now,
    problem: null,
    problemAt: null,
    heldAt: null,
  });

  github.signIn.user = mona;
  const person = new Person(server.url);
  expect((await signInVia(person, 'github')).path).toBe('/tokens');
  const user = await server.services.database.users.findByEmail('mona@acme.example');
  const membership = await server.services.database.organizations.membership(user?.id ?? '', server.organizationId);
  expect(membership).toMatchObject({ role: 'admin', source: 'github' });

  github.signIn.user = github.world.addUser({ login: 'stranger', email: 'stranger@acme.example' });
  expect((await signInVia(new Person(server.url), 'github')).status).toBe(403);
  expect(await server.services.database.users.findByEmail('stranger@acme.example')).toBeNull();
});
