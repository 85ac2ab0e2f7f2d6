import { fork } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { createFileStore } from '../../src/credentials/file-store.js';
import * as atomicWrite from '../../src/files/atomic-write.js';
import { tempDir } from '../support/temp-dir.js';
import { anyServer, anyToken, testCredentialStore } from './credential-store-contract.js';
import { refusalOf } from './failure.js';

vi.mock(import('../../src/files/atomic-write.js'), { spy: true });

const server = 'https://nx.example';

/** A folder that does not exist yet, its file, and the store in it. */
function fileStore({ platform = 'linux' }: { platform?: NodeJS.Platform } = {}) {
  const folder = join(tempDir(), 'config', 'nxkey');
  const path = join(folder, 'credentials.json');
  const put = (text: string, mode = 0o600) => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(path, text);
    chmodSync(path, mode);
  };
  return { folder, path, put, store: createFileStore({ folder, platform }) };
}

function modeOf(path: string): number {
  return statSync(path).mode & 0o777;
}

describe('the file store', () => {
  testCredentialStore({
    create: () => {
      const { store, folder, path } = fileStore();
      const inventory = () => {
        const names = existsSync(folder) ? readdirSync(folder) : [];
        return { names, content: names.length > 0 ? readFileSync(path, 'utf8') : null };
      };
      return { store, inventory };
    },
  });

  it('names its file as the place', () => {
    const { store, path } = fileStore();
    expect(store.place).toBe(path);
  });

  it('writes the documented format', async () => {
    const { store, path } = fileStore();
    const token = anyToken();
    await store.write(server, token);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ version: 1, tokens: { [server]: token } });
  });

  it('creates the file closed, in a closed folder, whatever the umask', async () => {
    const umask = process.umask(0);
    try {
      const { store, path, folder } = fileStore();
      await store.write(server, anyToken());
      expect(modeOf(path)).toBe(0o600);
      expect(modeOf(folder)).toBe(0o700);
    } finally {
      process.umask(umask);
    }
  });

  it('closes the folder again on each write', async () => {
    const { store, folder } = fileStore();
    await store.write(server, anyToken());
    chmodSync(folder, 0o777);
    await store.write(server, anyToken());
    expect(modeOf(folder)).toBe(0o700);
  });

  it('takes a file that only its owner can read for what it is, and keeps 0600 when writing', async () => {
    const { store, put, path } = fileStore();
    put(JSON.stringify({ version: 1, tokens: {} }), 0o700);
    await store.write(server, anyToken());
    expect(modeOf(path)).toBe(0o600);
  });

  it('hands each token out once of many that are written for one server at the same time', async () => {
    const { store } = fileStore();
    const tokens = Array.from({ length: 6 }, anyToken);
    const replaced = await Promise.all(tokens.map((token) => store.write(server, token)));
    const handedOut = replaced.filter((token) => token !== null);
    expect(handedOut).toHaveLength(5);
    expect(new Set([...handedOut, await store.read(server)])).toEqual(new Set(tokens));
  });

  /** `nxkey token` printed an empty line for it. */
  it('takes an empty token for none', async () => {
    const { store, put } = fileStore();
    put(JSON.stringify({ version: 1, tokens: { [server]: '' } }));
    expect(await store.read(server)).toBeNull();
    expect(await store.write(server, anyToken())).toBeNull();
  });

  it('creates no folder by reading or forgetting', async () => {
    const { store, folder } = fileStore();
    await store.read(server);
    await store.delete(server);
    expect(existsSync(folder)).toBe(false);
  });
});

describe('the file store refuses', () => {
  it.each([0o640, 0o604, 0o644, 0o660, 0o602])('a file with mode %o, and says which chmod to type', async (mode) => {
    const { store, put, path } = fileStore();
    const text = JSON.stringify({ version: 1, tokens: { [server]: anyToken() } });
    put(text, mode);
    for (const operation of [
      () => store.read(server),
      () => store.write(server, 'x'),
      () => store.delete(server),
      () => store.check(),
    ]) {
      const { message, remedy } = await refusalOf(operation());
      expect(message).toContain(`${path} can be `);
      expect(message).toContain(`(mode ${mode.toString(8)})`);
      expect(remedy).toContain(`chmod 600 ${path}`);
    }
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  it('a folder in which others could put a file of theirs', async () => {
    const { store, folder } = fileStore();
    await store.write(server, anyToken());
    chmodSync(folder, 0o770);
    const { message, remedy } = await refusalOf(store.read(server));
    expect(message).toContain(`${folder} can be changed by other users`);
    expect(remedy).toContain(`chmod 700 ${folder}`);
  });

  it('no modes on Windows, where they mean nothing', async () => {
    const { store, put } = fileStore({ platform: 'win32' });
    const token = anyToken();
    put(JSON.stringify({ version: 1, tokens: { [server]: token } }), 0o666);
    expect(await store.read(server)).toBe(token);
  });

  const secret = anyToken();
  it.each([
    ['an empty file', '', 'it is not JSON'],
    ['a file cut off in the middle', `{"version":1,"tokens":{"${server}":"${secret}`, 'it is not JSON'],
    ['a token where JSON is expected', secret, 'it is not JSON'],
    ['JSON that is no object', `["${secret}"]`, 'it is not a JSON object'],
    ['an object without a version', `{"tokens":{"${server}":"${secret}"}}`, 'it has no version'],
    ['tokens that are no object', `{"version":1,"tokens":["${secret}"]}`, '"tokens" is not an object'],
    [
      'a token that is no text',
      `{"version":1,"tokens":{"${server}":{"token":"${secret}"}}}`,
      `the token of ${server} is not text`,
    ],
  ])('%s, without quoting it, and leaves it as it is', async (_title, text, reason) => {
    const { store, put, path, folder } = fileStore();
    put(text);
    for (const operation of [
      () => store.read(server),
      () => store.write(server, 'x'),
      () => store.delete(server),
      () => store.check(),
    ]) {
      const { message, remedy } = await refusalOf(operation());
      expect(message).toBe(`${path} is damaged: ${reason}. It was left as it is.`);
      expect(remedy).toContain(`mv ${path} ${path}.damaged`);
    }
    expect(readFileSync(path, 'utf8')).toBe(text);
    expect(readdirSync(folder)).toEqual(['credentials.json']);
  });

  it('a file of a later format, and says to update', async () => {
    const { store, put } = fileStore();
    put(JSON.stringify({ version: 2, secrets: {} }));
    const { message, remedy } = await refusalOf(store.write(server, anyToken()));
    expect(message).toContain('another version of nxkey (format 2)');
    expect(remedy).toContain('Update nxkey');
  });

  it('a symbolic link and a folder in place of the file', async () => {
    const linked = fileStore();
    const target = join(tempDir(), 'elsewhere.json');
    writeFileSync(target, '{"version":1,"tokens":{}}', { mode: 0o600 });
    mkdirSync(linked.folder, { recursive: true, mode: 0o700 });
    symlinkSync(target, linked.path);
    expect((await refusalOf(linked.store.write(server, anyToken()))).message).toContain('is not a regular file');
    expect(readFileSync(target, 'utf8')).toBe('{"version":1,"tokens":{}}');

    const folder = fileStore();
    mkdirSync(folder.path, { recursive: true, mode: 0o700 });
    expect((await refusalOf(folder.store.read(server))).message).toContain('is not a regular file');
  });

  it('a config folder that is a file, or below one', async () => {
    const occupied = join(tempDir(), 'occupied');
    writeFileSync(occupied, 'mine');
    for (const folder of [occupied, join(occupied, 'nxkey')]) {
      const store = createFileStore({ folder, platform: 'linux' });
      expect((await refusalOf(store.check())).message).toContain(`${folder}/credentials.json cannot be `);
      expect((await refusalOf(store.write(server, anyToken()))).message).toContain('cannot be ');
    }
    expect(readFileSync(occupied, 'utf8')).toBe('mine');
  });

  it('what it cannot use, and names the nearest folder that is there, with the variable for another one', async () => {
    // A file in the place of the home: unlike a read-only home it stands in the way of root as well.
    const home = join(tempDir(), 'home');
    writeFileSync(home, '');
    const store = createFileStore({ folder: join(home, '.config', 'nxkey'), platform: 'linux' });
    for (const operation of [() => store.check(), () => store.write(server, anyToken())]) {
      const { remedy } = await refusalOf(operation());
      expect(remedy).toContain(`ls -ld ${home}, `);
      expect(remedy).toContain('XDG_CONFIG_HOME');
    }
  });

  it('what it cannot use on macOS, where no variable names another folder', async () => {
    const home = join(tempDir(), 'home');
    writeFileSync(home, '');
    const store = createFileStore({ folder: join(home, 'Library', 'nxkey'), platform: 'darwin' });
    const { remedy } = await refusalOf(store.check());
    expect(remedy).toBe(`Look at what is there: ls -ld ${home}`);
  });

  it.each([
    ['ENOSPC', 'the disk is full'],
    ['EROFS', 'the file system is read-only'],
    ['EACCES', 'you have no permission to write'],
  ])('to lose the earlier token when the system says %s', async (code, reason) => {
    const { store, folder, path } = fileStore();
    const token = anyToken();
    await store.write(server, token);
    // The one mock: neither a full disk nor a read-only one can be had as an ordinary user, nor as root in a container.
    const { refusal } = await import('../../src/files/file-errors.js');
    vi.mocked(atomicWrite.writeFileAtomically).mockImplementation((written) =>
      Promise.reject(refusal(written, Object.assign(new Error(code), { code }))),
    );
    try {
      for (const operation of [() => store.write(server, anyToken()), () => store.delete(server)]) {
        const { message } = await refusalOf(operation());
        expect(message).toContain(`${path} could not be written: ${reason}`);
      }
    } finally {
      vi.mocked(atomicWrite.writeFileAtomically).mockReset();
    }
    expect(await store.read(server)).toBe(token);
    expect(readdirSync(folder)).toEqual(['credentials.json']);
  });
});

describe('several processes', () => {
  it('lose none of the entries that they write at once', async () => {
    const { folder, path } = fileStore();
    const servers = Array.from({ length: 4 }, () => Array.from({ length: 8 }, anyServer));
    const writers = servers.map((own) =>
      fork(new URL('parallel-writer.ts', import.meta.url), [folder, ...own], { execArgv: ['--import', 'tsx'] }),
    );
    await Promise.all(writers.map((writer) => once(writer, 'message')));
    const exits = writers.map((writer) => once(writer, 'exit'));
    for (const writer of writers) writer.send('go');

    expect((await Promise.all(exits)).map(([code]) => code as unknown)).toEqual([0, 0, 0, 0]);
    const all = servers.flat().map((one) => [one, `token of ${one}`] as const);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ version: 1, tokens: Object.fromEntries(all) });
    expect(readdirSync(folder)).toEqual(['credentials.json']);
  });
});
