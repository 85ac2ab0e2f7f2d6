import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createCredentials } from '../../src/credentials/credentials.js';
import { createKeychainStore, keychainDeadline } from '../../src/credentials/keychain-store.js';
import { Cancelled } from '../../src/errors.js';
import {
  keyringPart,
  noDbusEnv,
  noLibsecretEnv,
  startKeyring,
  startSession,
  startSilentSecretService,
  type Keyring,
  type Session,
  type SilentSecretService,
} from '../support/keyring.js';
import { recordOutput } from '../support/ledger.js';
import { describeWith } from '../support/system-parts.js';
import { tempDir } from '../support/temp-dir.js';
import { anyServer, anyToken, testCredentialStore } from './credential-store-contract.js';
import { refusalOf } from './failure.js';
import { keychainProcess, keychainProcesses } from './keychain-process.js';

/** Long enough for an answer, however busy the machine is. */
const plentyMs = 25_000;

function keychainStore(session: Session, options: { deadlineMs?: number; signal?: AbortSignal } = {}) {
  return createKeychainStore({
    ...keychainProcess,
    env: session.env,
    platform: 'linux',
    deadlineMs: plentyMs,
    ...options,
  });
}

/** Each operation of a store, as somebody would call it first. */
function operations(session: Session, options: { deadlineMs?: number } = {}) {
  const store = keychainStore(session, options);
  return [
    () => store.check(),
    () => store.read(anyServer()),
    () => store.write(anyServer(), anyToken()),
    () => store.delete(anyServer()),
  ];
}

describeWith(keyringPart, 'the keychain store on a gnome-keyring', () => {
  let keyring: Keyring;
  beforeAll(async () => {
    keyring = await startKeyring();
  });
  afterAll(() => keyring.stop());

  testCredentialStore({
    create: () => ({ store: keychainStore(keyring), inventory: () => keyring.count('nxkey') }),
  });

  it('hands each token but the last out once when several logins at once are kept in it', async () => {
    const [serverUrl, folder] = [anyServer(), tempDir()];
    const user = { name: 'Ada Lovelace', email: 'ada@example.com' };
    const tokens = Array.from({ length: 3 }, anyToken);
    const saves = tokens.map((token, index) => {
      const store = () => Promise.resolve(keychainStore(keyring));
      const tokenId = `token-${index}`;
      const login = { serverUrl, storage: 'keychain', user, tokenId, tokenName: 'laptop', loggedInAt: '' } as const;
      return createCredentials({ folder, platform: 'linux', store }).save(login, token);
    });
    const replaced = (await Promise.all(saves)).flatMap((saved) => saved.replaced.map(({ token }) => token));
    const kept = await keychainStore(keyring).read(serverUrl);
    expect([...replaced, kept].sort()).toEqual([...tokens].sort());
  });

  it('prints nothing of what the libraries in its process print', async () => {
    const [server, token] = [anyServer(), anyToken()];
    await keychainStore(keyring).write(server, token);
    // With this GLib's libraries tell on standard error all that they do.
    const env = { ...keyring.env, G_MESSAGES_DEBUG: 'all', G_DBUS_DEBUG: 'all' };
    const { finished } = startUser(env, { deadlineMs: plentyMs, ending: 'return', server });
    expect(await finished).toEqual({ stdout: `token: ${token}\n`, stderr: '', exitCode: 0 });
  });
});

describeWith(keyringPart, 'the keychain store on a locked gnome-keyring', () => {
  const server = anyServer();
  const token = anyToken();
  let keyring: Keyring;
  beforeEach(async () => {
    keyring = await startKeyring();
    await keychainStore(keyring).write(server, token);
    keyring.lock();
  });
  afterEach(() => keyring.stop());

  it('says that it is locked, whatever it is asked', async () => {
    for (const operation of operations(keyring)) {
      const { message, remedy } = await refusalOf(operation());
      expect(message).toContain('the keyring is locked and could not be unlocked');
      expect(remedy).toContain('Unlock it');
      expect(remedy).toContain('--storage file');
    }
  });

  it('does not claim that a token is gone which it could not delete', async () => {
    await refusalOf(keychainStore(keyring).delete(server));
    expect(keyring.count('nxkey')).toBe(1);
  });

  it('does not take a token for missing that it cannot see', async () => {
    await refusalOf(keychainStore(keyring).read(server));
  });

  it('gives up by its deadline when nobody answers the unlock prompt', async () => {
    await keyring.ignorePrompts();
    const { message, remedy } = await refusalOf(keychainStore(keyring, { deadlineMs: 3_000 }).read(server));
    expect(message).toContain('it did not answer within 3 seconds; an unlock prompt may be waiting');
    expect(remedy).toContain('--storage file');
    await expect.poll(() => keychainProcesses(keyring.env['HOME'] ?? '')).toEqual([]);
  });
});

describeWith(keyringPart, 'the keychain store on a Secret Service that never replies', () => {
  let service: SilentSecretService;
  beforeEach(async () => {
    service = await startSilentSecretService();
  });
  afterEach(() => service.stop());

  const processes = () => keychainProcesses(service.env['HOME'] ?? '');

  it('gives up each operation by its deadline and leaves no process', async () => {
    for (const operation of operations(service, { deadlineMs: 1_500 })) {
      expect((await refusalOf(operation())).message).toContain('did not answer within 1.5 seconds');
    }
    await expect.poll(processes).toEqual([]);
  });

  it('gives up at once when it is cancelled', async () => {
    const cancellation = new AbortController();
    const read = keychainStore(service, { signal: cancellation.signal }).read(anyServer());
    await service.asked();
    cancellation.abort();
    await expect(read).rejects.toBeInstanceOf(Cancelled);
    await expect.poll(processes).toEqual([]);
    await expect(keychainStore(service, { signal: cancellation.signal }).check()).rejects.toBeInstanceOf(Cancelled);
  });

  it('hands the token over where other users cannot see it: not in the arguments, not in the environment', async () => {
    const token = anyToken();
    const cancellation = new AbortController();
    const write = keychainStore(service, { signal: cancellation.signal }).write(anyServer(), token);
    await service.asked();
    const seen = processes();
    cancellation.abort();
    await expect(write).rejects.toBeInstanceOf(Cancelled);
    expect(seen).toHaveLength(1);
    expect(JSON.stringify(seen)).not.toContain(token);
  });

  it.each(['exit', 'return'])('does not keep the program from ending by %s after the deadline', async (ending) => {
    const { finished } = startUser(service.env, { deadlineMs: 3_000, ending });
    const { stdout, stderr, exitCode } = await finished;
    expect(stdout).toContain('did not answer within 3 seconds');
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
    await expect.poll(processes).toEqual([]);
  });

  it('does not keep process.exit() waiting in the middle of an operation, and its process ends with the program', async () => {
    const { program, finished } = startUser(service.env, { deadlineMs: 600_000, ending: 'exit-midway' });
    await service.asked();
    program.stdin.write('exit\n');
    expect(await finished).toEqual({ stdout: '', stderr: '', exitCode: 0 });
    await expect.poll(processes).toEqual([]);
  });

  it('leaves no process behind when the program is killed in the middle of an operation', async () => {
    const { program } = startUser(service.env, { deadlineMs: 600_000, ending: 'return' });
    await service.asked();
    program.kill('SIGKILL');
    await expect.poll(processes).toEqual([]);
  });
});

describeWith(keyringPart, 'the keychain store without a keychain', () => {
  const refusals = async (session: Session) => {
    try {
      const refused = [];
      for (const operation of operations(session)) refused.push(await refusalOf(operation()));
      for (const { remedy } of refused) expect(remedy).toContain('--storage file');
      return refused;
    } finally {
      await session.stop();
    }
  };

  it('says that there is no D-Bus session', async () => {
    for (const { message, remedy } of await refusals(noDbusEnv())) {
      expect(message).toContain('there is no D-Bus session');
      expect(remedy).toContain('inside a desktop session');
    }
  });

  it('says that no Secret Service runs, and names two', async () => {
    for (const { message, remedy } of await refusals(await startSession())) {
      expect(message).toContain('no Secret Service runs');
      expect(remedy).toContain('gnome-keyring or KWallet');
    }
  });

  it('says that libsecret is missing, and how to install it', async () => {
    for (const { message, remedy } of await refusals(noLibsecretEnv())) {
      expect(message).toContain('the library libsecret is missing');
      expect(remedy).toContain('sudo apt install libsecret-1-0');
    }
  });
});

describe('the process of the keychain store', () => {
  const withModule = (source: string) =>
    createKeychainStore({
      processModule: new URL(source, import.meta.url),
      deadlineMs: plentyMs,
      platform: 'linux',
    });

  it.each([
    ['cannot be found', './fixtures/no-such-file.mjs', 'its process ended with exit code 1'],
    ['crashes', './fixtures/crashing-process.mjs', 'its process ended with SIGSEGV'],
    ['answers something else', './fixtures/babbling-process.mjs', 'its process gave no valid answer'],
  ])('may fail: one that %s is reported', async (_title, source, reason) => {
    const { message, remedy } = await refusalOf(withModule(source).read(anyServer()));
    expect(message).toContain(reason);
    expect(remedy).toContain('--storage file');
  });
});

describe('the deadline', () => {
  it('leaves a person time to type a password, and is short where nobody can', () => {
    expect(keychainDeadline({ interactive: true })).toBe(60_000);
    expect(keychainDeadline({ interactive: false })).toBe(5_000);
  });
});

/** keychain-user.ts in a session: on standard error it has nothing to say. */
function startUser(env: Record<string, string>, options: { deadlineMs: number; ending: string; server?: string }) {
  const { deadlineMs, ending, server = anyServer() } = options;
  const script = fileURLToPath(new URL('keychain-user.ts', import.meta.url));
  const program = spawn(process.execPath, ['--import', 'tsx', script, String(deadlineMs), ending, server], { env });
  const end = new Promise<number | null>((resolve) => program.once('exit', resolve));
  const finished = Promise.all([text(program.stdout), text(program.stderr), end]).then(([stdout, stderr, exitCode]) => {
    recordOutput('standard error of keychain-user.ts', stderr);
    return { stdout, stderr, exitCode };
  });
  return { program, finished };
}
