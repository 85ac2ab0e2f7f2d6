import { expect, it, onTestFinished } from 'vitest';
import { answerDeviceRequest } from '../../tour/form-client.js';
import {
  keyringPart,
  noLibsecretEnv,
  startKeyring,
  startSession,
  startSilentSecretService,
  type Session,
} from '../support/keyring.js';
import { codePattern, logIn, storedToken, tokenWorks } from '../support/person.js';
import { programs, run, start } from '../support/programs.js';
import { startServer } from '../support/server.js';
import { describeWith } from '../support/system-parts.js';

/** Ends a session with its test. */
function during<Kind extends Session>(session: Kind): Kind {
  onTestFinished(() => session.stop());
  return session;
}

describeWith(keyringPart, 'nxkey on a real gnome-keyring', () => {
  it('logs in, shows the place, replaces the token, and leaves the keyring empty after logout', async () => {
    const server = await startServer();
    const keyring = during(await startKeyring());
    const person = { home: keyring.env['HOME'] ?? '', env: keyring.env };

    const login = start(programs.nxkey, ['login', server.url], { env: keyring.env });
    const [code] = await login.waitFor(codePattern);
    await answerDeviceRequest(server.url, server.person, code);
    const { code: exitCode, stderr } = await login.finished;
    expect(exitCode).toBe(0);
    expect(stderr).toContain('token kept in the OS keychain');
    const first = await storedToken(server, person);

    const second = await logIn(server, person, 'keychain');
    expect(await tokenWorks(server, first)).toBe(false);
    expect(await tokenWorks(server, second)).toBe(true);
    expect(keyring.count('nxkey')).toBe(1);

    const status = await run(programs.nxkey, ['status', '--json'], { env: keyring.env });
    expect(status.code).toBe(0);
    expect(JSON.parse(status.stdout)).toMatchObject({ servers: [{ token: { keptIn: 'the OS keychain' } }] });

    expect(await run(programs.nxkey, ['logout'], { env: keyring.env })).toMatchObject({ code: 0 });
    expect(await tokenWorks(server, second)).toBe(false);
    expect(keyring.count('nxkey')).toBe(0);
  });

  it('moves the token from the file to the keychain and leaves no copy behind', async () => {
    const server = await startServer();
    const keyring = during(await startKeyring());
    const person = { home: keyring.env['HOME'] ?? '', env: keyring.env };
    const first = await logIn(server, person, 'file');
    const second = await logIn(server, person, 'keychain');
    expect(await tokenWorks(server, first)).toBe(false);
    expect(await storedToken(server, person)).toBe(second);
    expect(keyring.count('nxkey')).toBe(1);
  });

  it('cannot log in, cannot tell the status and does not pretend to log out while the keyring is locked', async () => {
    const server = await startServer();
    const keyring = during(await startKeyring());
    const { env } = keyring;
    const token = await logIn(server, { home: '', env }, 'keychain');
    keyring.lock();

    const login = await run(programs.nxkey, ['login', server.url], { env });
    expect(login.code).toBe(1);
    expect(login.stderr).toContain('locked');
    expect(login.stderr).toContain('--storage file');
    expect(login.stderr).not.toMatch(codePattern);

    const status = await run(programs.nxkey, ['status'], { env });
    expect(status.stderr).toContain('locked');
    expect(status.code).toBe(1);

    const logout = await run(programs.nxkey, ['logout'], { env });
    expect(logout.code).toBe(1);
    expect(logout.stderr).not.toContain('Logged out');
    expect(await tokenWorks(server, token)).toBe(true);
    expect(keyring.count('nxkey')).toBe(1);
  });

  it('ends by its deadline when nobody answers the unlock prompt', async () => {
    const server = await startServer();
    const keyring = during(await startKeyring());
    keyring.lock();
    await keyring.ignorePrompts();
    const login = await run(programs.nxkey, ['login', server.url], { env: keyring.env });
    expect(login.code).toBe(1);
    expect(login.stderr).toContain('did not answer');
    expect(login.stderr).not.toMatch(codePattern);
  });

  it('ends by its deadline when the Secret Service never replies', async () => {
    const service = during(await startSilentSecretService());
    const running = start(programs.nxkey, ['login', 'http://127.0.0.1:9'], { env: service.env });
    running.process.stdin.end();
    await service.asked();
    const { code, stderr } = await running.finished;
    expect(code).toBe(1);
    expect(stderr).toContain('did not answer');
    expect(stderr).toContain('--storage file');
  });

  it('ends on Ctrl-C while it waits for a Secret Service that never replies', async () => {
    const service = during(await startSilentSecretService());
    const running = start(programs.nxkey, ['login', 'http://127.0.0.1:9'], { env: service.env });
    await service.asked();
    running.process.kill('SIGINT');
    expect(await running.finished).toMatchObject({ code: 130 });
  });

  it('names the package to install when there is no Secret Service, and when libsecret is missing', async () => {
    for (const [session, name] of [
      [during(await startSession()), 'gnome-keyring'],
      [during(noLibsecretEnv()), 'libsecret-1-0'],
    ] as const) {
      const { code, stderr } = await run(programs.nxkey, ['login', 'http://127.0.0.1:9'], { env: session.env });
      expect(code).toBe(1);
      expect(stderr).toContain(name);
      expect(stderr).toContain('--storage file');
    }
  });
});
