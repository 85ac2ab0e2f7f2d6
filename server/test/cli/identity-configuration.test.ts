import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateKeyPairSync } from 'node:crypto';
import { expect, it } from 'vitest';
import { recordToken } from '../../../test/support/ledger.js';
import { tempDir } from '../../../test/support/temp-dir.js';
import { readIdentityConfiguration } from '../../src/cli/identity-configuration.js';
import { initialized, nxkeyServer } from '../support/command-line.js';

const privateKey = generateKeyPairSync('rsa', { modulusLength: 2048 })
  .privateKey.export({ type: 'pkcs1', format: 'pem' })
  .toString();
const secret = 'a-secret-that-nobody-may-see';
recordToken(secret);

const githubApp = {
  NXKEY_GITHUB_APP_ID: '12345',
  NXKEY_GITHUB_PRIVATE_KEY: privateKey,
  NXKEY_GITHUB_WEBHOOK_SECRET: secret,
  NXKEY_GITHUB_CLIENT_ID: 'Iv1.client',
  NXKEY_GITHUB_CLIENT_SECRET: ` ${secret}\n`,
};
const oidc = {
  NXKEY_OIDC_ISSUER: 'https://login.acme.example/realms/acme',
  NXKEY_OIDC_CLIENT_ID: 'nxkey',
  NXKEY_OIDC_CLIENT_SECRET: secret,
};

it('is nothing without variables', async () => {
  expect(await readIdentityConfiguration({ PATH: '/bin' })).toEqual({ github: null, openIdConnect: null });
});

it('is that of github.com unless another address is given, with secrets trimmed', async () => {
  expect((await readIdentityConfiguration(githubApp)).github).toEqual({
    url: 'https://github.com',
    appId: '12345',
    privateKey: privateKey.trim(),
    webhookSecret: secret,
    clientId: 'Iv1.client',
    clientSecret: secret,
  });
  const enterprise = { ...githubApp, NXKEY_GITHUB_URL: 'https://github.acme.example/' };
  expect((await readIdentityConfiguration(enterprise)).github).toMatchObject({
    url: 'https://github.acme.example',
  });
});

it('takes secrets from files', async () => {
  const file = join(tempDir(), 'client-secret');
  writeFileSync(file, `${secret}\n`);
  const environment = {
    ...githubApp,
    NXKEY_GITHUB_CLIENT_SECRET: undefined,
    NXKEY_GITHUB_CLIENT_SECRET_FILE: file,
  };
  expect((await readIdentityConfiguration(environment)).github).toMatchObject({ clientSecret: secret });
});

it('has what an OpenID Connect provider needs, with defaults', async () => {
  const { openIdConnect } = await readIdentityConfiguration({
    ...oidc,
    NXKEY_OIDC_ROLES: '*=acme:member "On call"=ops:admin',
    NXKEY_OIDC_PARAMETERS: 'access_type=offline&prompt=consent',
  });
  expect(openIdConnect).toEqual({
    issuer: oidc.NXKEY_OIDC_ISSUER,
    clientId: 'nxkey',
    clientSecret: secret,
    name: 'login.acme.example',
    scope: null,
    parameters: { access_type: 'offline', prompt: 'consent' },
    groupsClaim: 'groups',
    groupRoles: [
      { group: '*', organizationSlug: 'acme', role: 'member' },
      { group: 'On call', organizationSlug: 'ops', role: 'admin' },
    ],
    trustEmail: false,
  });
});

it.each<[string, Record<string, string>, string]>([
  ['a part of GitHub', { NXKEY_GITHUB_APP_ID: '1' }, 'NXKEY_GITHUB_PRIVATE_KEY, NXKEY_GITHUB_WEBHOOK_SECRET'],
  ['an address alone', { NXKEY_GITHUB_URL: 'https://github.acme.example' }, 'nothing else of a GitHub App'],
  ['a name as App id', { ...githubApp, NXKEY_GITHUB_APP_ID: 'our app' }, 'The id of the GitHub App is not one'],
  ['no key', { ...githubApp, NXKEY_GITHUB_PRIVATE_KEY: secret }, 'no RSA key in PEM'],
  ['plain http', { ...githubApp, NXKEY_GITHUB_URL: 'http://github.acme.example' }, 'has to begin with https://'],
  ['a path', { ...githubApp, NXKEY_GITHUB_URL: 'https://acme.example/github' }, 'has to end after the host'],
  [
    'a part of OpenID Connect',
    { NXKEY_OIDC_ISSUER: 'https://login.acme.example' },
    'NXKEY_OIDC_CLIENT_ID, NXKEY_OIDC_CLIENT_SECRET are missing',
  ],
  ['roles alone', { NXKEY_OIDC_ROLES: '*=acme:member' }, 'no OpenID Connect provider is'],
  ['plain http', { ...oidc, NXKEY_OIDC_ISSUER: 'http://login.acme.example' }, 'has to begin with https://'],
  ['no URL', { ...oidc, NXKEY_OIDC_ISSUER: 'acme' }, 'is not a URL'],
  ['metadata', { ...oidc, NXKEY_OIDC_ISSUER: 'https://a.example/.well-known/openid-configuration' }, 'not the issuer'],
  ['a role that there is not', { ...oidc, NXKEY_OIDC_ROLES: 'ops=acme:boss' }, '"boss" in "ops=acme:boss" is none of'],
  ['a group without a role', { ...oidc, NXKEY_OIDC_ROLES: 'On call=ops:member' }, '"On" is not of the form'],
  ['no organization', { ...oidc, NXKEY_OIDC_ROLES: 'ops=Acme:member' }, 'is no organization'],
  ['a scope without openid', { ...oidc, NXKEY_OIDC_SCOPE: 'email' }, 'does not contain openid'],
  ['another word for yes', { ...oidc, NXKEY_OIDC_TRUST_EMAIL: 'true' }, 'neither yes nor no'],
  ['a misspelled name', { ...oidc, NXKEY_OIDC_CLIENTID: 'x' }, 'There is no variable NXKEY_OIDC_CLIENTID'],
  ['a secret twice', { ...oidc, NXKEY_OIDC_CLIENT_SECRET_FILE: '/nowhere' }, 'Both NXKEY_OIDC_CLIENT_SECRET and'],
])('keeps the server from starting with %s', async (_what, environment, message) => {
  const { exitCode, stderr } = await nxkeyServer(['start', '--data', join(tempDir(), 'data')], '', { environment });
  expect(exitCode).toBe(2);
  expect(stderr).toContain(message);
  expect(stderr.split('\n').filter((line) => line !== '').length).toBeGreaterThanOrEqual(2);
  expect(stderr).not.toContain(secret);
});

it('keeps the server from starting with a secret file that is not there, or is empty', async () => {
  const empty = join(tempDir(), 'empty');
  writeFileSync(empty, '\n');
  for (const file of ['/nowhere/secret', empty]) {
    const attempt = readIdentityConfiguration({
      ...oidc,
      NXKEY_OIDC_CLIENT_SECRET: undefined,
      NXKEY_OIDC_CLIENT_SECRET_FILE: file,
    });
    await expect(attempt).rejects.toThrow('NXKEY_OIDC_CLIENT_SECRET_FILE');
  }
});

it('has to name another way to sign in before passwords can be switched off', async () => {
  const { exitCode, stderr } = await nxkeyServer(['start', '--data', join(tempDir(), 'data'), '--no-passwords']);
  expect(exitCode).toBe(2);
  expect(stderr).toContain('nobody could sign in');
});

it('is remembered for the commands beside the server, whose links then say what they do', async () => {
  const { data } = await initialized();
  const stop = new AbortController();
  stop.abort();
  const start = ['start', '--data', data, '--port', '0', '--no-passwords', '--log-level', 'silent'];
  expect((await nxkeyServer(start, '', { environment: oidc, signal: stop.signal })).exitCode).toBe(0);
  const reset = ['user', 'reset-password', '--data', data, '--email', 'ada@acme.example'];
  const { stdout, stderr } = await nxkeyServer(reset);
  recordToken(/invitations\/(\S+)/.exec(stdout)?.[1] ?? '');
  expect(stderr).toContain('links a new way to sign in');
});
