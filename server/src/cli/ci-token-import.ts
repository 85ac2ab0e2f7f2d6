import { Command, Option } from 'commander';
import { UsageError, UserError } from '../errors.js';
import { tell, type CliContext } from './context.js';
import { dataFlag, displayName, jsonFlag, workspaceFlag } from './flags.js';
import { requireWorkspace } from './lookups.js';
import { printResult } from './output.js';
import { readSecret } from './read-secret.js';
import { withServices } from './with-services.js';

export interface CiTokenImportFlags {
  data: string;
  workspace: string;
  name: string;
  tokenStdin?: true;
  json: boolean;
}

export function ciTokenImportCommand(context: CliContext): Command {
  return new Command('import')
    .description('Take over the access token that a repository still commits, so that it can be converted.')
    .addOption(dataFlag())
    .addOption(workspaceFlag())
    .addOption(new Option('--name <name>', 'as it is listed').argParser(displayName).makeOptionMandatory())
    .option('--token-stdin', 'read the token from standard input (there is no flag for the token itself)')
    .addOption(jsonFlag())
    .addHelpText(
      'after',
      `
The token has the form that nx.json has it in: base64 of <uuid>|read-write or <uuid>|read-only; its access is kept.

Example:
  $ nxkey-server ci-token import --data ./nxkey-data --workspace 0123456789abcdef01234567 --name nx.json --token-stdin < token.txt`,
    )
    .action((flags: CiTokenImportFlags) => ciTokenImport(flags, context));
}

async function ciTokenImport(flags: CiTokenImportFlags, context: CliContext): Promise<void> {
  if (flags.tokenStdin === undefined) {
    throw new UsageError('--token-stdin is missing: a token is read from standard input only.', {
      remedy: 'Add --token-stdin and pipe the token in, for example: … --token-stdin < token.txt',
    });
  }
  const secret = (await readSecret(context, 'token')).trim();
  await withServices({ dataFolder: flags.data, create: false }, context, async ({ database, ciAccessTokens }) => {
    const { workspace } = await requireWorkspace(flags.workspace, database);
    const result = await ciAccessTokens.importLegacy({ workspaceId: workspace.id, name: flags.name, secret });
    switch (result.kind) {
      case 'not-legacy':
        throw new UserError(
          'That is no token in the form of nx.json: base64 of <uuid>|read-write or <uuid>|read-only.',
          {
            remedy:
              'Copy the value of nxCloudAccessToken (or accessToken) whole. New tokens: nxkey-server ci-token create',
          },
        );
      case 'known':
        throw new UserError('This token has been imported before. Nothing was changed.', {
          remedy: 'It works already: npx nxkey convert-to-nx-cloud-id',
        });
      case 'imported':
        tell(context, `Imported a ${result.level} token into ${workspace.name}.`);
        await printResult(context, flags.json, workspace.nxCloudId, {
          nxCloudId: workspace.nxCloudId,
          accessLevel: result.level,
        });
    }
  });
}
