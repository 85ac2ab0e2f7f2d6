import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { AuthenticationRequired, Cancelled } from '../../src/errors.js';
import { ServerUnreachable, UnexpectedAnswer } from '../../src/rest-client/errors.js';
import { createHttp, type HttpOptions } from '../../src/rest-client/http.js';
import {
  cutOff,
  html,
  json,
  listenUntilTestEnds,
  silence,
  startAnsweringServer,
  type Answer,
} from '../support/answering-server.js';
import { recordOutput, recordToken } from '../support/ledger.js';
import { failure } from './failure.js';

const token = 'nxp_thisIsNotARealTokenButLooksLikeOne000000';
recordToken(token);

const httpFor = (serverUrl: string, options: Partial<HttpOptions> = {}) =>
  createHttp({ serverUrl, env: {}, userAgent: 'nxkey/test', ...options });

/** One GET of `/thing` from a server that answers it so. */
async function ask(answer: Answer, options: Partial<HttpOptions> = {}) {
  const server = await startAnsweringServer({ '/thing': answer });
  const http = httpFor(server.url, options);
  return { server, outcome: http.request({ method: 'GET', url: `${server.url}/thing`, bearer: token }) };
}

describe('a request', () => {
  it('carries the token in the Authorization header and nowhere else', async () => {
    const { server, outcome } = await ask(json(200, { fine: true }));
    expect(await outcome).toEqual({ status: 200, body: { fine: true } });
    expect(server.requests).toHaveLength(1);
    expect(server.requests[0]).toMatchObject({
      method: 'GET',
      path: '/thing',
      headers: { authorization: `Bearer ${token}`, accept: 'application/json', 'user-agent': 'nxkey/test' },
    });
  });

  it('sends a form as a form', async () => {
    const server = await startAnsweringServer({ '/form': json(200, {}) });
    await httpFor(server.url).request({ method: 'POST', url: `${server.url}/form`, form: { a: 'b&c', ü: ' ' } });
    expect(server.requests[0]?.headers['content-type']).toBe('application/x-www-form-urlencoded');
    expect(Object.fromEntries(server.requests[0]?.form ?? [])).toEqual({ a: 'b&c', ü: ' ' });
  });

  it('answers with the status and body of a refusal in JSON, problem+json too', async () => {
    const headers = { 'content-type': 'application/problem+json; charset=utf-8' };
    const { outcome } = await ask(json(403, { detail: 'no' }, headers));
    expect(await outcome).toEqual({ status: 403, body: { detail: 'no' } });
  });

  it('takes an empty success for what it is', async () => {
    const { outcome } = await ask((_, response) => response.writeHead(200).end());
    expect(await outcome).toEqual({ status: 200, body: undefined });
  });

  it('leaves one debug line without query, headers or body', async () => {
    const lines: string[] = [];
    const server = await startAnsweringServer({ '/thing': json(200, { secret: token }) });
    const http = httpFor(server.url, { debug: (line) => lines.push(line) });
    await http.request({ method: 'GET', url: `${server.url}/thing?code=1234`, bearer: token });
    server.answers['/thing'] = cutOff;
    await failure(http.request({ method: 'GET', url: `${server.url}/thing?code=1234`, bearer: token }));
    recordOutput('debug lines', lines.join('\n'));
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(new RegExp(`^GET ${server.url}/thing 200 \\d+ ms$`));
    expect(lines[1]).toMatch(new RegExp(`^GET ${server.url}/thing failed UND_ERR_SOCKET \\d+ ms$`));
  });

  it('is refused as a defect when it would go to another origin or above the path of the server', async () => {
    const server = await startAnsweringServer({ '/nxkey/thing': json(200, {}) });
    const http = httpFor(`${server.url}/nxkey`);
    const attempt = (url: string) => http.request({ method: 'GET', url, bearer: token });
    await expect(attempt('https://elsewhere.example/nxkey/thing')).rejects.toThrow(TypeError);
    await expect(attempt(`${server.url}/other`)).rejects.toThrow(TypeError);
    await expect(attempt(`${server.url}/nxkey/../other`)).rejects.toThrow(TypeError);
    await expect(attempt(`${server.url}/nxkey/%2e%2e/other`)).rejects.toThrow(TypeError);
    expect(server.requests).toEqual([]);
    expect(await attempt(`${server.url}/nxkey/thing`)).toEqual({ status: 200, body: {} });
  });

  it.each(['http://nxkey.example', 'https://nxkey.example/', 'nxkey.example'])('is never made to %s', (url) => {
    expect(() => httpFor(url)).toThrow(TypeError);
  });

  it('is not made with a token that holds a line break', async () => {
    const server = await startAnsweringServer({});
    const broken = 'nxp_first-half\nsecond-half';
    recordToken(broken);
    const error = await failure(httpFor(server.url).request({ method: 'GET', url: `${server.url}/x`, bearer: broken }));
    expect(error).toBeInstanceOf(AuthenticationRequired);
    expect(error.message).not.toContain('half');
    expect(server.requests).toEqual([]);
  });
});

describe('a server that misbehaves gives a sentence', () => {
  it('when it answers with HTML', async () => {
    const { server, outcome } = await ask(html(200, '<h1>Welcome to our intranet</h1>'));
    const error = await failure(outcome);
    expect(error).toBeInstanceOf(UnexpectedAnswer);
    expect(error.message).toBe(
      `${server.url} answered with HTML where JSON was expected (status 200). Is this an nxkey server?`,
    );
  });

  it('when it answers without a content type', async () => {
    const { outcome } = await ask((_, response) => response.writeHead(200).end('{}'));
    expect((await failure(outcome)).message).toContain('answered with something of no declared type');
  });

  it('when its JSON is damaged, and quotes none of it', async () => {
    const { outcome } = await ask((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(`{"access_token":"${token}`);
    });
    const error = await failure(outcome);
    expect(error.message).toMatch(/answered with JSON that is damaged \(status 200\)\.$/);
    expect(error.cause).toBeUndefined();
  });

  it('when it fails, with the id of the request', async () => {
    const { server, outcome } = await ask(json(500, { detail: 'secret internals' }, { 'x-request-id': 'req-42' }));
    const message = `${server.url} failed to answer (status 500, request req-42).`;
    expect(await failure(outcome)).toMatchObject({ status: 500, message });
  });

  it('when a gateway in front of it fails with a web page', async () => {
    const { server, outcome } = await ask(html(502, 'Bad Gateway'));
    expect((await failure(outcome)).message).toBe(`${server.url} failed to answer (status 502).`);
  });

  it.each([
    ['30', 'Wait 30 seconds, then try again.'],
    ['Fri, 31 Dec 1999 23:59:59 GMT', 'Wait a minute, then try again.'],
    ['-1', 'Wait a minute, then try again.'],
  ])('when it limits requests, with Retry-After %j', async (retryAfter, remedy) => {
    const { outcome } = await ask((_, response) => response.writeHead(429, { 'retry-after': retryAfter }).end());
    expect(await failure(outcome)).toMatchObject({ status: 429, remedy });
  });

  it('when it redirects to another host, which gets no request', async () => {
    const other = await startAnsweringServer({ '/thing': json(200, {}) });
    const { outcome } = await ask((_, response) => response.writeHead(307, { location: `${other.url}/thing` }).end());
    const error = await failure(outcome);
    expect(error.message).toContain(`redirects to ${other.url}.`);
    expect(error.remedy).toBe(`If you trust ${other.url}, give that address instead.`);
    expect(other.requests).toEqual([]);
  });

  it('when it redirects to its own sign-in page', async () => {
    const { server, outcome } = await ask((_, response) => response.writeHead(302, { location: '/sign-in' }).end());
    expect((await failure(outcome)).message).toContain('redirect to another page of its own (status 302)');
    expect(server.requests).toHaveLength(1);
  });

  it('when it cuts the connection in the middle of an answer', async () => {
    const { server, outcome } = await ask(cutOff);
    const error = await failure(outcome);
    expect(error).toBeInstanceOf(ServerUnreachable);
    expect(error.message).toBe(`Could not reach ${server.url}: the connection was cut before the answer was complete.`);
  });

  it('when it answers without an end', async () => {
    const { outcome } = await ask((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const chunk = '['.repeat(64 * 1024);
      const more = () => {
        if (!response.destroyed) response.write(chunk, () => setImmediate(more));
      };
      more();
    });
    const error = await failure(outcome);
    expect(error).toBeInstanceOf(UnexpectedAnswer);
    expect(error.message).toContain('answered with more than 8 MiB');
  });

  it('when it never answers', async () => {
    const { server, outcome } = await ask(silence, { timeoutMs: 100 });
    expect(await failure(outcome)).toMatchObject({
      timedOut: true,
      message: `Could not reach ${server.url}: no complete answer came within 0.1 s.`,
    });
  });

  it('when it sends a byte now and then, for ever', async () => {
    const { outcome } = await ask(
      (_, response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        const timer = setInterval(() => response.write(' '), 10);
        response.on('close', () => {
          clearInterval(timer);
        });
      },
      { timeoutMs: 200 },
    );
    expect(await failure(outcome)).toMatchObject({ timedOut: true });
  });

  it('when it speaks another protocol than HTTP', async () => {
    const server = createServer((socket) => socket.end('SSH-2.0-OpenSSH_9.2p1 \u001b[2J\r\n'));
    const url = `http://127.0.0.1:${await listenUntilTestEnds(server)}`;
    const error = await failure(httpFor(url).request({ method: 'GET', url: `${url}/thing` }));
    expect(error.message).toBe(`${url} answered with something that is not HTTP. Is this an nxkey server?`);
  });

  it('when its headers hold terminal commands', async () => {
    // A plain ESC is not HTTP, for undici. The one-byte form of "ESC [" passes, as Latin-1.
    const { outcome } = await ask((_, response) => response.writeHead(500, { 'x-request-id': 'a\u009b31mb' }).end());
    expect((await failure(outcome)).message).toMatch(/status 500, request a[^\u009b]*b\)\.$/);
    const { outcome: withEscape } = await ask((_, response) => {
      response.socket?.end('HTTP/1.1 500 Oops\r\nX-Request-Id: a\u001b[31mb\r\nContent-Length: 0\r\n\r\n');
    });
    expect((await failure(withEscape)).message).toContain('answered with something that is not HTTP');
  });

  it('when its headers have no end', async () => {
    const { outcome } = await ask((_, response) => {
      response.socket?.end(`HTTP/1.1 200 OK\r\nX-Long: ${'x'.repeat(100_000)}\r\n\r\n`);
    });
    expect((await failure(outcome)).message).toContain('answered with headers of more than 16 KiB');
  });
});

describe('a server that is not there gives a sentence', () => {
  it('when nothing listens', async () => {
    const server = createServer();
    const port = await listenUntilTestEnds(server);
    await new Promise((resolve) => server.close(resolve));
    const url = `http://127.0.0.1:${port}`;
    const error = await failure(httpFor(url).request({ method: 'GET', url: `${url}/thing` }));
    expect(error).toMatchObject({ timedOut: false });
    expect(error.message).toBe(`Could not reach ${url}: nothing accepts connections at 127.0.0.1:${port}.`);
  });

  it('when its name does not exist', async () => {
    // RFC 6761 §6.4: .invalid never resolves. Without a network the resolver cannot even say so.
    const url = 'https://nxkey.invalid';
    const error = await failure(httpFor(url).request({ method: 'GET', url: `${url}/thing` }));
    expect(error.message).toMatch(/there is no host of the name nxkey\.invalid|nxkey\.invalid could not be looked up/);
  });

  it('when it speaks http where https was asked for', async () => {
    const server = await startAnsweringServer({});
    const url = server.url.replace('http:', 'https:');
    const error = await failure(httpFor(url).request({ method: 'GET', url: `${url}/thing` }));
    expect(error.message).toMatch(/does not speak TLS as it should \([A-Z0-9_]+\)\.$/);
  });
});

describe('Ctrl-C', () => {
  it('ends a request that is under way', async () => {
    const controller = new AbortController();
    const server = await startAnsweringServer({
      '/thing': () => {
        controller.abort();
      },
    });
    const request = httpFor(server.url).request({
      method: 'GET',
      url: `${server.url}/thing`,
      signal: controller.signal,
    });
    await expect(request).rejects.toThrow(Cancelled);
  });

  it('lets no further request begin', async () => {
    const server = await startAnsweringServer({});
    const request = httpFor(server.url).request({
      method: 'GET',
      url: `${server.url}/thing`,
      signal: AbortSignal.abort(),
    });
    await expect(request).rejects.toThrow(Cancelled);
    expect(server.requests).toEqual([]);
  });
});
