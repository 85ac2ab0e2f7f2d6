import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { StorageUnavailable, type CredentialStore, type StorageKind } from '../../src/credentials/credential-store.js';
import { createCredentials, findCredential } from '../../src/credentials/credentials.js';
import { createFileStore } from '../../src/credentials/file-store.js';
import type { Login } from '../../src/credentials/logins.js';
import { AuthenticationRequired } from '../../src/errors.js';
import { tempDir } from '../support/temp-dir.js';
import { anyToken } from './credential-store-contract.js';
import { refusalOf } from './failure.js';

const serverUrl = 'https://nx.example';

function loginWith(options: { storage?: StorageKind; tokenId?: string } = {}): Login {
  const user = { name: 'Ada Lovelace', email: 'ada@example.com' };
  const loggedInAt = '2026-11-21T10:00:00.000Z';
  return { serverUrl, storage: 'file', user, tokenId: 'token-1', tokenName: 'laptop', loggedInAt, ...options };
}

/**
 * Real files. In the place of the keychain stands a second file store that calls itself one: what is tested here is
 * the order of steps over two places. `locked` makes that place refuse everything; `afterWrite` happens once, when a
 * token has just been written to it.
 */
function setUp() {
  const folder = join(tempDir(), 'nxkey');
  const file = createFileStore({ folder, platform: 'linux' });
  const second = createFileStore({ folder: join(tempDir(), 'keychain'), platform: 'linux' });
  const state = { locked: false, afterWrite: () => {}, used: new Set<StorageKind>() };
  const unlessLocked = <T>(operation: () => Promise<T>) =>
    state.locked
      ? Promise.reject(new StorageUnavailable('The keychain is locked.', { remedy: 'Unlock it.' }))
      : operation();
  const keychain: CredentialStore = {
    kind: 'keychain',
    place: 'the OS keychain',
    check: () => unlessLocked(() => second.check()),
    read: (server) => unlessLocked(() => second.read(server)),
    write: (server, token) =>
      unlessLocked(async () => {
        const replaced = await second.write(server, token);
        state.afterWrite();
        state.afterWrite = () => {};
        return replaced;
      }),
    delete: (server) => unlessLocked(() => second.delete(server)),
  };
  const credentials = createCredentials({
    folder,
    platform: 'linux',
    store: (kind) => {
      state.used.add(kind);
      return Promise.resolve(kind === 'file' ? file : keychain);
    },
  });
  return { folder, file, keychain, state, credentials };
}

describe('the stored credentials', () => {
  it('are none where nobody has logged in, and no place is loaded to find that out', async () => {
    const { credentials, state, folder } = setUp();
    expect(await credentials.list()).toEqual([]);
    expect(await credentials.find(serverUrl)).toBeNull();
    await credentials.forget(loginWith());
    expect(state.used).toEqual(new Set());
    expect(existsSync(folder)).toBe(false);
  });

  it('have the login and the token that were saved, from the place that was named', async () => {
    const { credentials, keychain, file, state } = setUp();
    const [login, token] = [loginWith({ storage: 'keychain' }), anyToken()];
    expect(await credentials.save(login, token)).toEqual({ replaced: [], leftover: null });
    expect(await credentials.find(serverUrl)).toEqual({ login, token, place: 'the OS keychain' });
    expect(await credentials.list()).toEqual([login]);
    expect(await keychain.read(serverUrl)).toBe(token);
    expect(state.used).toEqual(new Set(['keychain']));
    expect(await file.read(serverUrl)).toBeNull();
  });

  it('say that a login is there whose token has gone from its place', async () => {
    const { credentials, file } = setUp();
    await credentials.save(loginWith(), anyToken());
    await file.delete(serverUrl);
    expect(await credentials.find(serverUrl)).toEqual({ login: loginWith(), token: null, place: file.place });
  });

  it('say why the place of a token cannot be asked', async () => {
    const { credentials, state } = setUp();
    await credentials.save(loginWith({ storage: 'keychain' }), anyToken());
    state.locked = true;
    expect((await refusalOf(credentials.find(serverUrl))).message).toBe('The keychain is locked.');
  });

  it('are gone after forgetting, the token as well as the login', async () => {
    const { credentials, file } = setUp();
    await credentials.save(loginWith(), anyToken());
    await credentials.forget(loginWith());
    expect(await credentials.list()).toEqual([]);
    expect(await file.read(serverUrl)).toBeNull();
  });

  it('keep the login listed while its token cannot be deleted', async () => {
    const { credentials, state } = setUp();
    const login = loginWith({ storage: 'keychain' });
    await credentials.save(login, anyToken());
    state.locked = true;
    await refusalOf(credentials.forget(login));
    expect(await credentials.list()).toEqual([login]);
  });
});

describe('forgetting a login', () => {
  it('leaves a newer one alone, whose token nobody has revoked', async () => {
    const { credentials } = setUp();
    const [newer, token] = [loginWith({ tokenId: 'token-2' }), anyToken()];
    await credentials.save(loginWith(), anyToken());
    await credentials.save(newer, token);
    await credentials.forget(loginWith());
    expect(await credentials.find(serverUrl)).toMatchObject({ login: newer, token });
  });
});

describe('saving a login', () => {
  it('lists nothing when the token cannot be kept', async () => {
    const { credentials, state } = setUp();
    state.locked = true;
    await refusalOf(credentials.save(loginWith({ storage: 'keychain' }), anyToken()));
    expect(await credentials.list()).toEqual([]);
  });

  it('takes the token back out when the list cannot be written', async () => {
    const { credentials, keychain, folder, state } = setUp();
    // Fails for everybody, root as well: a folder stands in the list's place.
    state.afterWrite = () => mkdirSync(join(folder, 'logins.json'), { recursive: true, mode: 0o700 });
    await refusalOf(credentials.save(loginWith({ storage: 'keychain' }), anyToken()));
    expect(await keychain.read(serverUrl)).toBeNull();
  });

  it('does not write a token that the list could not name, when the list is damaged', async () => {
    const { credentials, file, folder } = setUp();
    mkdirSync(folder, { mode: 0o700 });
    writeFileSync(join(folder, 'logins.json'), 'not JSON');
    await refusalOf(credentials.save(loginWith(), anyToken()));
    expect(await file.read(serverUrl)).toBeNull();
  });

  it('puts a new token in the place of the earlier one', async () => {
    const { credentials, file } = setUp();
    const [login, earlier, token] = [loginWith({ tokenId: 'token-2' }), anyToken(), anyToken()];
    await credentials.save(loginWith(), earlier);
    const { replaced } = await credentials.save(login, token);
    expect(replaced).toEqual([{ token: earlier, login: loginWith() }]);
    expect(await credentials.find(serverUrl)).toEqual({ login, token, place: file.place });
    expect(await credentials.list()).toEqual([login]);
  });

  it('deletes the copy in the earlier place once the new one is safe', async () => {
    const { credentials, keychain, file } = setUp();
    const [earlier, token] = [anyToken(), anyToken()];
    const login = loginWith({ storage: 'keychain' });
    await credentials.save(login, earlier);
    const saved = await credentials.save(loginWith(), token);
    expect(saved).toEqual({ replaced: [{ token: earlier, login }], leftover: null });
    expect(await keychain.read(serverUrl)).toBeNull();
    expect(await file.read(serverUrl)).toBe(token);
  });

  it('stands when the copy in the earlier place cannot be deleted, and says that it is still there', async () => {
    const { credentials, state } = setUp();
    const [token, login] = [anyToken(), loginWith({ storage: 'keychain' })];
    await credentials.save(login, anyToken());
    state.locked = true;
    const { replaced, leftover } = await credentials.save(loginWith({ tokenId: 'token-2' }), token);
    expect(replaced).toEqual([{ token: null, login }]);
    expect(leftover?.message).toContain(`The earlier token for ${serverUrl} could not be removed`);
    expect(leftover?.remedy).toBe('Unlock it.');
    expect((await credentials.find(serverUrl))?.token).toBe(token);
  });

  it('hands out a leftover that it overwrites, besides the token of the login that it replaces', async () => {
    const { credentials, state } = setUp();
    const [leftover, earlier] = [anyToken(), anyToken()];
    await credentials.save(loginWith({ storage: 'keychain' }), leftover);
    state.locked = true;
    await credentials.save(loginWith({ tokenId: 'token-2' }), earlier);
    state.locked = false;
    const saved = await credentials.save(loginWith({ storage: 'keychain', tokenId: 'token-3' }), anyToken());
    const replaced = [
      { token: earlier, login: loginWith({ tokenId: 'token-2' }) },
      { token: leftover, login: null },
    ];
    expect(saved).toEqual({ replaced, leftover: null });
  });

  it('says that the earlier token has gone from its place: nobody can revoke it with it', async () => {
    const { credentials, file } = setUp();
    await credentials.save(loginWith(), anyToken());
    await file.delete(serverUrl);
    const { replaced } = await credentials.save(loginWith({ tokenId: 'token-2' }), anyToken());
    expect(replaced).toEqual([{ token: null, login: loginWith() }]);
  });

  it('replaces nothing when it is the same token, in its place, moved, or put back', async () => {
    const { credentials, keychain } = setUp();
    const [token, login] = [anyToken(), loginWith({ storage: 'keychain' })];
    await credentials.save(loginWith(), token);
    expect(await credentials.save(loginWith(), token)).toEqual({ replaced: [], leftover: null });
    expect(await credentials.save(login, token)).toEqual({ replaced: [], leftover: null });
    await keychain.delete(serverUrl);
    expect(await credentials.save(login, token)).toEqual({ replaced: [], leftover: null });
  });

  it('brings the earlier token back when the list cannot be written', async () => {
    const { credentials, keychain, folder, state } = setUp();
    const [earlier, login] = [anyToken(), loginWith({ storage: 'keychain' })];
    await credentials.save(login, earlier);
    state.afterWrite = () => {
      writeFileSync(join(folder, 'logins.json'), 'not JSON');
    };
    await refusalOf(credentials.save({ ...login, tokenId: 'token-2' }, anyToken()));
    expect(await keychain.read(serverUrl)).toBe(earlier);
  });
});

describe('several at once', () => {
  /** A keychain has no lock: between what a write reads and what it writes, others may write. */
  function unlockedPlace(kind: StorageKind): CredentialStore {
    const tokens = new Map<string, string>();
    const othersTurn = (milliseconds = 5) => new Promise((resolve) => setTimeout(resolve, milliseconds));
    return {
      kind,
      place: `the ${kind} of this test`,
      check: () => Promise.resolve(),
      read: (server) => Promise.resolve(tokens.get(server) ?? null),
      async write(server, token) {
        const replaced = tokens.get(server) ?? null;
        await othersTurn();
        tokens.set(server, token);
        await othersTurn();
        return replaced;
      },
      async delete(server) {
        tokens.delete(server);
        // Long enough for a whole save, where nothing keeps it from happening now.
        await othersTurn(50);
      },
    };
  }

  /** As two processes have them: the folder and the places are shared, nothing else is. */
  function setUpProcesses() {
    const folder = join(tempDir(), 'nxkey');
    const places = { keychain: unlockedPlace('keychain'), file: unlockedPlace('file') };
    const store = (kind: StorageKind) => Promise.resolve(places[kind]);
    return { places, process: () => createCredentials({ folder, platform: 'linux', store }) };
  }

  it('save one after the other: each token but the last is handed out once, by whom it was replaced', async () => {
    const { places, process } = setUpProcesses();
    const tokens = Array.from({ length: 6 }, anyToken);
    const saves = tokens.map((token, index) => {
      const storage = index % 2 === 0 ? 'file' : 'keychain';
      return process().save(loginWith({ storage, tokenId: `token-${index}` }), token);
    });
    const replaced = (await Promise.all(saves)).flatMap((saved) => saved.replaced.map(({ token }) => token));

    const found = await process().find(serverUrl);
    const kept = tokens.findIndex((token) => token === found?.token);
    expect(found?.login.tokenId).toBe(`token-${kept}`);
    expect(replaced.sort()).toEqual(tokens.filter((_token, index) => index !== kept).sort());
    const held = await Promise.all([places.keychain.read(serverUrl), places.file.read(serverUrl)]);
    expect(held.filter((token) => token !== null)).toHaveLength(1);
  });

  it('save and forget without leaving a token that is not listed, or a login without its token', async () => {
    const { places, process } = setUpProcesses();
    await process().save(loginWith(), anyToken());
    await Promise.all([
      process().forget(loginWith()),
      process().save(loginWith({ tokenId: 'token-2' }), anyToken()),
      process().forget(loginWith()),
    ]);
    const listed = await process().list();
    const held = await places.file.read(serverUrl);
    expect({ listed: listed.length, held: held === null ? 0 : 1 }).toBeOneOf([
      { listed: 0, held: 0 },
      { listed: 1, held: 1 },
    ]);
  });
});

describe('the credential for a server', () => {
  it('is the one in NX_CLOUD_PERSONAL_ACCESS_TOKEN, and then no place is asked', async () => {
    const { credentials, state } = setUp();
    const token = anyToken();
    await credentials.save(loginWith(), anyToken());
    state.used.clear();
    const env = { NX_CLOUD_PERSONAL_ACCESS_TOKEN: ` ${token}\n` };
    expect(await findCredential({ env, credentials, serverUrl })).toEqual({
      token,
      source: 'environment',
      place: 'the variable NX_CLOUD_PERSONAL_ACCESS_TOKEN',
      login: null,
    });
    expect(state.used).toEqual(new Set());
  });

  it.each([undefined, '', '  '])('is the stored one when the variable is %j', async (value) => {
    const { credentials, file } = setUp();
    const token = anyToken();
    await credentials.save(loginWith(), token);
    const env = { NX_CLOUD_PERSONAL_ACCESS_TOKEN: value };
    const expected = { token, source: 'file', place: file.place, login: loginWith() };
    expect(await findCredential({ env, credentials, serverUrl })).toEqual(expected);
  });

  it('is none where nobody has logged in', async () => {
    const { credentials } = setUp();
    expect(await findCredential({ env: {}, credentials, serverUrl })).toBeNull();
  });

  it('asks for a new login when the token has gone from its place', async () => {
    const { credentials, file } = setUp();
    await credentials.save(loginWith(), anyToken());
    await file.delete(serverUrl);
    const error: unknown = await findCredential({ env: {}, credentials, serverUrl }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(AuthenticationRequired);
    expect(error).toMatchObject({
      message: `The token for ${serverUrl} is no longer in its place, ${file.place}.`,
      remedy: `Log in again: npx nxkey login ${serverUrl}`,
    });
  });
});
