import { Command, Option } from 'commander';
import { presetNames, type PresetName } from '../../../src/protocol/wire-types.js';
import { requireOrganization } from '../domain/organizations.js';
import { presetNotes } from '../domain/presets.js';
import { createWorkspace } from '../domain/workspaces.js';
import { tellHowToClose } from './close-cache.js';
import { operator, tell, type CliContext } from './context.js';
import { dataFlag, displayName, jsonFlag, organizationFlag } from './flags.js';
import { printResult } from './output.js';
import { withServices } from './with-services.js';
import { workspaceInfo } from './workspace-list.js';

export interface WorkspaceCreateFlags {
  data: string;
  org: string;
  name: string;
  preset: PresetName;
  json: boolean;
}

export function workspaceCreateCommand(context: CliContext): Command {
  return new Command('create')
    .description('Make a workspace and print its nxCloudId.')
    .addOption(dataFlag())
    .addOption(organizationFlag())
    .addOption(new Option('--name <name>', 'such as shop').argParser(displayName).makeOptionMandatory())
    .addOption(new Option('--preset <preset>', 'who may use its cache').choices(presetNames).default('recommended'))
    .addOption(jsonFlag())
    .addHelpText(
      'after',
      `
The nxCloudId belongs into the repository's nx.json. It is no secret.

Example:
  $ nxkey-server workspace create --data ./nxkey-data --org acme --name shop`,
    )
    .action((flags: WorkspaceCreateFlags) => workspaceCreate(flags, context));
}

async function workspaceCreate(flags: WorkspaceCreateFlags, context: CliContext): Promise<void> {
  await withServices({ dataFolder: flags.data, create: false }, context, async (services) => {
    const organization = await requireOrganization(flags.org, services.database);
    const request = { organizationId: organization.id, name: flags.name, preset: flags.preset };
    const workspace = await createWorkspace(request, operator(context), services);
    tell(context, `Made the workspace ${workspace.name} of ${organization.slug}. ${presetNotes[flags.preset]}`);
    tellHowToClose({ access: workspace, nxCloudId: workspace.nxCloudId, data: flags.data }, context);
    await printResult(context, flags.json, workspace.nxCloudId, workspaceInfo({ workspace, organization }));
  });
}
