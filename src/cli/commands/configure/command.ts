import { Command, Option } from 'commander';
import type { StorageKind } from '../../../credentials/credential-store.js';
import type { Dependencies } from '../../dependencies.js';
import type { Run } from '../../flags.js';

export interface ConfigureFlags {
  /** Without it the token comes from standard input. */
  personalAccessToken?: string;
  nxCloudUrl?: string;
  storage?: StorageKind;
  json: boolean;
}

/** As Nx documents it, and as others write it. */
const tokenFlags = ['--personal-access-token', '--personalAccessToken'] as const;

/** @param token what `takeConfiguredToken` has taken from the command line */
export function configureCommand(
  dependencies: Dependencies,
  run: Run<ConfigureFlags> = runConfigure,
  token?: string,
): Command {
  return new Command('configure')
    .summary('keep a personal access token that you already have')
    .description(
      'Check a personal access token that somebody has made for you, and keep it in the OS keychain. It is read from ' +
        'standard input; on a terminal you are asked for it, and what you type is not shown.\n\n' +
        'The server is the one given, or NX_CLOUD_API, or NRWL_API, or what nx.json of the current workspace names.',
    )
    .option(`${tokenFlags.join(', ')} <token>`, 'the token; others can read it on a command line')
    .option('--nx-cloud-url, --nxCloudUrl <url>', 'the server, such as https://cache.acme.com')
    .addOption(new Option('--storage <place>', 'where to keep the token').choices(['keychain', 'file']))
    .option('--json', 'print the result as JSON', false)
    .addHelpText(
      'after',
      `
Without a usable keychain nothing is kept in plain text unless you say so with --storage file.

Examples:
  $ npx nxkey configure < token.txt
  $ npx nxkey configure --nx-cloud-url https://cache.acme.com < token.txt`,
    )
    .action((flags: ConfigureFlags) =>
      run({ ...flags, ...(token !== undefined && { personalAccessToken: token }) }, dependencies),
    );
}

const runConfigure: Run<ConfigureFlags> = async (flags, dependencies) => {
  const { configure } = await import('./configure.js');
  await configure(flags, dependencies);
};

/**
 * Takes the one token that may stand on a command line out of it: the value of this command's own flag. What looks at
 * the arguments afterwards cannot repeat it: `--storage --personalAccessToken=…` would be an error with the token in it.
 */
export function takeConfiguredToken(args: readonly string[]): { args: readonly string[]; token?: string } {
  if (args[0] !== 'configure') return { args };
  const rest: string[] = [];
  let token: string | undefined;
  let flag: string | undefined;
  for (const arg of args) {
    const assigned = tokenFlags.find((name) => arg.startsWith(`${name}=`));
    if (flag !== undefined) [token, flag] = [arg, undefined];
    else if (assigned !== undefined) token = arg.slice(assigned.length + 1);
    else if (tokenFlags.some((name) => name === arg)) flag = arg;
    else rest.push(arg);
  }
  // Without its value it stays, to be complained about.
  if (flag !== undefined) rest.push(flag);
  return { args: rest, ...(token !== undefined && { token }) };
}
