import { join } from 'node:path';
import type { StorageKind } from './credential-store.js';
import { damaged, privateFile } from './private-file.js';
import { formatVersioned, isRecord, parseVersioned } from './versioned-json.js';

/** Who is logged in where, and which place keeps the token. Nothing in here is secret. */
export interface Login {
  /** As `parseServerUrl` spells it. */
  readonly serverUrl: string;
  readonly storage: StorageKind;
  readonly user: { readonly name: string; readonly email: string };
  /** The server's id of the token, by which it can be revoked; opens nothing. */
  readonly tokenId: string;
  readonly tokenName: string;
  /** ISO 8601 in UTC. */
  readonly loggedInAt: string;
}

/**
 * The list of logins, `logins.json`: `{ "version": 1, "logins": Login[] }`, one for each server. It exists because a
 * keychain cannot be asked what it holds (`findCredentials` of keytar can crash the process).
 */
export interface LoginList {
  /** In the order of the servers' URLs. @throws {StorageUnavailable} */
  all(): Promise<Login[]>;
  /** Adds a login, in place of an earlier one on the same server. @throws {StorageUnavailable} */
  put(login: Login): Promise<void>;
  /** One that is not there is no error. @throws {StorageUnavailable} */
  remove(serverUrl: string): Promise<void>;
}

export function createLoginList(options: { folder: string; platform: NodeJS.Platform }): LoginList {
  const file = privateFile({
    path: join(options.folder, 'logins.json'),
    platform: options.platform,
    refusedModeBits: 0o022,
  });

  function loginsIn(text: string | null): Login[] {
    if (text === null) return [];
    const { logins } = parseVersioned(file.path, text);
    if (!Array.isArray(logins)) throw damaged(file.path, '"logins" is not a list');
    return logins.map((entry: unknown, index) => {
      const login = asLogin(entry);
      if (login === null) throw damaged(file.path, `entry ${index + 1} of "logins" is incomplete`);
      return login;
    });
  }

  function others(logins: readonly Login[], serverUrl: string): Login[] {
    return logins.filter((login) => login.serverUrl !== serverUrl);
  }

  return {
    all: async () => loginsIn(await file.read()),

    async put(login) {
      await file.update((text) => {
        const logins = [...others(loginsIn(text), login.serverUrl), login];
        return formatVersioned({ logins: logins.sort((a, b) => (a.serverUrl < b.serverUrl ? -1 : 1)) });
      });
    },

    async remove(serverUrl) {
      const logins = loginsIn(await file.read());
      if (others(logins, serverUrl).length === logins.length) return;
      await file.update((text) => formatVersioned({ logins: others(loginsIn(text), serverUrl) }));
    },
  };
}

function asLogin(value: unknown): Login | null {
  if (!isRecord(value) || !isRecord(value['user'])) return null;
  const { serverUrl, storage, tokenId, tokenName, loggedInAt } = value;
  const { name, email } = value['user'];
  if (typeof serverUrl !== 'string' || (storage !== 'keychain' && storage !== 'file')) return null;
  if (typeof name !== 'string' || typeof email !== 'string') return null;
  if (typeof tokenId !== 'string' || typeof tokenName !== 'string' || typeof loggedInAt !== 'string') return null;
  return { serverUrl, storage, user: { name, email }, tokenId, tokenName, loggedInAt };
}
