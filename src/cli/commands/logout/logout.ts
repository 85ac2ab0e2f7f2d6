import { tokenVariable } from '../../../credentials/credentials.js';
import type { Login } from '../../../credentials/logins.js';
import { UsageError, UserError } from '../../../errors.js';
import { paths } from '../../../protocol/paths.js';
import { parseServerUrl } from '../../../protocol/server-url.js';
import type { Dependencies } from '../../dependencies.js';
import { printJson, tell } from '../../io.js';
import type { LogoutFlags } from './command.js';

/** One server's result, as `--json` prints it. */
export interface LogoutResult {
  serverUrl: string;
  /** `false`: the token is still valid on the server. */
  revoked: boolean;
  /** Why it could not be revoked. */
  problem: string | null;
}

/**
 * Revokes on the server, then forgets here. A server that cannot be reached keeps nobody from forgetting; the token
 * lives on there, and the exit code says so.
 */
export async function logout(flags: LogoutFlags, dependencies: Dependencies): Promise<void> {
  const { io } = dependencies;
  const logins = await chooseLogins(flags, dependencies);
  const results: LogoutResult[] = [];
  for (const login of logins) results.push(await logOutOf(login, dependencies));

  if (logins.length === 0) tell(io, 'You are not logged in anywhere; there is nothing to do.');
  if ((dependencies.env[tokenVariable] ?? '') !== '') {
    tell(io, `${io.style.yellow('!')} ${tokenVariable} is still set in your environment and goes on being used.`);
  }
  if (flags.json) printJson(io, results);

  const alive = results.filter((result) => !result.revoked);
  if (alive.length > 0) {
    throw new UserError(
      `Forgotten here, but still valid on the server: ${alive.map((result) => result.serverUrl).join(', ')}.`,
      {
        remedy: `Revoke it in a browser:  ${alive.map((result) => `${result.serverUrl}${paths.tokensPage}`).join('  ')}`,
      },
    );
  }
}

async function logOutOf(login: Login, dependencies: Dependencies): Promise<LogoutResult> {
  const { io } = dependencies;
  const { serverUrl } = login;
  const credentials = await dependencies.credentials();
  const result: LogoutResult = { serverUrl, revoked: true, problem: null };
  try {
    const token = (await credentials.find(serverUrl))?.token ?? null;
    if (token === null) {
      throw new UserError(
        `The token for ${serverUrl} cannot be read: its place is locked, or somebody has removed it.`,
      );
    }
    await (await dependencies.deviceFlow(serverUrl)).revoke(token, dependencies.signal);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    result.revoked = false;
    result.problem = error.message;
    tell(io, `${io.style.yellow('!')} ${error.message}`);
  }
  dependencies.signal.throwIfAborted();
  await credentials.forget(serverUrl);
  if (result.revoked)
    tell(io, `${io.style.green('✓')} Logged out of ${serverUrl}; the token "${login.tokenName}" is revoked.`);
  return result;
}

async function chooseLogins(flags: LogoutFlags, dependencies: Dependencies): Promise<Login[]> {
  const logins = await (await dependencies.credentials()).list();
  if (flags.nxCloudUrl !== undefined) return [loginFor(flags.nxCloudUrl, logins)];
  if (flags.all || logins.length <= 1) return logins;
  if (!dependencies.io.interactive) {
    throw new UsageError(`You are logged in to several servers: ${urlsOf(logins)}.`, {
      remedy: 'Name one of them:  npx nxkey logout <nxCloudUrl>  or log out of all:  npx nxkey logout --all',
    });
  }
  const prompts = await dependencies.prompts();
  return prompts.select('Log out of which server?', [
    ...logins.map((login) => ({ name: `${login.serverUrl} (${login.user.name})`, value: [login] })),
    { name: 'all of them', value: logins },
  ]);
}

function loginFor(argument: string, logins: Login[]): Login {
  const parsed = parseServerUrl(argument);
  if (!parsed.ok) throw new UsageError(`"${argument}" cannot be a server: ${parsed.reason}.`);
  const login = logins.find(({ serverUrl }) => serverUrl === parsed.url);
  if (login !== undefined) return login;
  const others = logins.length === 0 ? 'You are not logged in anywhere.' : `You are logged in to ${urlsOf(logins)}.`;
  throw new UserError(`You are not logged in to ${parsed.url}.`, { remedy: others });
}

function urlsOf(logins: Login[]): string {
  return logins.map((login) => login.serverUrl).join(', ');
}
