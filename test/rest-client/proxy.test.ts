import { createServer, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.js';
import { proxySettings } from '../../src/rest-client/proxy.js';
import { listenUntilTestEnds } from '../support/answering-server.js';
import { recordToken } from '../support/ledger.js';
import { ask, startTlsServer, testAuthority, testToken } from './run-ask.js';

const server = new URL('https://nxkey.example');

describe('the proxy for a server', () => {
  it.each([
    ['none without a variable', {}, undefined],
    ['none for an empty variable', { HTTPS_PROXY: '' }, undefined],
    ['HTTPS_PROXY', { HTTPS_PROXY: 'http://proxy:3128' }, { httpsProxy: 'http://proxy:3128', noProxy: '' }],
    ['https_proxy', { HTTPS_PROXY: 'http://A', https_proxy: 'http://b' }, { httpsProxy: 'http://b', noProxy: '' }],
    ['a proxy without a scheme', { HTTPS_PROXY: 'proxy:3128' }, { httpsProxy: 'http://proxy:3128', noProxy: '' }],
    ['NO_PROXY beside it', { HTTPS_PROXY: 'http://a', NO_PROXY: '.x,y' }, { httpsProxy: 'http://a', noProxy: '.x,y' }],
    ['HTTP_PROXY not at all', { HTTP_PROXY: 'http://proxy:3128' }, undefined],
  ])('is %s', (_, env, expected) => {
    expect(proxySettings(server, env)).toEqual(expected);
  });

  it.each(['http://localhost:1234', 'http://127.0.0.1', 'https://[::1]:1234'])('is none for %s', (loopback) => {
    expect(proxySettings(new URL(loopback), { HTTPS_PROXY: 'http://proxy:3128' })).toBeUndefined();
  });

  it.each(['socks5://proxy', 'http://', 'ftp://proxy'])('is refused as %s, by a sentence without it', (value) => {
    expect(() => proxySettings(server, { HTTPS_PROXY: value })).toThrow(UserError);
    expect(() => proxySettings(server, { HTTPS_PROXY: value })).toThrow(
      'The environment variable HTTPS_PROXY does not hold the URL of an http proxy.',
    );
  });
});

interface Proxy {
  url: string;
  /** `CONNECT host:port`, with the Proxy-Authorization header if there was one. */
  tunnels: { target: string | undefined; authorization: string | undefined; token: string | undefined }[];
}

/** A forward proxy in a few lines. Names are not looked up: every tunnel ends at this machine. */
async function startProxy(refuseWith?: number): Promise<Proxy> {
  const tunnels: Proxy['tunnels'] = [];
  const proxy = createServer();
  proxy.on('connect', ({ url, headers }: IncomingMessage, client: Socket) => {
    tunnels.push({ target: url, authorization: headers['proxy-authorization'], token: headers.authorization });
    if (refuseWith !== undefined) {
      client.end(`HTTP/1.1 ${refuseWith} No\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    const upstream = connect(Number(url?.split(':')[1]), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      upstream.pipe(client).pipe(upstream);
    });
    for (const socket of [client, upstream]) socket.on('error', () => upstream.destroy());
  });
  return { url: `http://127.0.0.1:${await listenUntilTestEnds(proxy)}`, tunnels };
}

describe('a request in an environment with a proxy', () => {
  it('goes through it, by a tunnel that hides the token from it', async () => {
    const [{ port, authorizations }, proxy] = await Promise.all([startTlsServer(), startProxy()]);
    // A name that only the proxy can reach.
    const answer = await ask(`https://nxkey.test:${port}`, { ...testAuthority, HTTPS_PROXY: proxy.url });
    expect(answer).toEqual({ status: 200, body: { fine: true } });
    expect(proxy.tunnels).toEqual([{ target: `nxkey.test:${port}`, authorization: undefined, token: undefined }]);
    expect(authorizations).toEqual([`Bearer ${testToken}`]);
  });

  it('goes past it to a host in NO_PROXY', async () => {
    const [{ port }, proxy] = await Promise.all([startTlsServer(), startProxy()]);
    // 0.0.0.0 reaches this machine without being a loopback address: it stands for a host on the network.
    const url = `https://0.0.0.0:${port}`;
    const direct = await ask(url, { ...testAuthority, https_proxy: proxy.url, no_proxy: 'other.example,0.0.0.0' });
    expect(direct).toEqual({ status: 200, body: { fine: true } });
    expect(proxy.tunnels).toEqual([]);

    await ask(url, { ...testAuthority, https_proxy: proxy.url, no_proxy: 'other.example' });
    expect(proxy.tunnels).toHaveLength(1);
  });

  it('goes past it to loopback, even without NO_PROXY', async () => {
    const [{ port }, proxy] = await Promise.all([startTlsServer(), startProxy()]);
    const answer = await ask(`https://localhost:${port}`, { ...testAuthority, HTTPS_PROXY: proxy.url });
    expect(answer).toEqual({ status: 200, body: { fine: true } });
    expect(proxy.tunnels).toEqual([]);
  });

  it('shows the proxy the password that its URL holds, and nobody else', async () => {
    const [{ port }, proxy] = await Promise.all([startTlsServer(), startProxy(407)]);
    const password = 'proxy-password-73fa91';
    recordToken(password);
    const HTTPS_PROXY = proxy.url.replace('//', `//ada:${password}@`);
    const error = await ask(`https://nxkey.test:${port}`, { ...testAuthority, HTTPS_PROXY });
    expect(proxy.tunnels[0]?.authorization).toBe(`Basic ${btoa(`ada:${password}`)}`);
    expect(JSON.stringify(error)).not.toContain(password);
  });

  it('ends with a sentence that names the variables when the proxy refuses', async () => {
    const proxy = await startProxy(403);
    expect(await ask('https://nxkey.test', { HTTPS_PROXY: proxy.url })).toEqual({
      name: 'ServerUnreachable',
      message: 'Could not reach https://nxkey.test: the proxy did not let the request through.',
      remedy: 'Check the proxy. HTTPS_PROXY is set; hosts to be asked directly can be listed in NO_PROXY.',
    });
  });

  it('ends with a sentence that names the variables when the proxy is not there', async () => {
    const error = await ask('https://nxkey.test', { HTTPS_PROXY: 'http://127.0.0.1:1' });
    expect(error).toMatchObject({
      name: 'ServerUnreachable',
      remedy: expect.stringContaining('HTTPS_PROXY is set') as unknown,
    });
  });
});
