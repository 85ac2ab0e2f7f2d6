import { Command } from 'commander';
import { UsageError } from '../../../errors.js';
import type { Dependencies } from '../../dependencies.js';
import { nxCloudUrlFlag } from '../../flags.js';

export interface LogoutFlags {
  nxCloudUrl?: string;
  all: boolean;
  json: boolean;
}

export function logoutCommand(dependencies: Dependencies, run = runLogout): Command {
  return new Command('logout')
    .summary('revoke the personal access token and forget it')
    .description('Revoke your personal access token on the server, then forget it on this computer.')
    .argument('[nxCloudUrl]', 'the server; not needed when you are logged in to one only')
    .option('--all', 'log out of every server', false)
    .option('--json', 'print the result as JSON', false)
    .addOption(nxCloudUrlFlag())
    .addHelpText(
      'after',
      `
Exit code 1 means that a token is forgotten here and still valid on its server: revoke it there.

Examples:
  $ npx nxkey logout
  $ npx nxkey logout https://cache.acme.com
  $ npx nxkey logout --all`,
    )
    .action(async (nxCloudUrl: string | undefined, options: LogoutFlags) => {
      const flags: LogoutFlags = { ...options, ...(nxCloudUrl !== undefined && { nxCloudUrl }) };
      if (flags.all && flags.nxCloudUrl !== undefined) {
        throw new UsageError('--all logs out of every server, and a server was named as well.', {
          remedy: 'Leave one of the two out.',
        });
      }
      await run(flags, dependencies);
    });
}

async function runLogout(flags: LogoutFlags, dependencies: Dependencies): Promise<void> {
  const { logout } = await import('./logout.js');
  await logout(flags, dependencies);
}
