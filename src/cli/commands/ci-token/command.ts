import { Command, Option } from 'commander';
import { UsageError } from '../../../errors.js';
import type { CiAccessLevel } from '../../../protocol/wire-types.js';
import type { Dependencies } from '../../dependencies.js';
import { duration } from '../../duration.js';
import {
  displayName,
  jsonFlag,
  serverFlag,
  workspaceFlag,
  yesFlag,
  type Run,
  type WorkspaceFlags,
} from '../../flags.js';
import { group } from '../../group.js';

export interface CiTokenCreateFlags extends WorkspaceFlags {
  name: string;
  access: CiAccessLevel;
  /** Seconds from now; without it the token never expires. */
  expires?: number;
}

export type CiTokenListFlags = WorkspaceFlags;

export interface CiTokenRotateFlags extends WorkspaceFlags {
  /** An id or a name. */
  token: string;
  /** Seconds that the old token goes on working. */
  grace: number;
}

export interface CiTokenRevokeFlags extends WorkspaceFlags {
  /** An id or a name. */
  token: string;
  yes: boolean;
}

export interface CiTokenImportFlags extends WorkspaceFlags {
  name: string;
}

/** The server's limit: an old secret that works for longer is no rotation. */
const longestGrace = 30 * 86_400;

export function ciTokenCommand(dependencies: Dependencies): Command {
  return group('ci-token', 'make, list, rotate, revoke and import the CI access tokens of a workspace', [
    ciTokenCreateCommand(dependencies),
    ciTokenListCommand(dependencies),
    ciTokenRotateCommand(dependencies),
    ciTokenRevokeCommand(dependencies),
    ciTokenImportCommand(dependencies),
  ]);
}

export function ciTokenCreateCommand(dependencies: Dependencies, run = runCreate): Command {
  return new Command('create')
    .summary('make a token and print it, once')
    .description(
      'Make a CI access token and print it: it stands alone on standard output, and is never shown again. It belongs ' +
        'into the secrets of your CI as NX_CLOUD_ACCESS_TOKEN, and never into the repository.',
    )
    .argument('<name>', 'as it is listed', displayName)
    .addOption(
      new Option('--access <level>', 'what it may do').choices(['read-only', 'read-write']).makeOptionMandatory(),
    )
    .addOption(new Option('--expires <time>', 'when it ends: 12h, 90d (default: never)').argParser(expiry))
    .addOption(workspaceFlag())
    .addOption(serverFlag())
    .addOption(jsonFlag())
    .addHelpText(
      'after',
      `
A read-only token reads what read-write ones have written, and keeps what it writes to itself: give it to pull requests.

Examples:
  $ npx nxkey ci-token create main --access read-write
  $ npx nxkey ci-token create pull-requests --access read-only --expires 90d
  $ npx nxkey ci-token create main --access read-write | gh secret set NX_CLOUD_ACCESS_TOKEN`,
    )
    .action((name: string, flags: Omit<CiTokenCreateFlags, 'name'>) => run({ name, ...flags }, dependencies));
}

export function ciTokenListCommand(dependencies: Dependencies, run = runList): Command {
  return new Command('list')
    .summary('list the tokens, with when they were last used')
    .description('List the CI access tokens of a workspace, with when they end and were last used.')
    .addOption(workspaceFlag())
    .addOption(serverFlag())
    .addOption(jsonFlag())
    .addHelpText(
      'after',
      `
The tokens themselves are not kept by the server, so none can be shown again. Times are in UTC.

Examples:
  $ npx nxkey ci-token list`,
    )
    .action((flags: CiTokenListFlags) => run(flags, dependencies));
}

export function ciTokenRotateCommand(dependencies: Dependencies, run = runRotate): Command {
  return new Command('rotate')
    .summary('replace a token by a new one and print that, once')
    .description(
      'Make a new CI access token with the name, access and length of life of an old one, and print it: it stands alone ' +
        'on standard output. The old one goes on working for the time given, so that no build fails meanwhile.',
    )
    .argument('<token>', 'its id or name')
    .addOption(
      new Option('--grace <time>', 'how long the old one goes on working: 0, 30m, 24h, at most 30d')
        .argParser(duration('--grace', longestGrace))
        .default(86_400, '24h'),
    )
    .addOption(workspaceFlag())
    .addOption(serverFlag())
    .addOption(jsonFlag())
    .addHelpText(
      'after',
      `
Examples:
  $ npx nxkey ci-token rotate main
  $ npx nxkey ci-token rotate main --grace 1h | gh secret set NX_CLOUD_ACCESS_TOKEN`,
    )
    .action((token: string, flags: Omit<CiTokenRotateFlags, 'token'>) => run({ token, ...flags }, dependencies));
}

export function ciTokenRevokeCommand(dependencies: Dependencies, run = runRevoke): Command {
  return new Command('revoke')
    .summary('end a token at once')
    .description('End a CI access token: the next request with it is refused.')
    .argument('<token>', 'its id or name')
    .addOption(workspaceFlag())
    .addOption(serverFlag())
    .addOption(yesFlag())
    .addOption(jsonFlag())
    .addHelpText(
      'after',
      `
What it wrote stays in the cache. If it leaked, remove that as well: nxkey cache purge --writer <token>

Examples:
  $ npx nxkey ci-token revoke main`,
    )
    .action((token: string, flags: Omit<CiTokenRevokeFlags, 'token'>) => run({ token, ...flags }, dependencies));
}

export function ciTokenImportCommand(dependencies: Dependencies, run = runImport): Command {
  return new Command('import')
    .summary('take over the token that a repository still commits')
    .description(
      'Take over the access token that a repository still commits, so that "nxkey convert-to-nx-cloud-id" finds its ' +
        'workspace. It has the form that nx.json has it in, and keeps its access.',
    )
    .requiredOption('--name <name>', 'as it is listed', displayName)
    .option('--token-stdin', 'read the token from standard input (there is no flag for the token itself)')
    .addOption(workspaceFlag())
    .addOption(serverFlag())
    .addOption(jsonFlag())
    .addHelpText('after', '\nExamples:\n  $ npx nxkey ci-token import --name nx.json --token-stdin < token.txt')
    .action(async ({ tokenStdin, ...flags }: CiTokenImportFlags & { tokenStdin?: true }) => {
      if (tokenStdin === undefined) {
        throw new UsageError('--token-stdin is missing: a token is read from standard input only.', {
          remedy: 'Add --token-stdin and pipe the token in, for example:  … --token-stdin < token.txt',
        });
      }
      await run(flags, dependencies);
    });
}

function expiry(text: string): number {
  const seconds = duration('--expires')(text);
  if (seconds > 0) return seconds;
  throw new UsageError('A token with --expires 0 could never be used.', {
    remedy: 'Leave --expires out for one that does not expire.',
  });
}

const runCreate: Run<CiTokenCreateFlags> = async (flags, dependencies) => {
  const { createCiToken } = await import('./create.js');
  await createCiToken(flags, dependencies);
};

const runList: Run<CiTokenListFlags> = async (flags, dependencies) => {
  const { listCiTokens } = await import('./list.js');
  await listCiTokens(flags, dependencies);
};

const runRotate: Run<CiTokenRotateFlags> = async (flags, dependencies) => {
  const { rotateCiToken } = await import('./rotate.js');
  await rotateCiToken(flags, dependencies);
};

const runRevoke: Run<CiTokenRevokeFlags> = async (flags, dependencies) => {
  const { revokeCiToken } = await import('./revoke.js');
  await revokeCiToken(flags, dependencies);
};

const runImport: Run<CiTokenImportFlags> = async (flags, dependencies) => {
  const { importCiToken } = await import('./import.js');
  await importCiToken(flags, dependencies);
};
