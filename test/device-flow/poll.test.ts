import { describe, expect, it } from 'vitest';
import { pollOnce } from '../../src/device-flow/poll.js';
import { Cancelled } from '../../src/errors.js';
import { cliClientId, deviceCodeGrantType } from '../../src/protocol/oauth.js';
import { ServerUnreachable, UnexpectedAnswer } from '../../src/rest-client/errors.js';
import { createHttp } from '../../src/rest-client/http.js';
import { cutOff, html, json, startAnsweringServer, type Answer } from '../support/answering-server.js';
import { accessToken, deviceCode } from './device-server.js';

async function poll(answer: Answer, signal = new AbortController().signal) {
  const server = await startAnsweringServer({ '/token': answer });
  const http = createHttp({ serverUrl: server.url, env: {}, userAgent: 'nxkey/test' });
  const endpoint = `${server.url}/token`;
  return { server, result: pollOnce(http, { endpoint, clientId: cliClientId, deviceCode, signal }) };
}

const problem = (error: string, description?: string) => json(400, { error, error_description: description });
const token = (change: object) => json(200, { access_token: accessToken, token_type: 'bearer', ...change });

describe('a poll', () => {
  it('asks for the token of the device code', async () => {
    const { server, result } = await poll(token({}));
    await result;
    expect(server.requests[0]?.path).toBe('/token');
    expect(Object.fromEntries(server.requests[0]?.form ?? [])).toEqual({
      grant_type: deviceCodeGrantType,
      device_code: deviceCode,
      client_id: cliClientId,
    });
  });

  it.each<[string, Answer, object]>([
    ['a token', token({}), { kind: 'granted', accessToken }],
    ['a token, whatever the case of its type', token({ token_type: 'BEARER' }), { kind: 'granted', accessToken }],
    ['authorization_pending', problem('authorization_pending'), { kind: 'pending' }],
    ['slow_down', problem('slow_down'), { kind: 'slow-down' }],
    ['access_denied', problem('access_denied'), { kind: 'denied' }],
    ['expired_token', problem('expired_token'), { kind: 'expired' }],
    ['429 of a rate limit', html(429, 'Too many'), { kind: 'slow-down' }],
    ['invalid_grant', problem('invalid_grant', 'used'), { kind: 'rejected', reason: 'invalid_grant: used' }],
    ['an error of its own', problem('\u001b[2Jwhat'), { kind: 'rejected', reason: 'what' }],
  ])('tells %s', async (_, answer, expected) => {
    expect(await (await poll(answer)).result).toEqual(expected);
  });

  it('tells a connection that was cut', async () => {
    const result = await (await poll(cutOff)).result;
    expect(result).toEqual({ kind: 'unreachable', error: expect.any(ServerUnreachable) as unknown });
  });

  it.each<[string, Answer]>([
    ['HTML', html(200, '<h1>Welcome</h1>')],
    ['a 500', json(500, { error: 'server_error' })],
    ['a 503', html(503, 'maintenance')],
    ['server_error', problem('server_error')],
    ['temporarily_unavailable', problem('temporarily_unavailable')],
    ['a 400 with a body of no meaning', json(400, { message: 'bad' })],
    ['a 200 with a body of no meaning', json(200, [])],
    ['a token without a type', token({ token_type: undefined })],
    ['a token of another type', token({ token_type: 'DPoP' })],
    ['an empty token', token({ access_token: '' })],
    ['a token with a line break', token({ access_token: `${accessToken}\n` })],
    ['a token that is a number', token({ access_token: 7 })],
    ['a token of a megabyte', token({ access_token: 'x'.repeat(1_000_000) })],
  ])('tells %s from a refusal', async (_, answer) => {
    const result = await (await poll(answer)).result;
    expect(result).toEqual({ kind: 'broken', error: expect.any(UnexpectedAnswer) as unknown });
    expect(JSON.stringify(result)).not.toContain(accessToken);
  });

  it('ends at once with Ctrl-C', async () => {
    const controller = new AbortController();
    const { result } = await poll(() => {
      controller.abort();
    }, controller.signal);
    await expect(result).rejects.toThrow(Cancelled);
  });
});
