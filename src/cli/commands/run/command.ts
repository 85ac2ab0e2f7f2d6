import { Command } from 'commander';
import { UsageError } from '../../../errors.js';
import { isNxCloudId } from '../../../protocol/nx-cloud-id.js';
import { parseServerUrl } from '../../../protocol/server-url.js';
import type { Dependencies } from '../../dependencies.js';

export interface RunFlags {
  command: string;
  args: string[];
  /** An nxCloudId. */
  workspace?: string;
  /** A server's URL. */
  server?: string;
  requireCache: boolean;
}

export function runCommand(dependencies: Dependencies, run = runRun): Command {
  return new Command('run')
    .summary('run a command with the remote cache')
    .description(
      "Run a command in which Nx's built-in cache client uses the workspace's remote cache, with your personal access " +
        'token, or with the CI access token in NX_CLOUD_ACCESS_TOKEN. Its exit code is the exit code.\n\n' +
        'When the cache cannot be used, a sentence says why and the command runs without it.',
    )
    .argument('<command...>', 'the command and its arguments; write -- before it')
    .option('--workspace <nxCloudId>', 'the workspace (default: the one around the current folder)')
    .option('--server <nxCloudUrl>', 'the server (default: as for login)')
    .option('--require-cache', 'fail when the cache cannot be used', false)
    .addHelpText(
      'after',
      `
Exit codes: those of the command; 127 when there is no such command, 126 when it cannot be started.

Examples:
  $ npx nxkey run -- npx nx build
  $ npx nxkey run -- npx nx affected -t lint test build
  $ NX_CLOUD_ACCESS_TOKEN=… NX_BRANCH=my-branch npx nxkey run -- npx nx run-many -t build`,
    )
    .action(async (words: string[], options: Omit<RunFlags, 'command' | 'args'>) => {
      const [command = '', ...args] = words;
      if (command === '') throw new UsageError('The command to run is empty.');
      if (options.workspace !== undefined && !isNxCloudId(options.workspace)) {
        throw new UsageError('--workspace takes an nxCloudId: 24 letters and digits.', {
          remedy: 'It stands in the nx.json of the workspace.',
        });
      }
      const server = options.server === undefined ? undefined : parseServerUrl(options.server);
      if (server?.ok === false) {
        throw new UsageError(`The server's URL from --server cannot be used: ${server.reason}.`, {
          remedy: 'Give one such as https://cache.example.com.',
        });
      }
      await run({ ...options, command, args }, dependencies);
    });
}

async function runRun(flags: RunFlags, dependencies: Dependencies): Promise<void> {
  const { run } = await import('./run.js');
  await run(flags, dependencies);
}
