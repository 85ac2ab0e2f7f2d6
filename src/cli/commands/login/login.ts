import { tokenVariable } from '../../../credentials/credentials.js';
import type { Login } from '../../../credentials/logins.js';
import type { DeviceFlow } from '../../../device-flow/device-flow.js';
import { UserError } from '../../../errors.js';
import { paths } from '../../../protocol/paths.js';
import type { Dependencies } from '../../dependencies.js';
import { printJson, tell } from '../../io.js';
import { configuredServer } from '../../servers.js';
import type { LoginFlags } from './command.js';
import { approveDevice } from './approve-device.js';
import { chooseStore } from './choose-store.js';
import { keepToken } from './keep-token.js';
import { personalAccessTokenIn, readToken } from './read-token.js';

/**
 * Gets a personal access token and keeps it. Where it will be kept is settled before anybody is asked to approve
 * anything, so that no approval is wasted.
 */
export async function login(flags: LoginFlags, dependencies: Dependencies): Promise<void> {
  const { io, env } = dependencies;
  const { url: serverUrl } = await configuredServer(flags.nxCloudUrl, dependencies);
  refuseWhenShadowed(env);

  const result = flags.withToken
    ? await loginWithToken(serverUrl, flags, dependencies)
    : await loginWithBrowser(serverUrl, flags, dependencies);

  const { name, email } = result.login.user;
  tell(io, `${io.style.green('✓')} Logged in to ${serverUrl} as ${name} <${email}>; token kept in ${result.place}`);
  if (flags.json) printJson(io, { ...result.login, place: result.place });
}

async function discoveredDeviceFlow(serverUrl: string, { deviceFlow, signal }: Dependencies): Promise<DeviceFlow> {
  const flow = await deviceFlow(serverUrl);
  await flow.discover(signal);
  return flow;
}

interface LoginResult {
  login: Login;
  place: string;
}

async function loginWithToken(serverUrl: string, flags: LoginFlags, dependencies: Dependencies): Promise<LoginResult> {
  const typed = flags.typed ?? 'login --with-token';
  const token =
    flags.token === undefined
      ? await readToken(typed, dependencies)
      : personalAccessTokenIn(flags.token, 'in --personal-access-token', typed);
  const store = await chooseStore(flags.storage, dependencies);
  return { login: await keepToken({ serverUrl, token, storage: store.kind }, dependencies), place: store.place };
}

async function loginWithBrowser(
  serverUrl: string,
  flags: LoginFlags,
  dependencies: Dependencies,
): Promise<LoginResult> {
  // The server's endpoints are looked up while the keychain is tried: neither needs the other's answer.
  const [store, flow] = await bothOrFirst(
    chooseStore(flags.storage, dependencies),
    discoveredDeviceFlow(serverUrl, dependencies),
  );
  const tokenName = flags.name?.trim() ?? dependencies.hostName();
  const token = await approveDevice({ serverUrl, flow, tokenName, offerBrowser: flags.browser }, dependencies);
  try {
    return { login: await keepToken({ serverUrl, token, storage: store.kind }, dependencies), place: store.place };
  } catch (error) {
    // Nobody holds this token: it must not stay valid.
    await flow.revoke(token).catch(() => {
      const page = `${serverUrl}${paths.tokensPage}`;
      tell(dependencies.io, `The new token "${tokenName}" is still valid and kept nowhere. Revoke it here: ${page}`);
    });
    throw error;
  }
}

/** Both results. When both fail, the first one's error: it says what the person has to do something about first. */
async function bothOrFirst<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  second.catch(() => undefined);
  return [await first, await second];
}

function refuseWhenShadowed(env: Dependencies['env']): void {
  if ((env[tokenVariable] ?? '') === '') return;
  throw new UserError(
    `The environment variable ${tokenVariable} is set. It would be used instead of the token that login keeps.`,
    { remedy: `Unset it and log in again:  unset ${tokenVariable}` },
  );
}
