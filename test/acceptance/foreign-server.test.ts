import { describe, expect, it } from 'vitest';
import { cutOff, html, json, startAnsweringServer, type Answer } from '../support/answering-server.js';
import { codePattern, newPerson } from '../support/person.js';
import { oidcPerson, startOidcDeviceServer } from '../support/oidc-device-server.js';
import { programs, run, start } from '../support/programs.js';

const device = '/device-authorization';
const token = '/token';

/** Answers as a server that behaves does, up to the approval; the tests break one piece at a time. */
async function behavingServer() {
  const server = await startAnsweringServer();
  server.answers['/.well-known/oauth-authorization-server'] = json(200, {
    issuer: server.url,
    device_authorization_endpoint: server.url + device,
    token_endpoint: server.url + token,
    revocation_endpoint: `${server.url}/revoke`,
  });
  server.answers[device] = deviceAnswer(server.url);
  server.answers[token] = json(400, { error: 'authorization_pending' });
  server.answers['/revoke'] = json(200, {});
  return server;
}

function deviceAnswer(url: string, changed: Record<string, unknown> = {}): Answer {
  const answer = {
    device_code: 'the-device-code',
    user_code: 'WDJB-MJHT',
    verification_uri: `${url}/device`,
    expires_in: 600,
    interval: 1,
    ...changed,
  };
  return json(200, answer);
}

describe('nxkey login on a server that nobody of this project wrote (oidc-provider)', () => {
  it('gets a token, obeys slow_down, and says who one is', async () => {
    const server = await startOidcDeviceServer({ interval: 1 });
    server.answerSlowDown(1);
    const { env } = newPerson();
    const login = start(programs.nxkey, ['login', server.url, '--storage', 'file'], { env });
    const [code] = await login.waitFor(codePattern);
    await server.approve(code);
    const { code: exitCode, stderr } = await login.finished;
    expect(stderr).toContain(`Logged in to ${server.url} as ${oidcPerson.name} <${oidcPerson.email}>`);
    expect(exitCode).toBe(0);
    await run(programs.nxkey, ['token'], { env, printsToken: true });
  });
});

describe('nxkey login on a server that misbehaves', () => {
  const hugeBody: Answer = (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(`{"padding":"${'x'.repeat(2 ** 24)}"}`);
  };

  it.each([
    { what: 'HTML instead of JSON', path: device, answer: () => html(200, '<h1>Welcome</h1>'), says: 'HTML' },
    { what: 'a cut connection', path: device, answer: () => cutOff, says: 'connection' },
    { what: '500', path: device, answer: () => json(500, {}), says: '500' },
    { what: 'a huge body', path: device, answer: () => hugeBody, says: 'MiB' },
    {
      what: 'a verification_uri on another host',
      path: device,
      answer: (url: string) => deviceAnswer(url, { verification_uri: 'https://evil.example/device' }),
      says: 'evil.example',
    },
    {
      what: 'a verification_uri that is no web address',
      path: device,
      answer: (url: string) => deviceAnswer(url, { verification_uri: 'javascript:alert(1)' }),
      says: 'address',
    },
    {
      what: 'control characters in the user code',
      path: device,
      answer: (url: string) => deviceAnswer(url, { user_code: '\x1b]0;owned\x07' }),
      says: 'code',
    },
    {
      what: 'no metadata',
      path: '/.well-known/oauth-authorization-server',
      answer: () => html(404, 'no'),
      says: 'publishes no OAuth metadata',
    },
    {
      what: 'a redirect to another host',
      path: '/.well-known/oauth-authorization-server',
      answer: () => json(302, {}, { location: 'https://evil.example/' }),
      says: 'evil.example',
    },
  ])('says in a sentence what happened: $what', async ({ path, answer, says }) => {
    const server = await behavingServer();
    server.answers[path] = answer(server.url);
    const { env } = newPerson();
    const { code, stdout, stderr } = await run(programs.nxkey, ['login', server.url, '--storage', 'file'], { env });
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toContain(says);
    expect(stderr).toContain('error: ');
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(stderr).not.toContain('\x1b');
    expect(stderr).not.toMatch(codePattern);
  });

  it('goes on polling through HTML, 500s and cut connections, and ends when it is denied', async () => {
    const server = await behavingServer();
    const answers = [html(502, 'Bad Gateway'), json(500, {}), cutOff, json(400, { error: 'access_denied' })];
    server.answers[token] = (request, response) => {
      (answers.shift() ?? cutOff)(request, response);
    };
    const { env } = newPerson();
    const { code, stderr } = await run(programs.nxkey, ['login', server.url, '--storage', 'file'], { env });
    expect(answers).toEqual([]);
    expect(code).toBe(1);
    expect(stderr).toContain('denied');
  });

  it('revokes a token that it cannot keep, because the server does not say whose it is', async () => {
    const server = await behavingServer();
    server.answers[token] = json(200, { access_token: 'granted-but-useless-token', token_type: 'Bearer' });
    server.answers['/api/v1/me'] = json(200, { user: null });
    const { env } = newPerson();
    const { code, stderr } = await run(programs.nxkey, ['login', server.url, '--storage', 'file'], { env });
    expect(code).toBe(1);
    expect(stderr).not.toContain('granted-but-useless-token');
    const revocation = server.requests.find((request) => request.path === '/revoke');
    expect(revocation?.form.get('token')).toBe('granted-but-useless-token');
    expect(await run(programs.nxkey, ['token'], { env })).toMatchObject({ code: 4, stdout: '' });
  });

  it('tells the server on Ctrl-C that nobody waits any more', async () => {
    const server = await behavingServer();
    const { env } = newPerson();
    const login = start(programs.nxkey, ['login', server.url, '--storage', 'file'], { env });
    await login.waitFor(codePattern);
    login.process.kill('SIGINT');
    expect(await login.finished).toMatchObject({ code: 130 });
    const revocation = server.requests.find((request) => request.path === '/revoke');
    expect(revocation?.form.get('token_type_hint')).toBe('device_code');
  });
});
