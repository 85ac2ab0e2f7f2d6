import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { answerDeviceRequest, FormClient } from '../../tour/form-client.js';
import { recordToken } from '../support/ledger.js';
import { codePattern, logIn, newPerson, storedToken, tokenWorks } from '../support/person.js';
import { programs, run, start } from '../support/programs.js';
import { startServer, type TestServer } from '../support/server.js';
import { atTheEndOfTheFile } from '../support/temp-dir.js';

let server: TestServer;
const atTheEnd = atTheEndOfTheFile();
beforeAll(async () => {
  server = await startServer({ atTheEnd });
});

describe('nxkey login', () => {
  it('shows a code, waits for the approval in a browser, and keeps the token in the file that was asked for', async () => {
    const { home, env } = newPerson();

    const login = start(programs.nxkey, ['login', server.url, '--storage', 'file', '--name', 'build box'], { env });
    const [code] = await login.waitFor(codePattern);
    expect(login.stderr()).toContain(`${server.url}/device`);
    const approved = await answerDeviceRequest(server.url, server.person, code);
    expect(approved.status).toBe(200);

    const { code: exitCode, stdout, stderr } = await login.finished;
    const file = join(home, '.config/nxkey/credentials.json');
    expect(exitCode).toBe(0);
    expect(stdout).toBe('');
    expect(stderr.trim().split('\n').at(-1)).toBe(
      `✓ Logged in to ${server.url} as Ada Lovelace <ada@acme.example>; token kept in ${file}`,
    );
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(file, '..')).mode & 0o777).toBe(0o700);

    expect(await run(programs.nxkey, ['whoami'], { env })).toMatchObject({
      code: 0,
      stdout: 'Ada Lovelace\n',
      stderr: '',
    });
    const status = await run(programs.nxkey, ['status', '--json'], { env });
    expect(JSON.parse(status.stdout)).toMatchObject({ servers: [{ token: { name: 'build box' } }] });
  });

  it('takes the server from NX_CLOUD_API, and from the nx.json around the current folder', async () => {
    const { home, env } = newPerson();
    writeFileSync(join(home, 'nx.json'), `{ "nxCloudUrl": "${server.url}", /* ours */ }`);
    for (const options of [{ env: { ...env, NX_CLOUD_API: server.url } }, { env, cwd: home }]) {
      const login = start(programs.login, ['--storage', 'file'], options);
      await login.waitFor(codePattern);
      expect(login.stderr()).toContain(`${server.url}/device`);
      login.process.kill('SIGINT');
      expect(await login.finished).toMatchObject({ code: 130 });
    }
  });

  it('replaces the token when somebody logs in again, and revokes the old one', async () => {
    const person = newPerson();
    const first = await logIn(server, person);
    const second = await logIn(server, person);
    expect(second).not.toBe(first);
    expect(await tokenWorks(server, first)).toBe(false);
    expect(await tokenWorks(server, second)).toBe(true);
  });

  it('ends with a sentence when the login is denied, and keeps nothing', async () => {
    const { env } = newPerson();
    const login = start(programs.nxkey, ['login', server.url, '--storage', 'file'], { env });
    const [code] = await login.waitFor(codePattern);
    await answerDeviceRequest(server.url, server.person, code, 'deny');
    const { code: exitCode, stderr } = await login.finished;
    expect(exitCode).toBe(1);
    expect(stderr).toContain('was denied in the browser');
    expect(await run(programs.nxkey, ['whoami'], { env })).toMatchObject({ code: 4, stdout: '' });
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('ends on %s with %i, and its code can be approved no more', async (signal, exitCode) => {
    const { env } = newPerson();
    const login = start(programs.nxkey, ['login', server.url, '--storage', 'file'], { env });
    const [code] = await login.waitFor(codePattern);
    login.process.kill(signal);
    const { code: actual, stderr } = await login.finished;
    expect(actual).toBe(exitCode);
    expect(stderr).toContain('Cancelled.');

    const browser = new FormClient(server.url);
    const enterCode = await browser.submit(await browser.open('/device'), {
      email: server.person.email,
      password: server.person.password,
    });
    const answer = await browser.submit(enterCode, { user_code: code });
    expect(answer.html.querySelector('[value="approve"]')).toBeNull();
  });

  it('refuses to log in while NX_CLOUD_PERSONAL_ACCESS_TOKEN would shadow the token, and names the variable', async () => {
    const { env } = newPerson({ NX_CLOUD_PERSONAL_ACCESS_TOKEN: 'anything' });
    const { code, stderr } = await run(programs.nxkey, ['login', 'http://127.0.0.1:9'], { env });
    expect(code).toBe(1);
    expect(stderr).toContain('NX_CLOUD_PERSONAL_ACCESS_TOKEN');
  });

  it('fails without a keychain and without a terminal, says why and what to do, and has asked the server for no code', async () => {
    const { env } = newPerson();
    const { code, stderr } = await run(programs.nxkey, ['login', server.url], { env: { ...env, NXKEY_DEBUG: '1' } });
    expect(code).toBe(1);
    expect(stderr).toContain('--storage file');
    expect(stderr).toMatch(/libsecret|gnome-keyring/);
    expect(stderr).not.toContain('device_authorization');
    expect(stderr).not.toMatch(codePattern);
  });

  it.each([
    { args: ['login'], code: 2, says: 'NX_CLOUD_API=https://' },
    { args: ['login', 'http://cache.acme.example'], code: 2, says: 'only https is allowed' },
    { args: ['login', 'ftp://cache.acme.example'], code: 2, says: 'https' },
    { args: ['login', 'https://me:secret@cache.acme.example'], code: 2, says: 'user name or password' },
    { args: ['login', '--storage', 'cloud'], code: 2, says: 'keychain, file' },
    { args: ['login', '--name', 'a\nb', 'http://127.0.0.1:9'], code: 2, says: '--name' },
    { args: ['login', 'http://127.0.0.1:9', '--storage', 'file'], code: 1, says: 'http://127.0.0.1:9' },
  ])('says what is wrong with $args and exits with $code', async ({ args, code, says }) => {
    const { home, env } = newPerson();
    const finished = await run(programs.nxkey, args, { env, cwd: home });
    expect(finished.code).toBe(code);
    expect(finished.stderr).toContain(says);
    expect(finished.stderr).not.toMatch(/^\s+at /m);
    expect(finished.stderr).not.toContain('secret@');
  });
});

describe('nxkey login --with-token', () => {
  it('checks the token on standard input and keeps it', async () => {
    const { env } = newPerson();
    const input = await server.createPat();
    const { code, stdout } = await run(
      programs.nxkey,
      ['login', server.url, '--with-token', '--storage', 'file', '--json'],
      {
        env,
        input: `${input}\n`,
      },
    );
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      serverUrl: server.url,
      storage: 'file',
      user: { name: 'Ada Lovelace' },
    });
    expect(await storedToken(server, { env })).toBe(input);
  });

  it('refuses what is no personal access token without asking any server', async () => {
    const { env } = newPerson();
    const committed = Buffer.from('083cd32b-8a05-4ebf-8d05-cbb68ea441d6|read-write').toString('base64');
    recordToken(committed);
    for (const [input, says] of [
      ['', 'no token on standard input'],
      ['nxp_mistyped', 'damaged'],
      ['hello', 'no personal access token'],
      [committed, 'CI access token'],
    ] as const) {
      const { code, stderr } = await run(programs.nxkey, ['login', 'http://127.0.0.1:9', '--with-token'], {
        env,
        input,
      });
      expect(code).toBe(1);
      expect(stderr).toContain(says);
    }
  });

  it('exits with 4 when the server does not know the token, and keeps nothing', async () => {
    const elsewhere = await startServer();
    const { env } = newPerson();
    const input = await elsewhere.createPat();
    const login = await run(programs.nxkey, ['login', server.url, '--with-token', '--storage', 'file'], { env, input });
    expect(login.code).toBe(4);
    expect(login.stderr).toContain('does not accept the token');
    expect(await run(programs.nxkey, ['whoami', server.url], { env })).toMatchObject({ code: 4 });
  });
});
