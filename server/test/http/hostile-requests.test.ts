import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recordOutput } from '../../../test/support/ledger.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let server: TestServer;
beforeEach(async () => {
  server = await startTestServer();
});
afterEach(() => server.close());

/** Sends bytes that no HTTP client would, and takes whatever comes until the server closes the connection. */
async function raw(lines: string[], body = ''): Promise<string> {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  let answer = '';
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')));
  socket.write([...lines, 'Connection: close', '', body].join('\r\n'));
  await once(socket, 'close');
  recordOutput('nxkey-server answer', answer);
  return answer;
}

const statusOf = (answer: string) => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]);
const formType = 'Content-Type: application/x-www-form-urlencoded';

describe('a hostile request', () => {
  it('whose body has no length is cut off at the limit', async () => {
    const chunk = `4000\r\n${'a'.repeat(0x4000)}\r\n`;
    const head = ['POST /sign-in HTTP/1.1', 'Host: x', formType, 'Transfer-Encoding: chunked'];
    expect(statusOf(await raw(head, `${chunk.repeat(4)}0\r\n\r\n`))).toBe(413);
  });

  it('that announces too large a body is refused before the body has come', async () => {
    const head = ['POST /oauth/token HTTP/1.1', 'Host: x', formType, 'Content-Length: 1000000000'];
    expect(statusOf(await raw(head))).toBe(413);
  });

  it('with two lengths, a host that is none, or a header without end does not get through', async () => {
    expect(
      statusOf(
        await raw(
          ['POST /sign-in HTTP/1.1', 'Host: x', 'Content-Length: 1', 'Transfer-Encoding: chunked'],
          '0\r\n\r\n',
        ),
      ),
    ).toBe(400);
    expect(statusOf(await raw(['GET /sign-in HTTP/1.1', 'Host: a b/c']))).toBe(400);
    expect(statusOf(await raw(['GET /healthz HTTP/1.1', 'Host: x', `X: ${'a'.repeat(20_000)}`]))).toBe(431);
  });

  it('that names another host in its first line or its Host is never led there', async () => {
    for (const [target, host] of [
      ['http://evil.example/tokens', 'evil.example'],
      ['/tokens', 'evil.example'],
      ['//evil.example/tokens', 'x'],
    ]) {
      const answer = await raw([`GET ${target ?? ''} HTTP/1.1`, `Host: ${host ?? ''}`]);
      expect([303, 404]).toContain(statusOf(answer));
      expect(answer).not.toMatch(/^location: (?!\/sign-in\?return_to=%2Ftokens\r)/im);
    }
  });

  it.each(['OPTIONS', 'TRACE', 'PUT', 'PATCH'])(
    'with the method %s is refused, and opens nothing to scripts',
    async (method) => {
      const answer = await raw([`${method} /api/v1/me HTTP/1.1`, 'Host: x', 'Origin: https://evil.example']);
      expect(statusOf(answer)).toBe(405);
      expect(answer).toMatch(/^allow: GET, HEAD\r$/im);
      expect(answer).not.toMatch(/^access-control-/im);
    },
  );

  it('with HEAD gets the headers of GET and no body', async () => {
    const answer = await raw(['HEAD /sign-in HTTP/1.1', 'Host: x']);
    expect(statusOf(answer)).toBe(200);
    expect(answer).toMatch(/^content-security-policy: default-src 'none'/im);
    expect(answer.split('\r\n\r\n')[1]).toBe('');
  });
});
