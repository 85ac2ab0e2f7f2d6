import { administrationOf } from '../../administration.js';
import type { Dependencies } from '../../dependencies.js';
import { accessInWords } from '../../format.js';
import { printJson, tell } from '../../io.js';
import { printTable } from '../../table.js';
import type { WorkspaceListFlags } from './command.js';

/** Of one organization, or of all that the person belongs to. */
export async function listWorkspaces(flags: WorkspaceListFlags, dependencies: Dependencies): Promise<void> {
  const { io } = dependencies;
  const client = await administrationOf(flags, dependencies);
  const slugs = flags.org === undefined ? (await client.organizations()).map(({ slug }) => slug) : [flags.org];
  const workspaces = [];
  for (const slug of slugs) workspaces.push(...(await client.workspaces(slug)));
  if (flags.json) {
    printJson(io, { workspaces });
    return;
  }
  if (workspaces.length === 0) {
    tell(io, 'There are no workspaces yet. Make one:  npx nxkey workspace create <name>');
    return;
  }
  printTable(
    io,
    ['NXCLOUDID', 'ORGANIZATION', 'NAME', 'ACCESS WITHOUT A CI TOKEN'],
    workspaces.map(({ nxCloudId, organization, name, access }) => [
      nxCloudId,
      organization.slug,
      name,
      accessInWords(access),
    ]),
  );
}
