import { StorageUnavailable, type StorageKind } from '../../../credentials/credential-store.js';
import type { Login } from '../../../credentials/logins.js';
import { UserError } from '../../../errors.js';
import { paths } from '../../../protocol/paths.js';
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
  const previous = await findPrevious(serverUrl, dependencies);
  const login: Login = {
    serverUrl,
    storage,
    user: { name: user.name, email: user.email },
    tokenId: tokenInfo.id,
    tokenName: tokenInfo.name,
    loggedInAt: dependencies.clock.date().toISOString(),
  };
  const { leftover } = await credentials.save(login, token);
  if (leftover !== null) warn(dependencies, leftover.message);

  if (previous !== null && previous.token !== token) await revokePrevious(previous, dependencies);
  return login;
}

interface PreviousLogin {
  login: Login;
  /** `null` when its place does not give it out. */
  token: string | null;
}

async function findPrevious(serverUrl: string, dependencies: Dependencies): Promise<PreviousLogin | null> {
  const credentials = await dependencies.credentials();
  try {
    return await credentials.find(serverUrl);
  } catch (error) {
    if (!(error instanceof StorageUnavailable)) throw error;
    const login = (await credentials.list()).find((listed) => listed.serverUrl === serverUrl);
    return login === undefined ? null : { login, token: null };
  }
}

/** The login has succeeded by now: what goes wrong here is told and fails nothing. */
async function revokePrevious(previous: PreviousLogin, dependencies: Dependencies): Promise<void> {
  const { serverUrl, tokenName } = previous.login;
  const remedy = `If it is still valid, revoke it here: ${serverUrl}${paths.tokensPage}`;
  if (previous.token === null) {
    warn(dependencies, `Your previous token "${tokenName}" could not be read, so it was not revoked. ${remedy}`);
    return;
  }
  try {
    await (await dependencies.deviceFlow(serverUrl)).revoke(previous.token, dependencies.signal);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    warn(dependencies, `Your previous token "${tokenName}" was not revoked: ${error.message} ${remedy}`);
  }
}

function warn({ io }: Dependencies, message: string): void {
  tell(io, `${io.style.yellow('!')} ${message}`);
}
