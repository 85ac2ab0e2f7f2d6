import { Command, Option } from 'commander';
import type { StorageKind } from '../../../credentials/credential-store.js';
import { UsageError } from '../../../errors.js';
import type { Dependencies } from '../../dependencies.js';
import { nxCloudUrlFlag } from '../../flags.js';

export interface LoginFlags {
  nxCloudUrl?: string;
  /** `false` with `--no-browser`. */
  browser: boolean;
  withToken: boolean;
  /** The token for `withToken`, where it is not to be read: only `configure` takes one from its command line. */
  token?: string;
  /** The command that the person has typed, where it was another one that takes a token. */
  typed?: 'configure';
  /** The token's name in the person's list. */
  name?: string;
  storage?: StorageKind;
  json: boolean;
}

export function loginCommand(dependencies: Dependencies, run = runLogin): Command {
  return new Command('login')
    .summary('get a personal access token and keep it in the OS keychain')
    .description(
      'Log in to a cache server: shows a code, waits until you have approved it in a browser, and keeps the personal ' +
        'access token in the OS keychain.\n\n' +
        'The server is the argument, or NX_CLOUD_API, or NRWL_API, or what nx.json of the current workspace names.',
    )
    .argument('[nxCloudUrl]', 'the server, such as https://cache.acme.com')
    .option('--no-browser', 'do not offer to open a browser')
    .option('--with-token', 'read a personal access token from standard input instead', false)
    .option('--name <name>', "the token's name in your list of tokens (default: this computer's name)")
    .addOption(new Option('--storage <place>', 'where to keep the token').choices(['keychain', 'file']))
    .option('--json', 'print the result as JSON', false)
    .addOption(nxCloudUrlFlag())
    .addHelpText(
      'after',
      `
Without a usable keychain nothing is kept in plain text unless you say so with --storage file.

Examples:
  $ npx nxkey login
  $ npx nxkey login https://cache.acme.com --name "Ada's laptop"
  $ npx nxkey login --with-token < token.txt`,
    )
    .action(async (nxCloudUrl: string | undefined, options: LoginFlags) => {
      const flags: LoginFlags = { ...options, ...(nxCloudUrl !== undefined && { nxCloudUrl }) };
      if (flags.name !== undefined && !/^[^\p{Cc}]{1,100}$/u.test(flags.name.trim())) {
        throw new UsageError('--name takes 1 to 100 characters of plain text.');
      }
      if (flags.withToken && flags.name !== undefined) {
        throw new UsageError('--name has no effect with --with-token: that token has a name already.', {
          remedy: 'Leave one of the two out.',
        });
      }
      await run(flags, dependencies);
    });
}

async function runLogin(flags: LoginFlags, dependencies: Dependencies): Promise<void> {
  const { login } = await import('./login.js');
  await login(flags, dependencies);
}
