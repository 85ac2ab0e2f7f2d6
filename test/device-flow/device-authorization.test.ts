import { describe, expect, it } from 'vitest';
import { cliClientId, deviceAuthorizationExtensions } from '../../src/protocol/oauth.js';
import { paths } from '../../src/protocol/paths.js';
import { html, json } from '../support/answering-server.js';
import { failure } from '../rest-client/failure.js';
import { deviceCode, machine, startDeviceServer } from './device-server.js';

/** A login at a server whose answer is changed so. */
async function startWith(change: Record<string, unknown>) {
  const server = await startDeviceServer();
  server.answers[paths.deviceAuthorization] = json(200, { ...server.authorization, ...change });
  return { server, outcome: server.flow.start(machine) };
}

describe('starting a login', () => {
  it('names the client, the token and the machine', async () => {
    const server = await startDeviceServer();
    await server.flow.start(machine);
    expect(Object.fromEntries(server.requests[1]?.form ?? [])).toEqual({
      client_id: cliClientId,
      [deviceAuthorizationExtensions.tokenName]: 'work laptop',
      [deviceAuthorizationExtensions.hostName]: 'laptop.acme.example',
    });
  });

  it('answers with what to show and how to wait', async () => {
    const { server, outcome } = await startWith({});
    expect(await outcome).toEqual({
      deviceCode,
      userCode: 'WDJB-MJHT',
      verificationUri: `${server.url}/device`,
      verificationUriComplete: `${server.url}/device?user_code=WDJB-MJHT`,
      expiresIn: 600,
      interval: 5,
    });
  });

  it('does without an address that has the code in it', async () => {
    const { outcome } = await startWith({ verification_uri_complete: undefined });
    expect(await outcome).toMatchObject({ verificationUriComplete: undefined });
  });

  it.each([
    ['missing', undefined, 5],
    ['zero', 0, 1],
    ['a fraction', 0.01, 1],
    ['negative', -5, 5],
    ['huge', 1e300, 60],
    ['text', '5', 5],
    ['null', null, 5],
  ])('polls at a sane pace when the interval is %s', async (_, interval, expected) => {
    const { outcome } = await startWith({ interval });
    expect(await outcome).toMatchObject({ interval: expected });
  });

  it('waits an hour at most', async () => {
    const { outcome } = await startWith({ expires_in: 1e300 });
    expect(await outcome).toMatchObject({ expiresIn: 3600 });
  });
});

describe('a login is not started, and nothing is shown, when', () => {
  it.each([
    ['another host', () => 'https://evil.example/device', 'evil.example'],
    ['a host that begins like it', () => 'https://127.0.0.1.evil.example/', '127.0.0.1.evil.example'],
    ['a host behind its name', (url: string) => `${url.replace('http:', 'https:')}@evil.example/`, 'evil.example'],
    ['no host', () => 'javascript:alert(1)', 'one without a name'],
    ['a file', () => 'file:///etc/passwd', 'one without a name'],
  ])('verification_uri is on %s', async (_, uri, host) => {
    const server = await startDeviceServer();
    server.answers[paths.deviceAuthorization] = json(200, {
      ...server.authorization,
      verification_uri: uri(server.url),
    });
    const { message, remedy } = await failure(server.flow.start(machine));
    expect(message).toBe(
      `${server.url} wants to send you to another host for the approval, ${host}. nxkey does not show you that page.`,
    );
    expect(remedy).toMatch(/^Do not log in there/);
  });

  it('verification_uri_complete is on another host, though verification_uri is not', async () => {
    const { outcome } = await startWith({ verification_uri_complete: 'https://evil.example/?user_code=WDJB-MJHT' });
    expect((await failure(outcome)).message).toContain('to another host for the approval, evil.example');
  });

  it('the page would be opened by another program than a browser', async () => {
    const { outcome } = await startWith({ verification_uri: 'ftp://127.0.0.1/device' });
    expect((await failure(outcome)).message).toContain('to a page that is not protected by https');
  });

  it.each([
    ['an object', { evil: true }],
    ['relative', '/device'],
    ['endless', `http://127.0.0.1/${'x'.repeat(10_000)}`],
    ['missing', undefined],
  ])('verification_uri is %s', async (_, uri) => {
    const { outcome } = await startWith({ verification_uri: uri });
    expect((await failure(outcome)).message).toContain('verification_uri is not a URL');
  });

  it.each([
    ['device_code', undefined],
    ['device_code', ''],
    ['device_code', 7],
    ['user_code', 'WDJB\u001b[2JMJHT'],
    ['user_code', 'WDJB MJHT'],
    ['user_code', 'A'.repeat(65)],
  ])('%s is %j', async (field, value) => {
    const { outcome } = await startWith({ [field]: value });
    expect((await failure(outcome)).message).toContain(`${field} is not a string of visible characters`);
  });

  it.each([
    [undefined, 'expires_in is not a number'],
    ['600', 'expires_in is not a number'],
    [0, 'expires_in is not a positive number'],
    [-600, 'expires_in is not a positive number'],
  ])('expires_in is %j', async (value, reason) => {
    const { outcome } = await startWith({ expires_in: value });
    expect((await failure(outcome)).message).toContain(reason);
  });

  it('the server refuses, with its reason', async () => {
    const server = await startDeviceServer();
    const refusal = { error: 'unauthorized_client', error_description: 'This client\u001b[2J is not known here.' };
    server.answers[paths.deviceAuthorization] = json(400, refusal);
    const { message, remedy } = await failure(server.flow.start(machine));
    expect(message).toBe(
      `${server.url} refused to start a login (unauthorized_client). This client is not known here.`,
    );
    expect(remedy).toContain('--with-token');
  });

  it.each([
    ['HTML', html(200, '<h1>Welcome</h1>'), 'answered with HTML'],
    ['a 500', html(500, 'oops'), 'failed to answer (status 500)'],
    ['nothing', json(200, null), 'the answer is not an object'],
  ])('the server answers with %s', async (_, answer, what) => {
    const server = await startDeviceServer();
    server.answers[paths.deviceAuthorization] = answer;
    expect((await failure(server.flow.start(machine))).message).toContain(what);
  });
});

it('shows an address in which nothing can command a terminal or pass for something else', async () => {
  const server = await startDeviceServer();
  server.answers[paths.deviceAuthorization] = json(200, {
    ...server.authorization,
    verification_uri: `${server.url}/device\u001b[2J\u202eexe "quoted" \`x\``,
  });
  const { verificationUri } = await server.flow.start(machine);
  expect(verificationUri).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/device[\x21-\x7e]+$/);
  expect(verificationUri).not.toMatch(/["`]/);
});
