import * as openid from 'openid-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cliClientId } from '../../../src/protocol/oauth.js';
import { tokenShape } from '../../../src/protocol/tokens.js';
import { recordToken } from '../../../test/support/ledger.js';
import { Person } from '../support/person.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let server: TestServer;
beforeEach(async () => {
  server = await startTestServer();
});
afterEach(() => server.close());

async function discover(): Promise<openid.Configuration> {
  return await openid.discovery(new URL(server.url), cliClientId, undefined, openid.None(), {
    algorithm: 'oauth2',
    execute: [openid.allowInsecureRequests],
  });
}

async function begin(config: openid.Configuration) {
  const started = await openid.initiateDeviceAuthorization(config, { nxkey_host_name: 'laptop' });
  recordToken(started.device_code);
  return started;
}

/** One poll, as openid-client makes it inside its own loop. */
async function pollOnce(config: openid.Configuration, deviceCode: string): Promise<string> {
  try {
    const response = await openid.genericGrantRequest(config, 'urn:ietf:params:oauth:grant-type:device_code', {
      device_code: deviceCode,
    });
    recordToken(response.access_token);
    return 'granted';
  } catch (error) {
    if (error instanceof openid.ResponseBodyError) return error.error;
    throw error;
  }
}

async function ada(): Promise<Person> {
  const person = new Person(server.url);
  await person.signIn(server.owner);
  return person;
}

describe('the device flow, with openid-client as the client', () => {
  it('gives an approved client one personal access token', async () => {
    const config = await discover();
    const started = await begin(config);
    expect(started).toMatchObject({
      user_code: expect.stringMatching(/^[B-Z]{4}-[B-Z]{4}$/),
      verification_uri: `${server.url}/device`,
      verification_uri_complete: `${server.url}/device?user_code=${started.user_code}`,
      expires_in: 600,
      interval: 5,
    });

    const page = await (await ada()).answer(started.user_code, 'approve');
    expect(page.html).toContain('<h1>Approved</h1>');

    const tokens = await openid.pollDeviceAuthorizationGrant(config, { ...started, interval: 1 });
    recordToken(tokens.access_token);
    expect(tokenShape(tokens.access_token)).toEqual({ kind: 'personal' });
    const me = await fetch(`${server.url}/api/v1/me`, { headers: { authorization: `Bearer ${tokens.access_token}` } });
    expect(await me.json()).toMatchObject({
      user: { name: 'Ada Example', email: 'ada@acme.example' },
      token: { name: 'laptop', origin: { client: cliClientId, hostName: 'laptop', ipAddress: '127.0.0.1' } },
      organizations: [{ slug: 'acme', name: 'Acme', role: 'owner' }],
    });
  });
});
