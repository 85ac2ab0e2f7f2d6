import { realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { runSecretCommand, type CommandSurroundings } from '../../../src/conversion/rotation/run-secret-command.js';
import { Cancelled, UserError } from '../../../src/errors.js';
import { formatToken } from '../../../src/protocol/tokens.js';
import { recordOutput, recordToken } from '../../support/ledger.js';
import { isRunning, secretStore } from './secret-store.js';

const token = formatToken('ci', 'thisIsNoRealTokenButLooksLike1');
recordToken(token);
const name = 'NX_CLOUD_ACCESS_TOKEN';

function surroundings(change: Partial<CommandSurroundings> = {}): CommandSurroundings {
  const { PATH } = process.env;
  return { env: { PATH }, cwd: tmpdir(), platform: process.platform, signal: new AbortController().signal, ...change };
}

async function failureOf(words: readonly string[], change: Partial<CommandSurroundings> = {}): Promise<UserError> {
  const error: unknown = await runSecretCommand(words, token, surroundings(change)).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof UserError)) throw new Error(`It did not fail as it should: ${String(error)}`);
  recordOutput('a failed secret command', `${error.message} ${error.remedy ?? ''}`);
  return error;
}

describe('the secret command', () => {
  it('gets the token on standard input, with nothing before or after it, and its arguments as they are', async () => {
    const store = secretStore();
    const rest = ['a b', '"; $(exit 1)', "'", '', '*'];
    await runSecretCommand(store.words('store', name, ...rest), token, surroundings());
    const stored = store.take();
    expect(stored.token === token).toBe(true);
    expect(stored.rest).toEqual(rest);
  });

  it('runs where it was typed, with the environment that is there but for the tokens in it', async () => {
    const store = secretStore();
    const { PATH } = process.env;
    const tokens = {
      NX_CLOUD_ACCESS_TOKEN: token,
      NX_CLOUD_AUTH_TOKEN: token,
      NX_CLOUD_PERSONAL_ACCESS_TOKEN: token,
      NX_SELF_HOSTED_REMOTE_CACHE_ACCESS_TOKEN: token,
    };
    const env = { PATH, GH_TOKEN: 'its own', NX_CLOUD_API: 'x', ...tokens };
    await runSecretCommand(store.words('store', name), token, surroundings({ env }));
    const stored = store.take();
    expect(stored.cwd).toBe(realpathSync(tmpdir()));
    expect(stored.env).toMatchObject({ GH_TOKEN: 'its own', NX_CLOUD_API: 'x' });
    expect(Object.keys(stored.env).filter((variable) => variable in tokens)).toEqual([]);
  });

  it('has done its work when it ends with 0, though it read nothing', async () => {
    const store = secretStore();
    await runSecretCommand(store.words('not-reading', name), token, surroundings());
    expect(store.has(name)).toBe(true);
  });

  it('is not waited for once it has ended, whatever it leaves running', async () => {
    const store = secretStore();
    await runSecretCommand(store.words('leave-behind', name, '0'), token, surroundings());
    expect(store.take().pids.map(isRunning)).toEqual([true]);
    await failureOf(store.words('leave-behind', name, '3'));
    expect(store.take().pids.map(isRunning)).toEqual([true]);
  });

  it('that fails is quoted, with the token masked', async () => {
    const { message, remedy } = await failureOf(secretStore().words('fail', name));
    expect(message).toContain('ended with exit code 7. It printed "');
    expect(message).toContain('storing nxc_this…');
    expect(message).toContain('no: nxc_this… was refused".');
    expect(remedy).toContain('Try it by hand');
  });

  it('shows its last lines only, and no half token', async () => {
    const lines = await failureOf(secretStore().words('flood-of-lines', name));
    expect(lines.message).toMatch(/ It printed "(?:nxc_this… \/ ){4}the end"\.$/);
    const line = await failureOf(secretStore().words('flood', name));
    expect(line.message).toMatch(/ended with exit code 1\.$/);
  });

  it('that is killed is said to be', async () => {
    expect((await failureOf(secretStore().words('by-signal', name))).message).toContain('was ended by SIGTERM.');
  });

  it('that is not there, or is no program, is said to be', async () => {
    expect((await failureOf(['no-such-program-here', 'x'])).message).toBe(
      'The command no-such-program-here could not be started: there is no such program.',
    );
    expect((await failureOf([tmpdir()])).message).toContain('could not be started: the system says EACCES');
  });

  it('that takes too long is killed, with all that it has started', async () => {
    const store = secretStore();
    // Far more than it takes to start.
    const failed = failureOf(store.words('hang', name), { deadlineMs: 3000 });
    const { pids } = await store.wait();
    expect((await failed).message).toContain('did not end within 3 seconds and was killed.');
    await expect.poll(() => pids.map(isRunning)).toEqual([false, false]);
  });

  it('is killed by Ctrl-C, with all that it has started', async () => {
    const store = secretStore();
    const controller = new AbortController();
    const failed = failureOf(store.words('hang', name), { signal: controller.signal });
    const { pids } = await store.wait();
    controller.abort(new Cancelled());
    expect(await failed).toBeInstanceOf(Cancelled);
    await expect.poll(() => pids.map(isRunning)).toEqual([false, false]);
    expect(await failureOf(store.words('store', name), { signal: controller.signal })).toBeInstanceOf(Cancelled);
    expect(store.has(name)).toBe(false);
  });
});
