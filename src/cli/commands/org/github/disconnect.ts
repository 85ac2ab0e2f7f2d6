import { administrationOf, chosenOrganization } from '../../../administration.js';
import { confirm } from '../../../confirm.js';
import type { Dependencies } from '../../../dependencies.js';
import { counted } from '../../../format.js';
import { printJson, tell } from '../../../io.js';
import type { DisconnectGithubFlags } from './command.js';
import { connectionOf } from './connection.js';

export async function disconnectGithub(flags: DisconnectGithubFlags, dependencies: Dependencies): Promise<void> {
  const { io } = dependencies;
  const client = await administrationOf(flags, dependencies);
  const slug = await chosenOrganization(flags, client, dependencies);
  const { login } = await connectionOf(slug, client);
  const members = await client.members(slug);
  const fromGithub = members.filter(({ source }) => source === 'github').length;
  await confirm(
    `${slug} will be disconnected from the GitHub organization ${login}, and ${counted(fromGithub, 'membership')} that came from there will end.`,
    flags,
    dependencies,
  );
  await client.disconnectGithub(slug);
  tell(
    io,
    `${io.style.green('✓')} ${slug} is not connected to GitHub any more. Members who were added by hand are left.`,
  );
  if (flags.json) printJson(io, { organization: slug, login, ended: fromGithub });
}
