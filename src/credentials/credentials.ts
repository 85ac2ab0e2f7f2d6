import { AuthenticationRequired } from '../errors.js';
import { StorageUnavailable, type CredentialStore, type StorageKind } from './credential-store.js';
import { inClosedFolder } from './closed-folder.js';
import { createLoginList, type Login } from './logins.js';

/** The stored logins and their tokens, as the commands use them. */
export interface Credentials {
  /** Who is logged in where. Reads no token. @throws {StorageUnavailable} */
  list(): Promise<Login[]>;

  /**
   * The login on a server and its token; `null` when there is no login.
   * @throws {StorageUnavailable} when the token's place cannot be asked: locked, unanswered, not private
   */
  find(serverUrl: string): Promise<StoredCredential | null>;

  /**
   * Keeps a token in `login.storage` and the login in the list, in place of earlier ones, while no other process saves
   * or forgets. When it throws, everything is as it was. A copy in another place than before is deleted last; when that
   * fails the new login stands all the same.
   * @throws {StorageUnavailable}
   */
  save(login: Login, token: string): Promise<SavedLogin>;

  /**
   * Deletes a login's token and then the login, while no other process saves or forgets. While the token cannot be
   * deleted the login stays listed. A login that has taken its place meanwhile is left alone: its token was not revoked.
   * @throws {StorageUnavailable}
   */
  forget(login: Login): Promise<void>;
}

export interface SavedLogin {
  /** For the caller to revoke: of several logins at once, each gets those that it replaced itself, and no other does. */
  replaced: ReplacedToken[];
  /** Says where an earlier token still lies that could not be deleted. */
  leftover: StorageUnavailable | null;
}

/** What was kept for a server until now. Never the token that was just saved. */
export interface ReplacedToken {
  /** `null` when its place did not give it out: it may still be valid. */
  token: string | null;
  /** `null` for one that was not listed, such as a leftover. */
  login: Login | null;
}

export interface StoredCredential {
  login: Login;
  /** `null` when its place does not have it any more, for example because the keychain was emptied. */
  token: string | null;
  /** Where the token is kept, in words: `CredentialStore.place`. */
  place: string;
}

export interface CredentialsOptions {
  /** The config folder, see `configFolder`. */
  folder: string;
  platform: NodeJS.Platform;
  /** Called with the kinds that are used only, so that nothing is loaded for the others. */
  store: (kind: StorageKind) => Promise<CredentialStore>;
}

export function createCredentials({ folder, platform, store }: CredentialsOptions): Credentials {
  const logins = createLoginList({ folder, platform });

  async function loginOn(serverUrl: string): Promise<Login | undefined> {
    return (await logins.all()).find((login) => login.serverUrl === serverUrl);
  }

  /** A lock of its own: the keychain has none, and the files' are taken under it. */
  function exclusively<T>(work: () => Promise<T>): Promise<T> {
    return inClosedFolder({ folder, platform, lock: 'login.lock', subject: folder }, work);
  }

  async function takeEarlierCopy({ serverUrl, storage }: Login): Promise<EarlierCopy> {
    let token: string | null = null;
    try {
      const place = await store(storage);
      token = await place.read(serverUrl);
      await place.delete(serverUrl);
      return { token, leftover: null };
    } catch (error) {
      if (!(error instanceof StorageUnavailable)) throw error;
      const message = `The earlier token for ${serverUrl} could not be removed from its place: ${error.message}`;
      return { token, leftover: new StorageUnavailable(message, { remedy: error.remedy, cause: error }) };
    }
  }

  return {
    list: () => logins.all(),

    async find(serverUrl) {
      const login = await loginOn(serverUrl);
      if (login === undefined) return null;
      const place = await store(login.storage);
      return { login, token: await place.read(serverUrl), place: place.place };
    },

    save: (login, token) =>
      exclusively(async () => {
        const { serverUrl, storage } = login;
        const earlier = (await loginOn(serverUrl)) ?? null;
        const place = await store(storage);
        const overwritten = await place.write(serverUrl, token);
        try {
          await logins.put(login);
        } catch (error) {
          await (overwritten === null ? place.delete(serverUrl) : place.write(serverUrl, overwritten));
          throw error;
        }
        const isNotNew = (one: ReplacedToken) =>
          one.token === null ? one.login !== null && one.login.tokenId !== login.tokenId : one.token !== token;
        if (earlier === null || earlier.storage === storage) {
          return { replaced: [{ token: overwritten, login: earlier }].filter(isNotNew), leftover: null };
        }
        const copy = await takeEarlierCopy(earlier);
        const replaced = [
          { token: copy.token, login: earlier },
          { token: overwritten, login: null },
        ];
        return { replaced: replaced.filter(isNotNew), leftover: copy.leftover };
      }),

    async forget({ serverUrl, tokenId }) {
      // Nothing to forget: then no folder is made, and none is needed that can be written.
      if ((await loginOn(serverUrl))?.tokenId !== tokenId) return;
      await exclusively(async () => {
        const login = await loginOn(serverUrl);
        if (login?.tokenId !== tokenId) return;
        await (await store(login.storage)).delete(serverUrl);
        await logins.remove(serverUrl);
      });
    },
  };
}

interface EarlierCopy {
  token: string | null;
  leftover: StorageUnavailable | null;
}

export const tokenVariable = 'NX_CLOUD_PERSONAL_ACCESS_TOKEN';

/** A token that can be used now, and where it came from. */
export type Credential =
  | { token: string; source: 'environment'; place: string; login: null }
  | { token: string; source: StorageKind; place: string; login: Login };

/**
 * The personal access token to use for a server: `NX_CLOUD_PERSONAL_ACCESS_TOKEN` when it is set (nx-protocol.md §3),
 * else the stored one, else `null`. The variable names no server, so to whom it may be sent is for the caller to say:
 * leave it out of `env` for any other server.
 * @throws {AuthenticationRequired} when a login is listed but its place has no token for it
 * @throws {StorageUnavailable}
 */
export async function findCredential(options: {
  env: Readonly<Record<string, string | undefined>>;
  credentials: Credentials;
  serverUrl: string;
}): Promise<Credential | null> {
  const fromEnvironment = options.env[tokenVariable]?.trim() ?? '';
  if (fromEnvironment !== '') {
    return { token: fromEnvironment, source: 'environment', place: `the variable ${tokenVariable}`, login: null };
  }
  const stored = await options.credentials.find(options.serverUrl);
  if (stored === null) return null;
  const { login, token, place } = stored;
  if (token !== null) return { token, source: login.storage, place, login };
  throw new AuthenticationRequired(`The token for ${login.serverUrl} is no longer in its place, ${place}.`, {
    remedy: `Log in again: npx nxkey login ${login.serverUrl}`,
  });
}
