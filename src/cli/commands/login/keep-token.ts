import type { StorageKind } from '../../../credentials/credential-store.js';
import type { Login } from '../../../credentials/logins.js';
import type { Dependencies } from '../../dependencies.js';
import { tell } from '../../io.js';

export interface NewToken {
  serverUrl: string;
  token: string;
  storage: StorageKind;
}

/**
 * Asks the server whose token it is, keeps it, and revokes the one that it replaces, once the new one is safe.
 * @throws {AuthenticationRequired} when the server does not know the token
 * @throws {StorageUnavailable} when it cannot be kept; nothing is changed then
 */
export async function keepToken({ serverUrl, token, storage }: NewToken, dependencies: Dependencies): Promise<Login> {
  const restClient = await dependencies.restClient(serverUrl);
  const { user, token: tokenInfo } = await restClient.whoAmI(token);

  const credentials = await dependencies.credentials();
  const previous = await credentials.find(serverUrl).catch(() => null);
  const login: Login = {
    serverUrl,
    storage,
    user: { name: user.name, email: user.email },
    tokenId: tokenInfo.id,
    tokenName: tokenInfo.name,
    loggedInAt: dependencies.clock.date().toISOString(),
  };
  await credentials.save(login, token);

  if (previous !== null && previous.token !== token) await revokePrevious(previous, dependencies);
  return login;
}

/** The login has succeeded by now: what goes wrong here is told and fails nothing. */
async function revokePrevious(
  previous: { login: Login; token: string | null },
  dependencies: Dependencies,
): Promise<void> {
  const { serverUrl, tokenName } = previous.login;
  try {
    if (previous.token === null) throw new Error('it cannot be read');
    await (await dependencies.deviceFlow(serverUrl)).revoke(previous.token);
  } catch {
    const { io } = dependencies;
    tell(io, `${io.style.yellow('!')} Your previous token "${tokenName}" could not be revoked. Revoke it here: ${serverUrl}/tokens`);
  }
}
