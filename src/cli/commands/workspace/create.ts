import { administrationOf, chosenOrganization } from '../../administration.js';
import { confirm } from '../../confirm.js';
import type { Dependencies } from '../../dependencies.js';
import { printJson, printResult, tell } from '../../io.js';
import type { WorkspaceCreateFlags } from './command.js';
import { warnOfOpenCache } from './print-workspace.js';
import { opensCache } from './opens-cache.js';

/** Prints the nxCloudId, and says where it belongs. */
export async function createWorkspace(flags: WorkspaceCreateFlags, dependencies: Dependencies): Promise<void> {
  const { io } = dependencies;
  const { name, preset } = flags;
  const client = await administrationOf(flags, dependencies);
  const slug = await chosenOrganization(flags, client, dependencies);
  if (opensCache(null, { preset })) {
    await confirm(`Whoever knows the nxCloudId of ${name} will read and write its cache.`, flags, dependencies);
  }
  const workspace = await client.createWorkspace(slug, { name, preset });
  tell(
    io,
    `${io.style.green('✓')} Created the workspace ${workspace.name} in ${slug}. Put this into its nx.json:

  "nxCloudUrl": "${client.serverUrl}",
  "nxCloudId": "${workspace.nxCloudId}"

Next, a token for your CI:  npx nxkey ci-token create main --access read-write --workspace ${workspace.nxCloudId}`,
  );
  warnOfOpenCache(workspace, dependencies);
  if (flags.json) printJson(io, workspace);
  else printResult(io, workspace.nxCloudId);
}
