import type { PresetName } from '../../../src/protocol/wire-types.js';
import { changeDetails, recordEvent, type Initiator } from './audit-log.js';
import type { Workspace } from './model.js';
import { changedAccess, presets, type AccessChange } from './presets.js';
import { RefusedChange } from './refused-change.js';
import type { Repositories, WorkspaceWithOrganization } from './repositories.js';
import { newId, newNxCloudId } from './secrets.js';
import type { Services } from './services.js';

export interface NewWorkspace {
  organizationId: string;
  name: string;
  preset: PresetName;
  /** The id of an unclaimed workspace, and where `nx connect` had made that. Without it, the workspace gets a new id. */
  claimed?: { nxCloudId: string; connectedFrom: string };
}

export async function createWorkspace(
  request: NewWorkspace,
  initiator: Initiator,
  { database, clock }: Services,
): Promise<Workspace> {
  return await database.transaction((repositories) => insertWorkspace(request, initiator, { repositories, clock }));
}

/** The same, as a part of a larger change. */
export async function insertWorkspace(
  { organizationId, name, preset, claimed }: NewWorkspace,
  initiator: Initiator,
  { repositories, clock }: { repositories: Repositories; clock: Services['clock'] },
): Promise<Workspace> {
  const access = presets[preset];
  const nxCloudId = claimed?.nxCloudId ?? newNxCloudId();
  const workspace = { id: newId(), organizationId, name, nxCloudId, createdAt: clock(), ...access };
  await repositories.workspaces.insert(workspace);
  await recordEvent(repositories, clock, initiator, {
    action: claimed === undefined ? 'workspace.created' : 'workspace.claimed',
    organizationId,
    workspaceId: workspace.id,
    target: name,
    details: { nxCloudId, preset, ...access, ...(claimed && { connectedFrom: claimed.connectedFrom }) },
  });
  return workspace;
}

export interface WorkspaceChange extends AccessChange {
  name?: string | undefined;
}

/** What is not given stays as it is. Holds from the next request on. @throws {RefusedChange} when there is none */
export async function changeWorkspace(
  nxCloudId: string,
  { name, ...change }: WorkspaceChange,
  initiator: Initiator,
  { database, clock }: Services,
): Promise<WorkspaceWithOrganization> {
  return await database.transaction(async (repositories) => {
    const { workspace, organization } = await requireWorkspace(nxCloudId, repositories);
    const { patOptIn, anonymousLevel, patLevel } = workspace;
    const before = { name: workspace.name, patOptIn, anonymousLevel, patLevel };
    const access = changedAccess(workspace, change);
    const after = { name: name ?? workspace.name, ...access };
    const details = changeDetails(before, after);
    if (details !== null) {
      await repositories.workspaces.setAccess(workspace.id, access);
      await repositories.workspaces.rename(workspace.id, after.name);
      await recordEvent(repositories, clock, initiator, {
        action: 'workspace.changed',
        organizationId: organization.id,
        workspaceId: workspace.id,
        target: after.name,
        details,
      });
    }
    return { workspace: { ...workspace, ...after }, organization };
  });
}

/** @throws {RefusedChange} when there is none */
export async function requireWorkspace(
  nxCloudId: string,
  { workspaces }: Repositories,
): Promise<WorkspaceWithOrganization> {
  const found = await workspaces.findByNxCloudId(nxCloudId);
  if (found === null) {
    throw new RefusedChange('not-found', `There is no workspace with the nxCloudId ${nxCloudId}.`, {
      remedy: 'It is what nx.json has as nxCloudId. To see all of them: nxkey-server workspace list --help',
    });
  }
  return found;
}
