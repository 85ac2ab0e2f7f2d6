import { tokenVariable } from '../../../credentials/credentials.js';
import type { Login } from '../../../credentials/logins.js';
import { Cancelled, UsageError, UserError } from '../../../errors.js';
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
  /** `false`: it is still kept on this computer. */
  forgotten: boolean;
  /** Why not. */
  problems: string[];
}

/**
 * Revokes on the server, then forgets here. What fails on one of the two sides, or for one server, keeps nothing else
 * from being done; the end says what is left, and so does the exit code.
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
  const verdict = verdictOn(results);
  if (verdict !== undefined) throw verdict;
}

async function logOutOf(listed: Login, dependencies: Dependencies): Promise<LogoutResult> {
  const { io, signal } = dependencies;
  const { serverUrl } = listed;
  let login = listed;
  const credentials = await dependencies.credentials();
  const result: LogoutResult = { serverUrl, revoked: false, forgotten: false, problems: [] };
  const attempt = async (work: () => Promise<void>) => {
    try {
      await work();
      return true;
    } catch (error) {
      if (!(error instanceof UserError) || error instanceof Cancelled) throw error;
      if (!result.problems.includes(error.message)) result.problems.push(error.message);
      return false;
    }
  };

  result.revoked = await attempt(async () => {
    const stored = await credentials.find(serverUrl);
    if (stored === null || stored.token === null)
      throw new UserError(`The token for ${serverUrl} is no longer in its place, so it cannot be revoked.`);
    // Somebody may have logged in again since the list was read.
    login = stored.login;
    await (await dependencies.deviceFlow(serverUrl)).revoke(stored.token, signal);
  });
  signal.throwIfAborted();
  result.forgotten = await attempt(() => credentials.forget(login));

  for (const problem of result.problems) tell(io, `${io.style.yellow('!')} ${problem}`);
  if (result.revoked)
    tell(io, `${io.style.green('✓')} Logged out of ${serverUrl}; the token "${login.tokenName}" is revoked.`);
  return result;
}

/** What is left to do, most pressing first. */
function verdictOn(results: LogoutResult[]): UserError | undefined {
  const urls = (left: LogoutResult[]) => left.map(({ serverUrl }) => serverUrl).join(', ');
  const alive = results.filter(({ revoked }) => !revoked);
  const kept = results.filter(({ forgotten }) => !forgotten);
  if (alive.length > 0) {
    const where = alive.every(({ forgotten }) => forgotten) ? 'Forgotten here, but still' : 'Still';
    return new UserError(`${where} valid on the server: ${urls(alive)}.`, {
      remedy: `Revoke it in a browser:  ${alive.map(({ serverUrl }) => `${serverUrl}${paths.tokensPage}`).join('  ')}`,
    });
  }
  if (kept.length === 0) return undefined;
  return new UserError(
    `Revoked on the server, but still kept on this computer, where it is worthless now: ${urls(kept)}.`,
    {
      remedy: 'When the reason above is gone, log out again:  npx nxkey logout',
    },
  );
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
