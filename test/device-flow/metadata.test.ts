import { describe, expect, it } from 'vitest';
import { discoverServer } from '../../src/device-flow/metadata.js';
import { paths } from '../../src/protocol/paths.js';
import { createHttp } from '../../src/rest-client/http.js';
import { html, json, startAnsweringServer, type Answer } from '../support/answering-server.js';
import { failure } from '../rest-client/failure.js';

const openIdConfiguration = '/.well-known/openid-configuration';

function endpoints(url: string) {
  return {
    issuer: url,
    device_authorization_endpoint: `${url}/a`,
    token_endpoint: `${url}/b`,
    revocation_endpoint: `${url}/c`,
  };
}

async function discover(answersFor: (url: string) => Record<string, Answer>, path = '') {
  const server = await startAnsweringServer();
  server.answers = answersFor(server.url);
  const http = createHttp({ serverUrl: server.url + path, env: {}, userAgent: 'nxkey/test' });
  return { server, outcome: discoverServer(http) };
}

describe("a server's metadata", () => {
  it('names the endpoints', async () => {
    const { server, outcome } = await discover((url) => ({
      [paths.authorizationServerMetadata]: json(200, endpoints(url)),
    }));
    expect(await outcome).toEqual({
      deviceAuthorizationEndpoint: `${server.url}/a`,
      tokenEndpoint: `${server.url}/b`,
      revocationEndpoint: `${server.url}/c`,
    });
  });

  it('may lack a revocation endpoint', async () => {
    const { outcome } = await discover((url) => ({
      [paths.authorizationServerMetadata]: json(200, { ...endpoints(url), revocation_endpoint: undefined }),
    }));
    expect(await outcome).toMatchObject({ revocationEndpoint: undefined });
  });

  it.each([
    ['HTML', html(404, 'Not Found')],
    ['JSON', json(404, { error: 'not found' })],
  ])('is looked for as an OpenID configuration after a 404 in %s', async (_, notFound) => {
    const { server, outcome } = await discover((url) => ({
      [paths.authorizationServerMetadata]: notFound,
      [openIdConfiguration]: json(200, endpoints(url)),
    }));
    expect(await outcome).toMatchObject({ tokenEndpoint: `${server.url}/b` });
  });

  it('may say the URL of the server with a slash at the end', async () => {
    const { outcome } = await discover((url) => ({
      [paths.authorizationServerMetadata]: json(200, { ...endpoints(url), issuer: `${url}/` }),
    }));
    expect(await outcome).toHaveProperty('tokenEndpoint');
  });

  it('is found below the path of a server that has one', async () => {
    const path = `/nxkey${paths.authorizationServerMetadata}`;
    const { server, outcome } = await discover((url) => ({ [path]: json(200, endpoints(`${url}/nxkey`)) }), '/nxkey');
    expect(await outcome).toMatchObject({ tokenEndpoint: `${server.url}/nxkey/b` });
  });
});

describe('a server that one cannot log in to gives a sentence', () => {
  const withMetadata = (change: (url: string) => Record<string, unknown>) =>
    discover((url) => ({ [paths.authorizationServerMetadata]: json(200, { ...endpoints(url), ...change(url) }) }));

  it('when it has no metadata', async () => {
    const { server, outcome } = await discover(() => ({}));
    const { message } = await failure(outcome);
    expect(message).toBe(`${server.url} is no server that one can log in to: it publishes no OAuth metadata.`);
  });

  it('when it shows its web page for every path', async () => {
    const { outcome } = await discover(() => ({ [paths.authorizationServerMetadata]: html(200, '<h1>Welcome</h1>') }));
    expect((await failure(outcome)).message).toContain('answered with HTML where JSON was expected');
  });

  it('when it has no device flow', async () => {
    const { server, outcome } = await withMetadata(() => ({ device_authorization_endpoint: undefined }));
    const { message, remedy } = await failure(outcome);
    expect(message).toBe(`${server.url} does not offer the login for command-line programs (OAuth device flow).`);
    expect(remedy).toContain('--with-token');
  });

  it('when it calls itself by another name, which is the one to use', async () => {
    const { server, outcome } = await withMetadata(() => ({ issuer: 'https://nxkey.acme.example' }));
    const { message, remedy } = await failure(outcome);
    expect(message).toContain(`The server at ${server.url} calls itself https://nxkey.acme.example`);
    expect(remedy).toContain('npx nxkey login https://nxkey.acme.example');
  });

  it.each([undefined, 7, 'http://plain.example', '\u001b[2J'])('when it calls itself %j', async (issuer) => {
    const { outcome } = await withMetadata(() => ({ issuer }));
    expect((await failure(outcome)).message).toContain('calls itself something else');
  });

  it.each([
    ['another host', () => 'https://evil.example/token'],
    ['another port', () => 'http://127.0.0.1:1/token'],
    ['a host that begins like it', (url: string) => `${url.replace('127.0.0.1', '127.0.0.1.evil.example')}/token`],
    ['its own host by user name', (url: string) => `${url.replace('http://', 'http://evil@')}/token`],
  ])('when its token endpoint is on %s', async (_, tokenEndpoint) => {
    const { outcome } = await withMetadata((url) => ({ token_endpoint: tokenEndpoint(url) }));
    expect((await failure(outcome)).message).toContain('token_endpoint is elsewhere, at http');
  });

  it('when an endpoint is no URL', async () => {
    const { outcome } = await withMetadata(() => ({ revocation_endpoint: ['/revoke'] }));
    expect((await failure(outcome)).message).toContain('revocation_endpoint is not a URL');
  });

  it('when the endpoints are above the path that the person gave', async () => {
    const path = `/nxkey${paths.authorizationServerMetadata}`;
    const { outcome } = await discover(
      (url) => ({ [path]: json(200, { ...endpoints(url), issuer: `${url}/nxkey` }) }),
      '/nxkey',
    );
    expect((await failure(outcome)).message).toContain('device_authorization_endpoint is elsewhere');
  });
});
