import { AlreadyTold, AuthenticationRequired, UserError } from '../../../errors.js';
import type { Dependencies } from '../../dependencies.js';
import { printJson, tell } from '../../io.js';
import { notLoggedIn } from '../../servers.js';
import { collectStatus, type ServerStatus } from './collect-status.js';
import type { StatusFlags } from './command.js';
import { formatStatus } from './format-status.js';

/**
 * Shows the status, and fails by what it is: with two exit codes, so that a script can tell "log in" from "try again
 * later", and three different sentences. People have read those in what is shown.
 */
export async function status(flags: StatusFlags, dependencies: Dependencies): Promise<void> {
  const { io } = dependencies;
  const collected = await collectStatus(dependencies);
  if (flags.json) printJson(io, collected);
  else for (const line of formatStatus(collected, io.style)) tell(io, line);

  const configured = collected.servers.filter((server) => server.configured);
  const verdict = verdictOn(configured.length > 0 ? configured : collected.servers);
  if (verdict === undefined) return;
  throw flags.json || collected.servers.length === 0 ? verdict : new AlreadyTold(verdict);
}

/** What a script has to know of these servers: first what could not be found out, then where a login is missing. */
function verdictOn(servers: ServerStatus[]): UserError | undefined {
  if (servers.length === 0) return notLoggedIn();
  const inState = (state: ServerStatus['state']) => servers.find((server) => server.state === state)?.serverUrl;
  const unknown = inState('unknown');
  if (unknown !== undefined) return new UserError(`It could not be found out whether you are logged in to ${unknown}.`);
  const invalid = inState('token-invalid');
  if (invalid !== undefined) {
    return new AuthenticationRequired(`Your token for ${invalid} is no longer valid.`, {
      remedy: `Log in again:  npx nxkey login ${invalid}`,
    });
  }
  const missing = inState('not-logged-in');
  return missing === undefined ? undefined : notLoggedIn(missing);
}
