import { describe, expect, it } from 'vitest';
import { createDeviceFlow, LoginNotApproved } from '../../src/device-flow/device-flow.js';
import { AuthenticationRequired } from '../../src/errors.js';
import { cliClientId } from '../../src/protocol/oauth.js';
import { createRestClient } from '../../src/rest-client/create-rest-client.js';
import { createHttp } from '../../src/rest-client/http.js';
import { recordOutput } from '../support/ledger.js';
import { oidcPerson, startOidcDeviceServer, type OidcDeviceServerOptions } from '../support/oidc-device-server.js';
import { failure } from '../rest-client/failure.js';
import { machine } from './device-server.js';
import { fakeClock } from './fake-clock.js';

const { signal } = new AbortController();

async function setUp(options: OidcDeviceServerOptions = {}) {
  const server = await startOidcDeviceServer(options);
  const debug = (line: string) => {
    recordOutput('a debug line', line);
  };
  const http = createHttp({ serverUrl: server.url, env: {}, userAgent: 'nxkey/test', debug });
  return { server, flow: createDeviceFlow({ http, clientId: cliClientId }), rest: createRestClient(http) };
}

describe('a login at oidc-provider', () => {
  it('ends with a token once the person has approved, and the token ends with its revocation', async () => {
    const { server, flow, rest } = await setUp({ interval: 2 });
    const authorization = await flow.start(machine);
    expect(authorization.verificationUri).toBe(`${server.url}/device`);
    expect(authorization.userCode).toMatch(/^[A-Z]{4}-[A-Z]{4}$/);

    const clock = fakeClock({ 3: () => server.approve(authorization.userCode) });
    const token = await flow.awaitApproval(authorization, { clock, signal });
    expect(server.polls).toEqual(['authorization_pending', 'authorization_pending', 'granted']);
    expect(clock.naps).toEqual([2, 2, 2]);

    expect((await rest.whoAmI(token)).user).toEqual(oidcPerson);
    await flow.revoke(token);
    expect(await failure(rest.whoAmI(token))).toBeInstanceOf(AuthenticationRequired);
    await flow.revoke(token); // RFC 7009 §2.2: a token that is unknown by now is no error
    expect(server.revocations).toEqual(['access_token', 'access_token']);
  });

  it('takes 5 s for the interval that the provider does not send', async () => {
    const { flow } = await setUp();
    expect(await flow.start(machine)).toMatchObject({ interval: 5 });
  });

  it('slows down when told to, for good', async () => {
    const { server, flow } = await setUp();
    const authorization = await flow.start(machine);
    server.answerSlowDown(2);
    const clock = fakeClock({ 4: () => server.approve(authorization.userCode) });
    await flow.awaitApproval(authorization, { clock, signal });
    expect(server.polls).toEqual(['slow_down', 'slow_down', 'authorization_pending', 'granted']);
    expect(clock.naps).toEqual([5, 10, 15, 15]);
  });

  it('ends when the person denies it', async () => {
    const { server, flow } = await setUp();
    const authorization = await flow.start(machine);
    const clock = fakeClock({ 2: () => server.deny(authorization.userCode) });
    const error = await failure(flow.awaitApproval(authorization, { clock, signal }));
    expect(error).toBeInstanceOf(LoginNotApproved);
    expect(error.message).toContain('was denied in the browser');
    expect(server.polls).toEqual(['authorization_pending', 'access_denied']);
  });

  it('ends when the provider lets the code expire', async () => {
    const { server, flow } = await setUp();
    const authorization = await flow.start(machine);
    const clock = fakeClock({ 2: () => server.expire(authorization.userCode) });
    const error = await failure(flow.awaitApproval(authorization, { clock, signal }));
    expect(error).toBeInstanceOf(LoginNotApproved);
    expect(error.message).toContain('before its code expired');
    expect(server.polls).toEqual(['authorization_pending', 'expired_token']);
  });

  it('gives the token to one of two that poll for the same code, and the other a sentence', async () => {
    const { server, flow } = await setUp();
    const authorization = await flow.start(machine);
    await server.approve(authorization.userCode);
    const race = () => flow.awaitApproval(authorization, { clock: fakeClock(), signal });
    const outcomes = await Promise.allSettled([race(), race()]);
    const lost = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(lost).toHaveLength(1);
    const { message } = await failure(Promise.reject(lost[0]?.reason as Error));
    expect(message).toContain(`${server.url} does not accept this login any more (invalid_grant`);
  });

  it('can be cancelled, which the provider takes as a token that it does not know', async () => {
    const { server, flow } = await setUp();
    await flow.cancel(await flow.start(machine));
    expect(server.revocations).toEqual(['device_code']);
  });
});
