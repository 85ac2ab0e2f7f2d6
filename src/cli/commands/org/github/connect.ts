import { UserError } from '../../../../errors.js';
import type { AdministrationClient } from '../../../../rest-client/administration-client.js';
import type { GithubConnectionInfo } from '../../../../protocol/github-wire-types.js';
import { administrationOf, chosenOrganization } from '../../../administration.js';
import type { Dependencies } from '../../../dependencies.js';
import { tell } from '../../../io.js';
import type { ConnectGithubFlags } from './command.js';
import { printConnection } from './connection.js';

/** Connects; where that is done already, it changes the roles that are given. */
export async function connectGithub(flags: ConnectGithubFlags, dependencies: Dependencies): Promise<void> {
  const { io } = dependencies;
  const client = await administrationOf(flags, dependencies);
  const slug = await chosenOrganization(flags, client, dependencies);
  const former = await client.github(slug);
  if (former === null) {
    const connection = await client.connectGithub(slug, { login: flags.login, ...roles(flags) });
    tell(
      io,
      `${io.style.green('✓')} ${slug} is connected to the GitHub organization ${connection.login}. Its members are asked ` +
        'for now; those with an account here become members, and others when they sign in with GitHub.',
    );
    tell(io, `How it goes:  npx nxkey org github --org ${slug}`);
    printConnection(slug, connection, flags, dependencies);
    return;
  }
  const connection = await change(slug, former, flags, client);
  tell(
    io,
    `${io.style.green('✓')} ${slug} is connected to the GitHub organization ${connection.login}, with these roles.`,
  );
  printConnection(slug, connection, flags, dependencies);
}

async function change(
  slug: string,
  former: GithubConnectionInfo,
  flags: ConnectGithubFlags,
  client: AdministrationClient,
): Promise<GithubConnectionInfo> {
  // GitHub does not tell the case of names apart.
  if (former.login.toLowerCase() !== flags.login.toLowerCase()) {
    throw new UserError(`${slug} is connected to the GitHub organization ${former.login} already.`, {
      remedy: `To connect it to another one, end that first:  npx nxkey org disconnect-github --org ${slug}`,
    });
  }
  const changed = roles(flags);
  return Object.keys(changed).length === 0 ? former : await client.changeGithub(slug, changed);
}

function roles({ adminsAs, teams }: ConnectGithubFlags) {
  return { ...(adminsAs !== undefined && { adminRole: adminsAs }), ...(teams !== undefined && { teams }) };
}
