import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { answerDeviceRequest } from '../../tour/form-client.js';
import { codePattern, logInWithToken, newPerson, type Person } from '../support/person.js';
import { startServer, type TestServer } from '../support/server.js';
import { describeWith } from '../support/system-parts.js';
import { atTheEndOfTheFile } from '../support/temp-dir.js';
import { onTerminal, terminalPart } from '../support/terminal.js';

let server: TestServer;
const atTheEnd = atTheEndOfTheFile();
beforeAll(async () => {
  server = await startServer({ atTheEnd });
});

/** A "browser" that only notes what it is asked to open. */
function browserOf({ home }: Person, exitCode: number): { env: NodeJS.ProcessEnv; opened: () => string } {
  const note = join(home, 'opened.txt');
  const program = join(home, 'browser.sh');
  writeFileSync(program, `#!/bin/sh\nprintf '%s\\n' "$1" >> '${note}'\nexit ${exitCode}\n`);
  chmodSync(program, 0o755);
  return { env: { BROWSER: program }, opened: () => (existsSync(note) ? readFileSync(note, 'utf8') : '') };
}

describeWith(terminalPart, 'nxkey on a terminal', () => {
  it('opens the page with the code filled in when Enter is pressed', async () => {
    const person = newPerson();
    const browser = browserOf(person, 0);
    const login = onTerminal(['login', server.url, '--storage', 'file'], { ...person.env, ...browser.env });
    const [code] = await login.waitFor(codePattern);
    await login.waitFor(/Press Enter/);
    login.type('\r');
    await expect.poll(browser.opened).toContain(`${server.url}/device?user_code=${code}`);
    await answerDeviceRequest(server.url, server.person, code);
    expect(await login.finished).toMatchObject({ code: 0 });
  });

  it('goes on when the browser does not start', async () => {
    const person = newPerson();
    const browser = browserOf(person, 3);
    const login = onTerminal(['login', server.url, '--storage', 'file'], { ...person.env, ...browser.env });
    const [code] = await login.waitFor(codePattern);
    await login.waitFor(/Press Enter/);
    login.type('\r');
    await login.waitFor(/browser did not start/);
    await answerDeviceRequest(server.url, server.person, code);
    expect(await login.finished).toMatchObject({ code: 0 });
  });

  it('offers no browser with --no-browser', async () => {
    const person = newPerson();
    const login = onTerminal(['login', server.url, '--storage', 'file', '--no-browser'], person.env);
    await login.waitFor(/Waiting for your approval/);
    expect(login.stderr()).not.toContain('Press Enter');
    login.type('\x03');
    expect(await login.finished).toMatchObject({ code: 130 });
  });

  it('asks before it keeps the token in plain text, and takes no for an answer', async () => {
    const person = newPerson();
    const login = onTerminal(['login', server.url], person.env);
    await login.waitFor(/Keep the token unencrypted/);
    login.type('n\r');
    const { code, stderr } = await login.finished;
    expect(code).toBe(1);
    expect(stderr).not.toMatch(codePattern);
    expect(existsSync(join(person.home, '.config/nxkey/credentials.json'))).toBe(false);
  });

  it('asks before it keeps the token in plain text, and takes yes for an answer', async () => {
    const person = newPerson();
    const login = onTerminal(['login', server.url], person.env);
    await login.waitFor(/Keep the token unencrypted/);
    login.type('y\r');
    const [code] = await login.waitFor(codePattern);
    await answerDeviceRequest(server.url, server.person, code);
    expect(await login.finished).toMatchObject({ code: 0 });
    expect(existsSync(join(person.home, '.config/nxkey/credentials.json'))).toBe(true);
  });

  it('reads a token without showing it', async () => {
    const person = newPerson();
    const token = await server.createPat();
    const login = onTerminal(['login', server.url, '--with-token', '--storage', 'file'], person.env);
    await login.waitFor(/Personal access token:/);
    login.type(`${token}\r`);
    const { code, stderr } = await login.finished;
    expect(code).toBe(0);
    expect(stderr).not.toContain(token);
  });

  it('asks which server to log out of when there are several, and ends with 130 on Ctrl-C', async () => {
    const other = await startServer();
    const person = newPerson();
    await logInWithToken(server, person);
    await logInWithToken(other, person);
    const cancelled = onTerminal(['logout'], person.env);
    await cancelled.waitFor(/Log out of which server/);
    cancelled.type('\x03');
    expect(await cancelled.finished).toMatchObject({ code: 130 });

    const logout = onTerminal(['logout'], person.env);
    await logout.waitFor(/all of them/);
    logout.type('\x1b[A\r');
    const { code, stderr } = await logout.finished;
    expect(code).toBe(0);
    expect(stderr).toContain(`Logged out of ${server.url}`);
    expect(stderr).toContain(`Logged out of ${other.url}`);
  });
});
