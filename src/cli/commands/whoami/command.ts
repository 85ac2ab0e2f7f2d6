import { Command } from 'commander';
import type { Dependencies } from '../../dependencies.js';

export interface WhoAmIFlags {
  nxCloudUrl?: string;
  json: boolean;
}

export function whoAmICommand(dependencies: Dependencies, run = runWhoAmI): Command {
  return new Command('whoami')
    .summary('print your name')
    .description('Print the name under which the server knows you, and nothing else.')
    .argument('[nxCloudUrl]', 'the server (default: as for login, or the only one you are logged in to)')
    .option('--json', 'print the result as JSON', false)
    .addHelpText('after', '\nExamples:\n  $ npx nxkey whoami')
    .action(async (nxCloudUrl: string | undefined, options: Omit<WhoAmIFlags, 'nxCloudUrl'>) => {
      await run({ ...options, ...(nxCloudUrl !== undefined && { nxCloudUrl }) }, dependencies);
    });
}

async function runWhoAmI(flags: WhoAmIFlags, dependencies: Dependencies): Promise<void> {
  const { whoAmI } = await import('./whoami.js');
  await whoAmI(flags, dependencies);
}
