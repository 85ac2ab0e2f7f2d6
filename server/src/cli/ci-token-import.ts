import { Command, Option } from 'commander';
import { importCiToken } from '../domain/ci-token-administration.js';
import { requireWorkspace } from '../domain/workspaces.js';
import { UsageError } from '../errors.js';
import { operator, tell, type CliContext } from './context.js';
import { dataFlag, displayName, jsonFlag, workspaceFlag } from './flags.js';
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
  await withServices({ dataFolder: flags.data, create: false }, context, async (services) => {
    const target = await requireWorkspace(flags.workspace, services.database);
    const { name, nxCloudId } = target.workspace;
    const { level } = await importCiToken(target, { name: flags.name, secret }, operator(context), services);
    tell(context, `Imported a ${level} token into ${name}.`);
    await printResult(context, flags.json, nxCloudId, { nxCloudId, accessLevel: level });
  });
}
