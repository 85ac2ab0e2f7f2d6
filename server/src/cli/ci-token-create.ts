import { Command, Option } from 'commander';
import type { CiAccessLevel } from '../../../src/protocol/wire-types.js';
import { issueCiToken, revokeCiToken } from '../domain/ci-token-administration.js';
import { requireWorkspace } from '../domain/workspaces.js';
import { ciTokenInfo } from './ci-token-list.js';
import { operator, tell, type CliContext } from './context.js';
import { dataFlag, displayName, duration, jsonFlag, workspaceFlag } from './flags.js';
import { printNewToken } from './output.js';
import { withServices } from './with-services.js';

export interface CiTokenCreateFlags {
  data: string;
  workspace: string;
  name: string;
  access: CiAccessLevel;
  /** Milliseconds. */
  expires?: number;
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
    .addOption(
      new Option('--expires <duration>', 'how long it works, such as 90d or 24h (default: for ever)').argParser(
        duration,
      ),
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
  await withServices({ dataFolder: flags.data, create: false }, context, async (services) => {
    const by = operator(context);
    const target = await requireWorkspace(flags.workspace, services.database);
    const expiresAt = flags.expires === undefined ? null : context.clock() + flags.expires;
    const request = { name: flags.name, level: flags.access, expiresAt };
    const { secret, token } = await issueCiToken(target, request, by, services);
    const end = expiresAt === null ? '' : ` that ends on ${new Date(expiresAt).toISOString()}`;
    tell(context, `A ${flags.access} CI access token of ${target.workspace.name}${end}. It is not shown again:`);
    await printNewToken(context, flags.json, {
      secret,
      value: { ...ciTokenInfo(token), token: secret },
      remove: () => revokeCiToken(target, token.id, by, services),
      removeByHand: 'To see its id and revoke it: nxkey-server ci-token list --help',
    });
  });
}
