import { Command } from 'commander';
import { UsageError } from '../../../errors.js';
import { isNxCloudId } from '../../../protocol/nx-cloud-id.js';
import type { Dependencies } from '../../dependencies.js';

export interface ConvertFlags {
  /** A workspace's root; without it, the workspace around the current folder. */
  workspace?: string;
  /** The id to put in the token's place; no server is asked then. */
  nxCloudId?: string;
  server?: string;
  /** A new file for the token. */
  tokenTo?: string;
  dryRun: boolean;
  json: boolean;
}

export function convertToNxCloudIdCommand(dependencies: Dependencies, run = runConvert): Command {
  return new Command('convert-to-nx-cloud-id')
    .summary('replace the access token in nx.json by the harmless nxCloudId')
    .description(
      'Replace the access token in nx.json by the nxCloudId of its workspace, and say what is left to do.\n\n' +
        'Only the token\'s key and value change, and the runner "@nrwl/nx-cloud" to "nx-cloud"; comments and formatting ' +
        'stay. The server that knows the token is --server, or NX_CLOUD_API, or NRWL_API, or what nx.json names.',
    )
    .argument('[workspace]', 'the folder that has the nx.json (default: the workspace around the current folder)')
    .option('--nx-cloud-id <id>', 'put this id in, without asking a server', nxCloudId)
    .option('--server <url>', 'the server that knows the token')
    .option('--token-to <file>', 'write the token to a new file that only you can read', tokenFile)
    .option('--dry-run', 'show the changes as a diff, with tokens masked, and write nothing', false)
    .option('--json', 'print the result as JSON', false)
    .addHelpText(
      'after',
      `
Examples:
  $ npx nxkey convert-to-nx-cloud-id --dry-run
  $ npx nxkey convert-to-nx-cloud-id --token-to ../ci-token.txt
  $ npx nxkey convert-to-nx-cloud-id --nx-cloud-id 63f1a2b3c4d5e6f708192a3b
  $ npx nxkey convert-to-nx-cloud-id ./web --server https://cache.acme.com`,
    )
    .action(async (workspace: string | undefined, options: Omit<ConvertFlags, 'workspace'>) => {
      await run({ ...options, ...(workspace !== undefined && { workspace }) }, dependencies);
    });
}

async function runConvert(flags: ConvertFlags, dependencies: Dependencies): Promise<void> {
  const { convertToNxCloudId } = await import('./convert-to-nx-cloud-id.js');
  await convertToNxCloudId(flags, dependencies);
}

function tokenFile(value: string): string {
  if (value !== '' && value !== '-') return value;
  throw new UsageError('--token-to takes the path of a new file. The token is never printed.', {
    remedy: 'Name a file outside of the repository:  --token-to ../ci-token.txt',
  });
}

/** Commander's own error would repeat the value, which may be the token, given by mistake. */
function nxCloudId(value: string): string {
  if (isNxCloudId(value)) return value;
  throw new UsageError('--nx-cloud-id takes the 24 letters and digits of an nxCloudId; what was given is none.', {
    remedy:
      'Ask an owner of your organization for it; or leave the flag out, and the server that knows the token is asked.',
  });
}
