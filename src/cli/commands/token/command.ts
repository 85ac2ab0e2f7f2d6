import { Command } from 'commander';
import type { Dependencies } from '../../dependencies.js';

export interface TokenFlags {
  nxCloudUrl?: string;
}

export function tokenCommand(dependencies: Dependencies, run = runToken): Command {
  return new Command('token')
    .summary('print the personal access token, for scripts')
    .description('Print your personal access token alone, for scripts. Whoever sees it can act as you.')
    .argument('[nxCloudUrl]', 'the server (default: as for login, or the only one you are logged in to)')
    .addHelpText(
      'after',
      `
Examples:
  $ NX_CLOUD_PERSONAL_ACCESS_TOKEN="$(npx nxkey token)" ./script.sh`,
    )
    .action(async (nxCloudUrl: string | undefined) => {
      await run({ ...(nxCloudUrl !== undefined && { nxCloudUrl }) }, dependencies);
    });
}

async function runToken(flags: TokenFlags, dependencies: Dependencies): Promise<void> {
  const { token } = await import('./token.js');
  await token(flags, dependencies);
}
