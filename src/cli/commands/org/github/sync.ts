import { administrationOf, chosenOrganization } from '../../../administration.js';
import type { Dependencies } from '../../../dependencies.js';
import { printJson, tell } from '../../../io.js';
import type { SyncGithubFlags } from './command.js';
import { connectionOf } from './connection.js';

export async function syncGithub(flags: SyncGithubFlags, dependencies: Dependencies): Promise<void> {
  const { io } = dependencies;
  const client = await administrationOf(flags, dependencies);
  const slug = await chosenOrganization(flags, client, dependencies);
  const { login } = await connectionOf(slug, client);
  await client.syncGithub(slug);
  tell(io, `${io.style.green('✓')} GitHub is asked for all members of ${login} now. When it has answered shows:`);
  tell(io, `  npx nxkey org github --org ${slug}`);
  if (flags.json) printJson(io, { organization: slug, login });
}
