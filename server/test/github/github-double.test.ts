import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startGithubDouble, type GithubDouble } from '../support/github/github-double.js';
import type { DoubleUser } from '../support/github/world.js';

let github: GithubDouble;
let ada: DoubleUser;

beforeEach(async () => {
  github = await startGithubDouble();
  ada = github.world.addUser({ login: 'ada', name: 'Ada Lovelace', email: 'ada@acme.example' });
});
afterEach(async () => {
  await github.close();
});

const verifier = 'a-verifier-that-is-long-enough-for-rfc-7636-which-wants-43';
const redirectUri = 'https://nxkey.example/sign-in/github/callback';

async function authorize(change: Record<string, string> = {}): Promise<URL> {
  const query = new URLSearchParams({
    client_id: github.app.clientId,
    redirect_uri: redirectUri,
    state: 'some-state',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...change,
  });
  const response = await fetch(`${github.url}/login/oauth/authorize?${query.toString()}`, { redirect: 'manual' });
  expect(response.status).toBe(302);
  return new URL(response.headers.get('location') ?? '');
}

async function exchange(change: Record<string, string>, accept = 'application/json'): Promise<Response> {
  const { clientId, clientSecret } = github.app;
  const fields = {
    client_id: clientId,
    client_secret: clientSecret,
    redirect_uri: redirectUri,
    code_verifier: verifier,
  };
  const body = new URLSearchParams({ ...fields, ...change });
  return fetch(`${github.url}/login/oauth/access_token`, { method: 'POST', headers: { accept }, body });
}

describe('signing in at the GitHub of the tests', () => {
  it('sends a person back with a code that is worth a token once, and shows who they are', async () => {
    github.signIn.user = ada;
    const back = await authorize();
    expect(back.origin + back.pathname).toBe(redirectUri);
    expect(back.searchParams.get('state')).toBe('some-state');
    const code = back.searchParams.get('code') ?? '';

    const granted = (await (await exchange({ code })).json()) as Record<string, string>;
    expect(granted['token_type']).toBe('bearer');
    const headers = { authorization: `Bearer ${granted['access_token'] ?? ''}` };
    const api = `${github.url}/api/v3`;
    expect(await (await fetch(`${api}/user`, { headers })).json()).toMatchObject({ id: ada.id, login: 'ada' });
    expect(await (await fetch(`${api}/user/emails`, { headers })).json()).toEqual([
      { email: 'ada@acme.example', primary: true, verified: true, visibility: null },
    ]);

    const replayed = await exchange({ code });
    expect(replayed.status).toBe(200);
    expect(await replayed.json()).toMatchObject({ error: 'bad_verification_code' });
  });

  it.each([
    ['a wrong secret', { client_secret: 'guessed' }, 'incorrect_client_credentials'],
    ['another verifier', { code_verifier: 'of-somebody-else' }, 'bad_verification_code'],
    ['another address', { redirect_uri: 'https://attacker.example/' }, 'redirect_uri_mismatch'],
  ])('gives no token for %s, and says so with the status 200', async (_, change, error) => {
    github.signIn.user = ada;
    const code = (await authorize()).searchParams.get('code') ?? '';
    const response = await exchange({ code, ...change });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ error });
  });

  it('answers with a form unless JSON is asked for', async () => {
    const response = await exchange({ code: 'none' }, '*/*');
    expect(response.headers.get('content-type')).toContain('application/x-www-form-urlencoded');
    expect(new URLSearchParams(await response.text()).get('error')).toBe('bad_verification_code');
  });

  it('sends somebody back who says no', async () => {
    expect((await authorize()).searchParams.get('error')).toBe('access_denied');
  });

  it('lets a code be too old', async () => {
    github.signIn.user = ada;
    const code = (await authorize()).searchParams.get('code') ?? '';
    github.passTime(600_000);
    expect(await (await exchange({ code })).json()).toMatchObject({ error: 'bad_verification_code' });
  });
});

describe('webhooks of the GitHub of the tests', () => {
  it('are what GitHub describes, each of them, and signed over what is sent', async () => {
    const acme = github.world.addOrganization({ login: 'acme' });
    const team = github.world.addTeam(acme, 'platform');
    const installation = github.world.install(acme);
    const { webhooks } = github;
    const deliveries = [
      webhooks.memberAdded(acme, ada),
      webhooks.memberRemoved(acme, ada),
      webhooks.organizationRenamed(acme, 'acme-before'),
      webhooks.teamMemberAdded(team, ada),
      webhooks.teamMemberRemoved(team, ada),
      webhooks.teamDeleted(team),
      webhooks.teamRenamed(team, 'platform-before'),
      webhooks.installationDeleted(installation),
      webhooks.installationSuspended(installation),
      webhooks.installationUnsuspended(installation),
    ];
    const received: string[] = [];
    const server = createServer((request, response) => {
      received.push(`${String(request.headers['x-github-event'])} ${String(request.headers['x-hub-signature-256'])}`);
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    for (const delivery of deliveries) expect((await webhooks.send(delivery, url)).status).toBe(200);
    server.close();
    expect(received).toEqual(deliveries.map(({ event, signature }) => `${event} ${signature}`));
    expect(new Set(deliveries.map(({ id }) => id)).size).toBe(deliveries.length);
  });
});

describe('what the GitHub of the tests watches', () => {
  it.each([
    ['an address that GitHub does not have', '/orgs/acme/people', /nothing that this GitHub answers/],
    ['a parameter that GitHub does not have', '/orgs/acme/members?size=100', /additional properties/],
    ['a value that a parameter cannot have', '/orgs/acme/members?role=boss', /must be equal to one of/],
  ])('fails a test that asks for %s', async (_, path, message) => {
    const watched = await startGithubDouble();
    await fetch(`${watched.url}/api/v3${path}`);
    await expect(watched.close()).rejects.toThrow(message);
  });
});
