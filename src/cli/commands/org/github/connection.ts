import { UserError } from '../../../../errors.js';
import type { GithubConnectionInfo, GithubInstallationState } from '../../../../protocol/github-wire-types.js';
import type { AdministrationClient } from '../../../../rest-client/administration-client.js';
import type { Dependencies } from '../../../dependencies.js';
import { counted, day, minute, minuteOr } from '../../../format.js';
import { printJson, tell } from '../../../io.js';
import { printFacts } from '../../../table.js';

/** @throws {UserError} when the organization is not connected to GitHub */
export async function connectionOf(slug: string, client: AdministrationClient): Promise<GithubConnectionInfo> {
  const connection = await client.github(slug);
  if (connection !== null) return connection;
  throw new UserError(`${slug} is not connected to a GitHub organization.`, {
    remedy: `Connect it:  npx nxkey org connect-github <github-organization> --org ${slug}`,
  });
}

/** What there is, and under it what an owner has to know. */
export function printConnection(
  slug: string,
  connection: GithubConnectionInfo,
  { json }: { json: boolean },
  { io }: Dependencies,
): void {
  if (json) printJson(io, connection);
  else printFacts(io, facts(slug, connection));
  for (const warning of connection.warnings) tell(io, `${io.style.yellow('!')} ${warning}`);
}

function facts(slug: string, connection: GithubConnectionInfo): Record<string, string> {
  const { url, installation, adminRole, teams, members, connectedAt, confirmedAt, problem, held } = connection;
  return {
    organization: slug,
    'at GitHub': url,
    connected: day(connectedAt),
    'GitHub App': installationInWords[installation],
    roles: [`owners ${adminRole}`, ...teams.map((team) => `team ${team.slug} ${team.role}`), 'others member'].join(
      ', ',
    ),
    members: `${counted(members.present, 'person', 'people')} at GitHub, ${members.withAccount.toLocaleString('en')} with an account here`,
    ...(members.suspended > 0 && { suspended: counted(members.suspended, 'membership') }),
    ...(held !== null && { held: `${counted(members.held, 'removal')} since ${minute(held.since)}` }),
    confirmed: minuteOr('not yet', confirmedAt),
    ...(problem !== null && { problem: `${problem.message} (${minute(problem.at)})` }),
  };
}

const installationInWords: Record<GithubInstallationState, string> = {
  active: 'installed',
  suspended: 'suspended at GitHub',
  removed: 'not installed any more',
};
