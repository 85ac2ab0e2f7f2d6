import { afterEach, describe, expect, it, vi } from 'vitest';
import { createDeviceFlow } from '../../src/device-flow/device-flow.js';
import { Cancelled } from '../../src/errors.js';
import { cliClientId } from '../../src/protocol/oauth.js';
import { paths } from '../../src/protocol/paths.js';
import { createHttp } from '../../src/rest-client/http.js';
import { cutOff, html, json, silence } from '../support/answering-server.js';
import { recordOutput } from '../support/ledger.js';
import { failure } from '../rest-client/failure.js';
import { accessToken, deviceCode, granted, machine, pending, slowDown, startDeviceServer } from './device-server.js';
import { fakeClock } from './fake-clock.js';

const { signal } = new AbortController();
const failing = html(500, '<h1>Oops</h1>');
const web = html(200, '<h1>Welcome to the hotel Wi-Fi</h1>');
const endless = json(200, 'x'.repeat(9_000_000));

describe('a login', () => {
  it('ends with the token, whatever went wrong on the way', async () => {
    const server = await startDeviceServer();
    server.answerPolls(pending, failing, cutOff, web, endless, slowDown, json(400, []), pending, granted);
    const clock = fakeClock();
    const token = await server.flow.awaitApproval(await server.flow.start(machine), { clock, signal });
    expect(token).toBe(accessToken);
    expect(clock.naps).toEqual([5, 5, 5, 5, 5, 5, 10, 10, 10]);
  });

  it.each([
    ['answers every poll with HTML', web, 'answered with HTML where JSON was expected (status 200)'],
    ['fails every poll', failing, 'failed to answer (status 500)'],
    ['cuts every poll', cutOff, 'the connection was cut before the answer was complete'],
    ['answers every poll with 9 MB', endless, 'answered with more than 8 MiB'],
  ])('at a server that %s ends with a sentence that says so', async (_, answer, what) => {
    const server = await startDeviceServer();
    server.answerPolls(answer);
    const { message } = await failure(
      server.flow.awaitApproval(await server.flow.start(machine), { clock: fakeClock(), signal }),
    );
    expect(message).toMatch(/^The code expired while the server could not be asked about it\. /);
    expect(message).toContain(what);
  });

  it('waits 5 s between polls when the server gives no interval', async () => {
    const server = await startDeviceServer();
    server.answers[paths.deviceAuthorization] = json(200, { ...server.authorization, interval: undefined });
    server.answerPolls(pending, granted);
    const clock = fakeClock();
    await server.flow.awaitApproval(await server.flow.start(machine), { clock, signal });
    expect(clock.naps).toEqual([5, 5]);
  });

  it('asks for the metadata once', async () => {
    const server = await startDeviceServer();
    await server.flow.awaitApproval(await server.flow.start(machine), { clock: fakeClock(), signal });
    await server.flow.revoke(accessToken);
    expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      `GET ${paths.authorizationServerMetadata}`,
      `POST ${paths.deviceAuthorization}`,
      `POST ${paths.token}`,
      `POST ${paths.revocation}`,
    ]);
  });

  it('leaves no code and no token in the debug lines', async () => {
    const server = await startDeviceServer();
    const lines: string[] = [];
    const debug = (line: string) => lines.push(line);
    const http = createHttp({ serverUrl: server.url, env: {}, userAgent: 'nxkey/test', debug });
    const flow = createDeviceFlow({ http, clientId: cliClientId });
    const authorization = await flow.start(machine);
    await flow.revoke(await flow.awaitApproval(authorization, { clock: fakeClock(), signal }));
    await flow.cancel(authorization);
    recordOutput('debug lines of a login', lines.join('\n'));
    expect(lines).toHaveLength(5);
    for (const secret of [accessToken, deviceCode, authorization.userCode]) expect(lines.join()).not.toContain(secret);
  });
});

describe('a wall clock that runs fast or jumps', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it('by a day during the wait does not end it', async () => {
    const server = await startDeviceServer();
    server.answerPolls(pending, pending, granted);
    const day = 24 * 60 * 60 * 1000;
    const dateNow = Date.now();
    const clock = fakeClock({ 2: () => vi.spyOn(Date, 'now').mockReturnValue(dateNow + day) });
    const authorization = await server.flow.start(machine);
    expect(await server.flow.awaitApproval(authorization, { clock, signal })).toBe(accessToken);
    expect(clock.naps).toHaveLength(3);
  });

  it('backwards does not prolong it', async () => {
    const server = await startDeviceServer();
    server.answerPolls(pending);
    vi.spyOn(Date, 'now').mockReturnValue(0);
    const clock = fakeClock();
    await failure(server.flow.awaitApproval(await server.flow.start(machine), { clock, signal }));
    expect(clock.naps.reduce((sum, nap) => sum + nap)).toBe(600);
  });
});

describe('cancelling a login', () => {
  it('tells the server to drop the device code', async () => {
    const server = await startDeviceServer();
    const authorization = await server.flow.start(machine);
    await server.flow.cancel(authorization);
    expect(server.requests.at(-1)?.path).toBe(paths.revocation);
    expect(Object.fromEntries(server.requests.at(-1)?.form ?? [])).toEqual({
      token: deviceCode,
      token_type_hint: 'device_code',
      client_id: cliClientId,
    });
  });

  it('works after Ctrl-C has ended the wait', async () => {
    const server = await startDeviceServer();
    server.answerPolls(pending);
    const controller = new AbortController();
    const clock = fakeClock({
      3: () => {
        controller.abort();
      },
    });
    const authorization = await server.flow.start({ ...machine, signal: controller.signal });
    const wait = server.flow.awaitApproval(authorization, { clock, signal: controller.signal });
    await expect(wait).rejects.toThrow(Cancelled);
    await server.flow.cancel(authorization);
    expect(server.requests.at(-1)?.path).toBe(paths.revocation);
  });

  it.each([
    ['fails', failing],
    ['never answers', silence],
    ['cuts the connection', cutOff],
    ['does not know such tokens', json(400, { error: 'unsupported_token_type' })],
  ])('is no error when the server %s', async (_, answer) => {
    const server = await startDeviceServer({ timeoutMs: 500 });
    server.answers[paths.revocation] = answer;
    const authorization = await server.flow.start(machine);
    await server.flow.cancel(authorization);
    expect(server.requests.at(-1)?.path).toBe(paths.revocation);
  });

  it('is no error when the server has no revocation endpoint', async () => {
    const server = await startDeviceServer();
    const metadata = { ...server.metadata, revocation_endpoint: undefined };
    server.answers[paths.authorizationServerMetadata] = json(200, metadata);
    const authorization = await server.flow.start(machine);
    await server.flow.cancel(authorization);
    expect(server.requests.at(-1)?.path).toBe(paths.deviceAuthorization);
  });
});

describe('revoking a token', () => {
  it('sends it in the body of a request to the revocation endpoint', async () => {
    const server = await startDeviceServer();
    await server.flow.revoke(accessToken);
    expect(server.requests.at(-1)?.path).toBe(paths.revocation);
    expect(Object.fromEntries(server.requests.at(-1)?.form ?? [])).toEqual({
      token: accessToken,
      token_type_hint: 'access_token',
      client_id: cliClientId,
    });
  });

  it('fails with a sentence when the server offers no revocation', async () => {
    const server = await startDeviceServer();
    const metadata = { ...server.metadata, revocation_endpoint: undefined };
    server.answers[paths.authorizationServerMetadata] = json(200, metadata);
    const { message, remedy } = await failure(server.flow.revoke(accessToken));
    expect(message).toBe(`${server.url} offers programs no way to revoke a token.`);
    expect(remedy).toContain(server.url);
  });

  it.each([
    ['refuses', json(401, { error: 'invalid_client', error_description: 'Who?' }), '(invalid_client). Who?'],
    ['refuses without a reason', json(403, {}), '(status 403).'],
    ['fails', failing, 'failed to answer (status 500)'],
    ['cuts the connection', cutOff, 'the connection was cut'],
  ])('fails with a sentence, and not the token in it, when the server %s', async (_, answer, what) => {
    const server = await startDeviceServer();
    server.answers[paths.revocation] = answer;
    const { message } = await failure(server.flow.revoke(accessToken));
    expect(message).toContain(what);
    expect(message).not.toContain(accessToken);
  });
});
