import { Command, Option } from 'commander';
import {
  presetNames,
  type AccessLevel,
  type CiAccessLevel,
  type PresetName,
} from '../../../src/protocol/wire-types.js';
import { changedAccess } from '../domain/presets.js';
import { UsageError } from '../errors.js';
import { columns } from './columns.js';
import { tell, type CliContext } from './context.js';
import { dataFlag, jsonFlag, workspaceFlag } from './flags.js';
import { requireWorkspace } from './lookups.js';
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
  await withServices({ dataFolder: flags.data, create: false }, context, async ({ database }) => {
    const changed = await database.transaction(async (repositories) => {
      const { workspace, organization } = await requireWorkspace(flags.workspace, repositories);
      const access = changedAccess(workspace, { preset, anonymousLevel: anonymous, patLevel: pat });
      await repositories.workspaces.setAccess(workspace.id, access);
      return { workspace: { ...workspace, ...access }, organization };
    });
    const { patOptIn, anonymousLevel } = changed.workspace;
    if (!patOptIn) {
      tell(context, 'This workspace has not opted in to personal access tokens; --preset does that.');
    } else if (anonymousLevel === 'read-write') {
      tell(context, 'Whoever knows the nxCloudId reads and writes the cache without logging in.');
    }
    await printResult(context, flags.json, columns([workspaceRow(changed)]), workspaceInfo(changed));
  });
}
