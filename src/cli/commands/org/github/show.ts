import { administrationOf, chosenOrganization } from '../../../administration.js';
import type { Dependencies } from '../../../dependencies.js';
import type { ShowGithubFlags } from './command.js';
import { connectionOf, printConnection } from './connection.js';

export async function showGithub(flags: ShowGithubFlags, dependencies: Dependencies): Promise<void> {
  const client = await administrationOf(flags, dependencies);
  const slug = await chosenOrganization(flags, client, dependencies);
  printConnection(slug, await connectionOf(slug, client), flags, dependencies);
}
