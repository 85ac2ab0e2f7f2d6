import type { StorageKind } from '../../../credentials/credential-store.js';
import type { ReplacedToken } from '../../../credentials/credentials.js';
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
 * Asks the server whose token it is, keeps it, and revokes what it replaced, once the new one is safe.
 * @throws {AuthenticationRequired} when the server does not know the token
 * @throws {StorageUnavailable} when it cannot be kept; nothing is changed then
 */
export async function keepToken({ serverUrl, token, storage }: NewToken, dependencies: Dependencies): Promise<Login> {
  const restClient = await dependencies.restClient(serverUrl);
  const { user, token: tokenInfo } = await restClient.whoAmI(token);

  const credentials = await dependencies.credentials();
  const login: Login = {
    serverUrl,
    storage,
    user: { name: user.name, email: user.email },
    tokenId: tokenInfo.id,
    tokenName: tokenInfo.name,
    loggedInAt: dependencies.clock.date().toISOString(),
  };
  const { replaced, leftover } = await credentials.save(login, token);
  if (leftover !== null) warn(dependencies, leftover.message);
  for (const previous of replaced) await revokePrevious(serverUrl, previous, dependencies);
  return login;
}

/** The login has succeeded by now: what goes wrong here is told and fails nothing. */
async function revokePrevious(
  serverUrl: string,
  { token, login }: ReplacedToken,
  dependencies: Dependencies,
): Promise<void> {
  const name = login === null ? 'An earlier token' : `Your previous token "${login.tokenName}"`;
  const remedy = `If it is still valid, revoke it here: ${serverUrl}${paths.tokensPage}`;
  if (token === null) {
    warn(dependencies, `${name} could not be read, so it was not revoked. ${remedy}`);
    return;
  }
  try {
    await (await dependencies.deviceFlow(serverUrl)).revoke(token, dependencies.signal);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    warn(dependencies, `${name} was not revoked: ${error.message} ${remedy}`);
  }
}

function warn({ io }: Dependencies, message: string): void {
  tell(io, `${io.style.yellow('!')} ${message}`);
}
