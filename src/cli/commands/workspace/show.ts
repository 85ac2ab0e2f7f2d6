import { administrationOf, chosenWorkspace } from '../../administration.js';
import type { Dependencies } from '../../dependencies.js';
import { printWorkspace } from './print-workspace.js';
import type { WorkspaceShowFlags } from './command.js';

export async function showWorkspace(flags: WorkspaceShowFlags, dependencies: Dependencies): Promise<void> {
  const nxCloudId = await chosenWorkspace(flags, dependencies);
  const client = await administrationOf(flags, dependencies);
  printWorkspace(await client.workspace(nxCloudId), flags, dependencies);
}
