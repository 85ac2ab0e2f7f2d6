import { Command, Option } from 'commander';
import {
  presetNames,
  type AccessLevel,
  type CiAccessLevel,
  type PresetName,
} from '../../../src/protocol/wire-types.js';
import { accessWarning } from '../domain/presets.js';
import { UsageError } from '../errors.js';
import { changeWorkspace } from '../domain/workspaces.js';
import { tellHowToClose } from './close-cache.js';
import { columns } from './columns.js';
import { operator, tell, type CliContext } from './context.js';
import { dataFlag, jsonFlag, workspaceFlag } from './flags.js';
import { printResult } from './output.js';
import { withServices } from './with-services.js';
import { workspaceInfo, workspaceRow } from './workspace-list.js';

export interface WorkspaceSetFlags {
  data: string;
  workspace: string;
  preset?: PresetName;
  anonymous?: AccessLevel;
  pat?: CiAccessLevel;
  json: boolean;
}

export function workspaceSetCommand(context: CliContext): Command {
  return new Command('set')
    .description('Change who may use the cache of a workspace. It holds from the next request on.')
    .addOption(dataFlag())
    .addOption(workspaceFlag())
    .addOption(new Option('--preset <preset>', 'both of the below at once').choices(presetNames))
    .addOption(
      new Option('--anonymous <level>', 'who knows the nxCloudId').choices(['none', 'read-only', 'read-write']),
    )
    .addOption(
      new Option('--pat <level>', 'members, with a personal access token').choices(['read-only', 'read-write']),
    )
    .addOption(jsonFlag())
    .addHelpText(
      'after',
      `
A level that is given beside a preset goes before it. CI access tokens keep the access they were made with.

Examples:
  $ nxkey-server workspace set --data ./nxkey-data --workspace 0123456789abcdef01234567 --preset recommended
  $ nxkey-server workspace set --data ./nxkey-data --workspace 0123456789abcdef01234567 --anonymous none`,
    )
    .action((flags: WorkspaceSetFlags) => workspaceSet(flags, context));
}

async function workspaceSet(flags: WorkspaceSetFlags, context: CliContext): Promise<void> {
  const { preset, anonymous, pat } = flags;
  if (preset === undefined && anonymous === undefined && pat === undefined) {
    throw new UsageError('Nothing to change is given.', { remedy: 'Give --preset, --anonymous or --pat.' });
  }
  await withServices({ dataFolder: flags.data, create: false }, context, async (services) => {
    const change = { preset, anonymousLevel: anonymous, patLevel: pat };
    const changed = await changeWorkspace(flags.workspace, change, operator(context), services);
    const notOptedIn = 'This workspace has not opted in to personal access tokens; --preset does that.';
    const note = changed.workspace.patOptIn ? accessWarning(changed.workspace) : notOptedIn;
    if (note !== null) tell(context, note);
    tellHowToClose({ access: changed.workspace, nxCloudId: flags.workspace, data: flags.data }, context);
    await printResult(context, flags.json, columns([workspaceRow(changed)]), workspaceInfo(changed));
  });
}
