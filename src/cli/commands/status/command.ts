import { Command } from 'commander';
import type { Dependencies } from '../../dependencies.js';

export interface StatusFlags {
  json: boolean;
}

export function statusCommand(dependencies: Dependencies, run = runStatus): Command {
  return new Command('status')
    .summary('show who you are, and what you may do in this workspace')
    .description(
      'Show for each server who you are there and where the token is kept; in an Nx workspace also what you may do ' +
        'with its cache, and why.',
    )
    .option('--json', 'print the result as JSON', false)
    .addHelpText(
      'after',
      `
Exit codes: 0 logged in, 4 not logged in or the token is no longer valid, 1 could not find out. Where a server is
configured (a workspace's nx.json, NX_CLOUD_API) they speak of that server, elsewhere of all that you are logged in to.

Examples:
  $ npx nxkey status
  $ npx nxkey status --json`,
    )
    .action(async (flags: StatusFlags) => {
      await run(flags, dependencies);
    });
}

async function runStatus(flags: StatusFlags, dependencies: Dependencies): Promise<void> {
  const { status } = await import('./status.js');
  await status(flags, dependencies);
}
