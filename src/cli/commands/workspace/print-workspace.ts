import type { WorkspaceInfo } from '../../../protocol/wire-types.js';
import type { Dependencies } from '../../dependencies.js';
import { day } from '../../format.js';
import { printJson, tell } from '../../io.js';
import { printFacts } from '../../table.js';

/** A workspace as a result, and on standard error the server's warning when the cache is open to strangers. */
export function printWorkspace(workspace: WorkspaceInfo, flags: { json: boolean }, { io }: Dependencies): void {
  warnOfOpenCache(workspace, { io });
  if (flags.json) {
    printJson(io, workspace);
    return;
  }
  const { name, organization, nxCloudId, access, createdAt } = workspace;
  printFacts(io, {
    workspace: name,
    organization: organization.slug,
    nxCloudId,
    anonymous: access.patOptIn ? access.anonymousLevel : 'none (not opted in)',
    members: access.patOptIn ? access.patLevel : 'none (not opted in)',
    created: day(createdAt),
  });
}

export function warnOfOpenCache({ nxCloudId, warning }: WorkspaceInfo, { io }: Pick<Dependencies, 'io'>): void {
  if (warning === null) return;
  tell(io, `${io.style.yellow('!')} ${warning}`);
  tell(io, `Choose that with:  npx nxkey workspace set --preset recommended --workspace ${nxCloudId}`);
}
