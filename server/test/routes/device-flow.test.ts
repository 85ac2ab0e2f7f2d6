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
    // Deprecated to make it stand out: the server is on loopback.
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    execute: [openid.allowInsecureRequests],
  });
}

async function begin(config: openid.Configuration) {
  const started = await openid.initiateDeviceAuthorization(config, { nxkey_host_name: 'laptop' });
  recordToken(started.device_code);
  recordToken(started.user_code);
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
    expect(started.user_code).toMatch(/^[B-Z]{4}-[B-Z]{4}$/);
    expect(started).toMatchObject({
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

  it('tells a client that waits, then one that polls too fast, and slows it down for good', async () => {
    const config = await discover();
    const { device_code } = await begin(config);
    expect(await pollOnce(config, device_code)).toBe('authorization_pending');
    server.passTime(3000);
    expect(await pollOnce(config, device_code)).toBe('slow_down');
    server.passTime(6000);
    // Enough for the first interval of 5 seconds, and not for the 10 that are asked now.
    expect(await pollOnce(config, device_code)).toBe('slow_down');
    server.passTime(15_000);
    expect(await pollOnce(config, device_code)).toBe('authorization_pending');
    server.passTime(14_000);
    expect(await pollOnce(config, device_code)).toBe('slow_down');
  });

  it('never tells a client off that keeps to the interval', async () => {
    const config = await discover();
    const { device_code } = await begin(config);
    for (let poll = 0; poll < 4; poll++) {
      expect(await pollOnce(config, device_code)).toBe('authorization_pending');
      // A timer may fire a little early.
      server.passTime(4999);
    }
  });

  it('tells a denied client so', async () => {
    const config = await discover();
    const started = await begin(config);
    const page = await (await ada()).answer(started.user_code, 'deny');
    expect(page.html).toContain('<h1>Denied</h1>');
    expect(await pollOnce(config, started.device_code)).toBe('access_denied');
    expect(await pollOnce(config, started.device_code)).toBe('access_denied');
  });

  it('tells a client whose code expired so, approved or not', async () => {
    const config = await discover();
    const [waiting, approved] = [await begin(config), await begin(config)];
    await (await ada()).answer(approved.user_code, 'approve');
    server.passTime(600_000);
    expect(await pollOnce(config, waiting.device_code)).toBe('expired_token');
    expect(await pollOnce(config, approved.device_code)).toBe('expired_token');
  });

  it('gives two polls that race for one code exactly one token', async () => {
    const config = await discover();
    const started = await begin(config);
    await (await ada()).answer(started.user_code, 'approve');
    const results = await Promise.all(Array.from({ length: 8 }, () => pollOnce(config, started.device_code)));
    expect(results.filter((result) => result === 'granted')).toHaveLength(1);
    expect(results.filter((result) => result === 'invalid_grant')).toHaveLength(7);
    expect(await server.services.personalAccessTokens.list(server.owner.id)).toHaveLength(1);
  });

  it('refuses a code of another client, an unknown code, and an unknown client', async () => {
    const config = await discover();
    expect(await pollOnce(config, 'no-such-code')).toBe('invalid_grant');
    const stranger = new openid.Configuration(config.serverMetadata(), 'stranger', undefined, openid.None());
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- the server is on loopback
    openid.allowInsecureRequests(stranger);
    expect(await pollOnce(stranger, (await begin(config)).device_code)).toBe('invalid_client');
    await expect(openid.initiateDeviceAuthorization(stranger, {})).rejects.toMatchObject({ error: 'invalid_client' });
  });

  it('begins so many logins for an address in ten minutes, and says when the next one is possible', async () => {
    await server.close();
    server = await startTestServer({ loginsPerAddress: 3, trustedProxyHops: 1 });
    const ask = async (address: string) => {
      const body = new URLSearchParams({ client_id: cliClientId });
      const headers = { 'x-forwarded-for': address };
      const response = await fetch(`${server.url}/oauth/device_authorization`, { method: 'POST', body, headers });
      const answer = (await response.json()) as Record<string, string>;
      for (const name of ['device_code', 'user_code']) if (answer[name] !== undefined) recordToken(answer[name]);
      return { status: response.status, retryAfter: response.headers.get('retry-after'), error: answer['error'] };
    };
    // All at once: none slips through between counting and writing.
    const burst = await Promise.all(Array.from({ length: 6 }, (_, i) => ask(`2001:db8:1:2::${i}`)));
    expect(burst.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(3);
    server.passTime(60_000);
    const refused = { status: 429, retryAfter: '540', error: 'temporarily_unavailable' };
    for (let i = 0; i < 4; i++) await ask('2001:db8:1:2::7');
    expect(await ask('2001:db8:1:2::8')).toEqual(refused);
    expect((await ask('2001:db8:1:3::8')).status).toBe(200);
    server.passTime(540_000);
    expect((await ask('2001:db8:1:2::8')).status).toBe(200);
  });

  it('revokes a token at once, and answers the same for one it does not know (RFC 7009)', async () => {
    const config = await discover();
    const token = await server.addToken(server.owner);
    await openid.tokenRevocation(config, token);
    await openid.tokenRevocation(config, token);
    const me = await fetch(`${server.url}/api/v1/me`, { headers: { authorization: `Bearer ${token}` } });
    expect(me.status).toBe(401);
  });

  it('cancels an authorization that the client gives up: nobody can approve it any more', async () => {
    const config = await discover();
    const started = await begin(config);
    await openid.tokenRevocation(config, started.device_code, { token_type_hint: 'device_code' });
    const person = await ada();
    const page = await person.submit(await person.get('/device'), { user_code: started.user_code });
    expect(page.status).toBe(400);
    expect(page.html).toContain('That code does not work');
    expect(await pollOnce(config, started.device_code)).toBe('invalid_grant');
  });
});
