import { generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UsageError } from '../../src/errors.js';
import { githubAddresses } from '../../src/github/addresses.js';
import { readPrivateKey } from '../../src/github/private-key.js';
import { createSignedInUserLookup } from '../../src/github/signed-in-user.js';
import { clientOptions, gatewayTo, organizationRef, pageMemory, personRef, read } from '../support/github/gateway.js';
import { startGithubDouble, type GithubDouble } from '../support/github/github-double.js';

let github: GithubDouble;
beforeEach(async () => {
  github = await startGithubDouble();
});
afterEach(async () => {
  await github.close();
});

describe('the installations of the GitHub App', () => {
  it('are found by the name of an organization, and none where it is not installed or nobody is', async () => {
    const acme = github.world.addOrganization({ login: 'acme' });
    github.world.addOrganization({ login: 'without' });
    const installation = github.world.install(acme);
    const gateway = gatewayTo(github);
    expect(await gateway.findInstallation('ACME')).toEqual({
      installationId: String(installation.id),
      isSuspended: false,
      organization: { githubOrganizationId: String(acme.id), login: 'acme' },
    });
    expect(await gateway.findInstallation('without')).toBeNull();
    expect(await gateway.findInstallation('nobody')).toBeNull();
  });

  it('are known by their number: renamed, suspended, uninstalled', async () => {
    const acme = github.world.addOrganization({ login: 'acme' });
    const installation = github.world.install(acme);
    const gateway = gatewayTo(github);
    acme.login = 'acme-renamed';
    installation.suspendedAt = Date.now();
    expect(await gateway.installation(String(installation.id))).toMatchObject({
      isSuspended: true,
      organization: { githubOrganizationId: String(acme.id), login: 'acme-renamed' },
    });
    github.world.uninstall(installation);
    expect(await gateway.installation(String(installation.id))).toBeNull();
  });

  it('are made on the page of the App, which is asked for once', async () => {
    const gateway = gatewayTo(github);
    const url = `${github.url}/apps/nxkey-test/installations/new`;
    expect([await gateway.installationUrl(), await gateway.installationUrl()]).toEqual([url, url]);
    expect(github.counts().all).toBe(1);
    expect(gateway.issuer).toBe(github.url);
  });

  it('have teams, found by the name in their addresses', async () => {
    const acme = github.world.addOrganization({ login: 'acme' });
    const organization = organizationRef(github.world.install(acme));
    const team = github.world.addTeam(acme, 'platform');
    const gateway = gatewayTo(github);
    expect(await gateway.findTeam(organization, 'platform')).toEqual({ teamId: String(team.id), slug: 'platform' });
    expect(await gateway.findTeam(organization, 'nobody')).toBeNull();
  });

  it('get a new token when GitHub does not accept the old one, also when it is an hour ahead of our clock', async () => {
    const acme = github.world.addOrganization({ login: 'acme', members: 1 });
    const organization = organizationRef(github.world.install(acme));
    const gateway = gatewayTo(github);
    const members = () => read(gateway.members(organization, 'member', pageMemory()));
    await members();
    github.passTime(3_600_000);
    expect((await members()).logins).toEqual(['person-1']);
    const tokens = github.requests.filter(({ status }) => status === 201);
    expect(tokens).toHaveLength(2);
  });

  it('are not asked a third time when GitHub accepts no token at all', async () => {
    const acme = github.world.addOrganization({ login: 'acme', members: 1 });
    const organization = organizationRef(github.world.install(acme));
    github.fail({ fault: { kind: 'status', status: 401, message: 'Bad credentials' }, path: /\/members$/ });
    await expect(read(gatewayTo(github).members(organization, 'member', pageMemory()))).rejects.toThrow(
      'it does not accept our credentials (401).',
    );
    expect(github.counts(({ path }) => path.endsWith('/members')).all).toBe(2);
  });
});

describe('the key of the GitHub App', () => {
  it('is taken as GitHub gives it out, in the other form, and on one line', async () => {
    const acme = github.world.addOrganization({ login: 'acme' });
    github.world.install(acme);
    const pkcs1 = github.app.privateKey;
    expect(pkcs1).toContain('BEGIN RSA PRIVATE KEY');
    for (const privateKey of [pkcs1, readPrivateKey(pkcs1), pkcs1.trim().replaceAll('\n', '\\n')]) {
      expect(await gatewayTo(github, { privateKey }).findInstallation('acme')).not.toBeNull();
    }
  });

  const { privateKey: curve } = generateKeyPairSync('ed25519');
  const { privateKey: rsa } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const locked = rsa.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' }).toString();
  it.each([
    ['nothing', ''],
    ['its first line alone', '-----BEGIN RSA PRIVATE KEY-----'],
    ['something else', 'ghp_somethingThatIsNoKeyAtAll'],
    ['a key of another kind', curve.export({ type: 'pkcs8', format: 'pem' }).toString()],
    ['a key with a password', locked],
  ])('is refused at once when it is %s, and not repeated', (_, privateKey) => {
    const make = () => gatewayTo(github, { privateKey });
    expect(make).toThrow(UsageError);
    expect(make).toThrow('it is no RSA key in PEM without a password');
    try {
      make();
    } catch (error) {
      const { message, remedy, cause } = error as UsageError;
      expect(remedy).toContain('NXKEY_GITHUB_PRIVATE_KEY_FILE');
      expect(cause).toBeUndefined();
      if (privateKey !== '') expect(message + String(remedy)).not.toContain(privateKey.trim());
    }
  });

  it('goes with an id, which is a number or a client id', () => {
    expect(() => gatewayTo(github, { appId: 'acme' })).toThrow(UsageError);
    expect(() => gatewayTo(github, { appId: '' })).toThrow('The id of the GitHub App is not one.');
  });

  it('of another App is refused by GitHub, which is said', async () => {
    const privateKey = rsa.export({ type: 'pkcs1', format: 'pem' }).toString();
    await expect(gatewayTo(github, { privateKey }).findInstallation('acme')).rejects.toThrow(
      'See whether the id and the private key are of the same GitHub App',
    );
  });
});

describe('the addresses of a GitHub', () => {
  it.each([
    ['https://github.com', 'https://api.github.com'],
    ['https://github.com/', 'https://api.github.com'],
    ['https://acme.ghe.com', 'https://api.acme.ghe.com'],
    ['https://github.acme.example', 'https://github.acme.example/api/v3'],
    ['https://github.com.acme.example', 'https://github.com.acme.example/api/v3'],
  ])('of %s have the API at %s', (url, apiUrl) => {
    const { origin } = new URL(url);
    expect(githubAddresses(url)).toEqual({
      url: origin,
      apiUrl,
      authorizationUrl: `${origin}/login/oauth/authorize`,
      tokenUrl: `${origin}/login/oauth/access_token`,
    });
  });
});

describe('somebody who has signed in', () => {
  const tokenOf = (user: Parameters<GithubDouble['credentials']['issueUserToken']>[0]) =>
    github.credentials.issueUserToken(user, 60);

  it('is who the token says, with the address that is verified', async () => {
    const lookup = createSignedInUserLookup(clientOptions(github));
    const ada = github.world.addUser({ login: 'ada', name: 'Ada Lovelace', email: 'Ada@Acme.example' });
    expect(await lookup(tokenOf(ada))).toEqual({
      ...personRef(ada),
      name: 'Ada Lovelace',
      verifiedEmail: 'ada@acme.example',
    });
    const bob = github.world.addUser({
      login: 'bob',
      name: '\u202e ',
      emails: [
        { email: 'primary@acme.example', primary: true, verified: false },
        { email: 'second@acme.example', primary: false, verified: true },
      ],
    });
    expect(await lookup(tokenOf(bob))).toEqual({
      ...personRef(bob),
      name: 'bob',
      verifiedEmail: 'second@acme.example',
    });
  });

  it('has no address for us when none is verified, or the App may not see them', async () => {
    const lookup = createSignedInUserLookup(clientOptions(github));
    const emails = [{ email: 'ada@acme.example', primary: true, verified: false }];
    const unverified = github.world.addUser({ login: 'ada', emails });
    expect((await lookup(tokenOf(unverified))).verifiedEmail).toBeNull();
    const bob = github.world.addUser({ login: 'bob', email: 'bob@acme.example' });
    for (const emailAccess of [403, 404] as const) {
      github.settings.emailAccess = emailAccess;
      expect((await lookup(tokenOf(bob))).verifiedEmail).toBeNull();
    }
  });

  it('is nobody when the addresses could not be had this time, or the token is none', async () => {
    const lookup = createSignedInUserLookup(clientOptions(github));
    const ada = github.world.addUser({ login: 'ada', email: 'ada@acme.example' });
    await expect(lookup('ghu_guessed')).rejects.toThrow('it does not accept our credentials (401)');
    github.fail({ fault: { kind: 'status', status: 502 }, path: /emails/ });
    await expect(lookup(tokenOf(ada))).rejects.toThrow('it answered with an error of its own (502).');
  });
});
