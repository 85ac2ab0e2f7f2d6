import { Command, Option } from 'commander';
import { revokeCiToken, workspaceOfCiToken } from '../domain/ci-token-administration.js';
import { operator, tell, type CliContext } from './context.js';
import { dataFlag, jsonFlag } from './flags.js';
import { printResult } from './output.js';
import { withServices } from './with-services.js';

export interface CiTokenRevokeFlags {
  data: string;
  id: string;
  json: boolean;
}

export function ciTokenRevokeCommand(context: CliContext): Command {
  return new Command('revoke')
    .description('End a CI access token: the next request with it is refused.')
    .addOption(dataFlag())
    .addOption(new Option('--id <id>', 'the token, by the id that "ci-token list" shows').makeOptionMandatory())
    .addOption(jsonFlag())
    .addHelpText(
      'after',
      `
Give CI its new token first, and revoke the one that the repository committed afterwards:

Example:
  $ nxkey-server ci-token revoke --data ./nxkey-data --id 4f9c27ce-6d1c-4c33-a8c0-1c2f5a8e9b10`,
    )
    .action((flags: CiTokenRevokeFlags) => ciTokenRevoke(flags, context));
}

async function ciTokenRevoke({ data, id, json }: CiTokenRevokeFlags, context: CliContext): Promise<void> {
  await withServices({ dataFolder: data, create: false }, context, async (services) => {
    await revokeCiToken(await workspaceOfCiToken(id, services.database), id, operator(context), services);
    tell(context, 'Revoked: the next request with that token is refused.');
    await printResult(context, json, id, { id });
  });
}
