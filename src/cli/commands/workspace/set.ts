import type { WorkspaceChange } from '../../../protocol/wire-types.js';
import { administrationOf, chosenWorkspace } from '../../administration.js';
import { confirm } from '../../confirm.js';
import type { Dependencies } from '../../dependencies.js';
import { tell } from '../../io.js';
import type { WorkspaceSetFlags } from './command.js';
import { opensCache } from './opens-cache.js';
import { printWorkspace } from './print-workspace.js';

/** Prints the workspace as it is afterwards. */
export async function setWorkspace(flags: WorkspaceSetFlags, dependencies: Dependencies): Promise<void> {
  const { io } = dependencies;
  const nxCloudId = await chosenWorkspace(flags, dependencies);
  const client = await administrationOf(flags, dependencies);
  const change = changeOf(flags);
  const { name, access } = await client.workspace(nxCloudId);
  if (opensCache(access, change)) {
    await confirm(`Whoever knows the nxCloudId of ${name} will read and write its cache.`, flags, dependencies);
  }
  const workspace = await client.changeWorkspace(nxCloudId, change);
  tell(io, `${io.style.green('✓')} Changed the workspace ${workspace.name}; it holds from the next request on.`);
  printWorkspace(workspace, flags, dependencies);
}

function changeOf({ name, preset, anonymous, pat, optIn, optOut }: WorkspaceSetFlags): WorkspaceChange {
  return {
    ...(name !== undefined && { name }),
    ...(preset !== undefined && { preset }),
    ...(anonymous !== undefined && { anonymousLevel: anonymous }),
    ...(pat !== undefined && { patLevel: pat }),
    ...(optIn !== undefined && { patOptIn: true }),
    ...(optOut !== undefined && { patOptIn: false }),
  };
}
