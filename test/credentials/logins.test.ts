import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createLoginList, type Login } from '../../src/credentials/logins.js';
import { tempDir } from '../support/temp-dir.js';
import { refusalOf } from './failure.js';

const login: Login = {
  serverUrl: 'https://nx.example',
  storage: 'keychain',
  user: { name: 'Ada Lovelace', email: 'ada@example.com' },
  tokenId: 'token-1',
  tokenName: 'laptop',
  loggedInAt: '2026-11-21T10:00:00.000Z',
};

function loginList() {
  const folder = join(tempDir(), 'nxkey');
  const path = join(folder, 'logins.json');
  const put = (text: string, mode = 0o600) => {
    mkdirSync(folder, { mode: 0o700 });
    writeFileSync(path, text);
    chmodSync(path, mode);
  };
  return { folder, path, put, list: createLoginList({ folder, platform: 'linux' }) };
}

describe('the list of logins', () => {
  it('is empty where nobody has logged in', async () => {
    expect(await loginList().list.all()).toEqual([]);
  });

  it('gives back what was put in, by server', async () => {
    const { list, folder } = loginList();
    const first = { ...login, serverUrl: 'https://a.example', storage: 'file' } as const;
    await list.put(login);
    await list.put(first);
    expect(await list.all()).toEqual([first, login]);
    expect(await createLoginList({ folder, platform: 'linux' }).all()).toEqual([first, login]);
  });

  it('has one login for each server: the latest', async () => {
    const { list } = loginList();
    await list.put(login);
    await list.put({ ...login, tokenId: 'token-2' });
    expect(await list.all()).toEqual([{ ...login, tokenId: 'token-2' }]);
  });

  it('removes a login, and only that one; one that is not there is no error', async () => {
    const { list } = loginList();
    const other = { ...login, serverUrl: 'https://b.example' };
    await list.put(login);
    await list.put(other);
    await list.remove(login.serverUrl);
    await list.remove(login.serverUrl);
    expect(await list.all()).toEqual([other]);
  });

  it('loses none of the logins that are put in at the same time', async () => {
    const { list, folder } = loginList();
    const again = createLoginList({ folder, platform: 'linux' });
    const logins = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => ({ ...login, serverUrl: `https://${name}.example` }));
    await Promise.all(logins.map((one, index) => (index % 2 === 0 ? list : again).put(one)));
    expect(await list.all()).toEqual(logins);
  });

  it('is a file that only the person can read, though nothing in it is secret', async () => {
    const { list, path } = loginList();
    await list.put(login);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ version: 1, logins: [login] });
  });

  it('may be readable for others, but not changeable: it says where tokens are looked for', async () => {
    const readable = loginList();
    readable.put('{"version":1,"logins":[]}', 0o644);
    expect(await readable.list.all()).toEqual([]);

    const changeable = loginList();
    changeable.put('{"version":1,"logins":[]}', 0o664);
    const { message, remedy } = await refusalOf(changeable.list.all());
    expect(message).toContain('can be changed by other users (mode 664)');
    expect(remedy).toContain(`chmod 600 ${changeable.path}`);
  });

  it.each([
    ['no JSON', '{"version":1,', 'it is not JSON'],
    ['no list', '{"version":1,"logins":{}}', '"logins" is not a list'],
    ['an entry that is no object', '{"version":1,"logins":[null]}', 'entry 1 of "logins" is incomplete'],
    [
      'an entry without a user',
      JSON.stringify({ version: 1, logins: [login, { ...login, user: undefined }] }),
      'entry 2',
    ],
    [
      'an entry with a user without e-mail',
      JSON.stringify({ version: 1, logins: [{ ...login, user: { name: 'A' } }] }),
      'entry 1',
    ],
    ['an unknown place', JSON.stringify({ version: 1, logins: [{ ...login, storage: 'paper' }] }), 'entry 1'],
    ['a token id that is no text', JSON.stringify({ version: 1, logins: [{ ...login, tokenId: 7 }] }), 'entry 1'],
    ['a later format', '{"version":2}', 'another version of nxkey (format 2)'],
  ])('is refused when it has %s, and left as it is', async (_title, text, reason) => {
    const { list, path, put } = loginList();
    put(text);
    for (const operation of [() => list.all(), () => list.put(login), () => list.remove(login.serverUrl)]) {
      const { message } = await refusalOf(operation());
      expect(message).toContain(path);
      expect(message).toContain(reason);
    }
    expect(readFileSync(path, 'utf8')).toBe(text);
  });
});
