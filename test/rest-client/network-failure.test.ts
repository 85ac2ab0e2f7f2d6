import { describe, expect, it } from 'vitest';
import { ServerUnreachable } from '../../src/rest-client/errors.js';
import { errorCode, requestFailure } from '../../src/rest-client/network-failure.js';
import { failure } from './failure.js';

const context = { serverUrl: 'https://nxkey.example', timeoutMs: 30_000, proxied: false };
const withCode = (code: string) => Object.assign(new Error('details'), { code });

describe('what a failed connection means', () => {
  it.each([
    ['ENOTFOUND', 'there is no host of the name nxkey.example', false],
    ['EAI_AGAIN', 'the name nxkey.example could not be looked up', false],
    ['ECONNREFUSED', 'nothing accepts connections at nxkey.example', false],
    ['ENETUNREACH', 'there is no way to nxkey.example from this network', false],
    ['ETIMEDOUT', 'no connection was made in time', true],
    ['UND_ERR_CONNECT_TIMEOUT', 'no connection was made in time', true],
    ['DEADLINE', 'no complete answer came within 30 s', true],
    ['ECONNRESET', 'the connection was cut before the answer was complete', false],
    ['CERT_HAS_EXPIRED', 'its certificate is not valid at this time (CERT_HAS_EXPIRED)', false],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'its certificate is for another host than nxkey.example', false],
    ['EPROTO', 'nxkey.example does not speak TLS as it should (EPROTO)', false],
    ['EWHATEVER', 'the request failed (EWHATEVER)', false],
    ['', 'the request failed', false],
  ])('%s', async (code, what, timedOut) => {
    const cause = new Error('details');
    const error = await failure(Promise.reject(requestFailure(code, cause, context)));
    expect(error).toBeInstanceOf(ServerUnreachable);
    expect(error).toMatchObject({ message: `Could not reach https://nxkey.example: ${what}.`, timedOut, cause });
  });

  it('mentions the proxy when there is one', () => {
    const { remedy } = requestFailure('ECONNREFUSED', undefined, { ...context, proxied: true });
    expect(remedy).toMatch(/HTTPS_PROXY is set; hosts to be asked directly can be listed in NO_PROXY\.$/);
  });
});

describe('the code of an error', () => {
  it('is found on the errors of all addresses that were tried', () => {
    const tried = Object.assign(new AggregateError([withCode('ECONNREFUSED')]), { code: 'ECONNREFUSED' });
    expect(errorCode(tried)).toBe('ECONNREFUSED');
  });

  it('is found below the wrapper for certificates behind a proxy', () => {
    const wrapper = Object.assign(new Error('Secure', { cause: withCode('ERR_TLS_CERT_ALTNAME_INVALID') }), {
      code: 'UND_ERR_PRX_TLS',
    });
    expect(errorCode(wrapper)).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
  });

  it.each([undefined, 'text', new Error('no code'), withCode('not a code \u001b[31m')])('is empty for %s', (error) => {
    expect(errorCode(error)).toBe('');
  });
});
