import { Command, Option } from 'commander';
import type { CiAccessLevel } from '../../../src/protocol/wire-types.js';
import { tell, type CliContext } from './context.js';
import { dataFlag, displayName, jsonFlag, workspaceFlag } from './flags.js';
import { requireWorkspace } from './lookups.js';
import { printNewToken } from './output.js';
import { withServices } from './with-services.js';

export interface CiTokenCreateFlags {
  data: string;
  workspace: string;
  name: string;
  access: CiAccessLevel;
  json: boolean;
}

export function ciTokenCreateCommand(context: CliContext): Command {
  return new Command('create')
    .description('Make a CI access token for a workspace and print it, once.')
    .addOption(dataFlag())
    .addOption(workspaceFlag())
    .addOption(new Option('--name <name>', 'as it is listed').argParser(displayName).makeOptionMandatory())
    .addOption(
      new Option('--access <level>', 'what it may do').choices(['read-only', 'read-write']).makeOptionMandatory(),
    )
    .addOption(jsonFlag())
    .addHelpText(
      'after',
      `
It belongs into the secrets of your CI as NX_CLOUD_ACCESS_TOKEN, and never into the repository.

Example:
  $ nxkey-server ci-token create --data ./nxkey-data --workspace 0123456789abcdef01234567 --name main --access read-write`,
    )
    .action((flags: CiTokenCreateFlags) => ciTokenCreate(flags, context));
}

async function ciTokenCreate(flags: CiTokenCreateFlags, context: CliContext): Promise<void> {
  await withServices({ dataFolder: flags.data, create: false }, context, async ({ database, ciAccessTokens }) => {
    const { workspace } = await requireWorkspace(flags.workspace, database);
    const request = { workspaceId: workspace.id, name: flags.name, level: flags.access };
    const { secret, token } = await ciAccessTokens.create(request);
    tell(context, `A ${flags.access} CI access token of ${workspace.name}. It is not shown again:`);
    await printNewToken(context, flags.json, {
      secret,
      value: { token: secret, accessLevel: flags.access },
      remove: () => database.ciAccessTokens.remove(token.id),
      removeByHand: 'To see its id and revoke it: nxkey-server ci-token list --help',
    });
  });
}
