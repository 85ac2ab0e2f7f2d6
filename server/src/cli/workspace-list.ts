import { Command } from 'commander';
import type { WorkspaceWithOrganization } from '../domain/repositories.js';
import { columns } from './columns.js';
import { tell, type CliContext } from './context.js';
import { dataFlag, jsonFlag } from './flags.js';
import { printResult } from './output.js';
import { withServices } from './with-services.js';

export interface WorkspaceListFlags {
  data: string;
  json: boolean;
}

export function workspaceListCommand(context: CliContext): Command {
  return new Command('list')
    .description('List all workspaces, with their nxCloudId and who may use their cache.')
    .addOption(dataFlag())
    .addOption(jsonFlag())
    .addHelpText(
      'after',
      `
Example:
  $ nxkey-server workspace list --data ./nxkey-data`,
    )
    .action((flags: WorkspaceListFlags) => workspaceList(flags, context));
}

async function workspaceList({ data, json }: WorkspaceListFlags, context: CliContext): Promise<void> {
  await withServices({ dataFolder: data, create: false }, context, async ({ database }) => {
    const found = await database.workspaces.all();
    if (found.length === 0) tell(context, 'There are no workspaces yet.');
    if (found.length === 0 && !json) return;
    await printResult(context, json, columns(found.map(workspaceRow)), { workspaces: found.map(workspaceInfo) });
  });
}

export function workspaceRow({ workspace, organization }: WorkspaceWithOrganization): string[] {
  const { nxCloudId, name, patOptIn, anonymousLevel, patLevel } = workspace;
  const access = patOptIn
    ? `anonymous ${anonymousLevel}, personal access tokens ${patLevel}`
    : 'not opted in to personal access tokens';
  return [nxCloudId, organization.slug, name, access];
}

export function workspaceInfo({ workspace, organization }: WorkspaceWithOrganization): object {
  const { nxCloudId, name, patOptIn, anonymousLevel, patLevel } = workspace;
  return { nxCloudId, name, organization: organization.slug, patOptIn, anonymousLevel, patLevel };
}
