import { Command, Option } from 'commander';
import { UsageError } from '../../../errors.js';
import type { Dependencies } from '../../dependencies.js';
import { jsonFlag, serverFlag, workspaceFlag, yesFlag, type Run, type WorkspaceFlags } from '../../flags.js';
import { group } from '../../group.js';

export type CacheStatsFlags = WorkspaceFlags;

export interface CachePurgeFlags extends WorkspaceFlags {
  what: PurgeChoice;
  yes: boolean;
}

export type PurgeChoice =
  | { kind: 'all' }
  | { kind: 'isolated' }
  | { kind: 'hash'; hash: string }
  /** The id or name of a CI access token, an e-mail address, or `anonymous`. */
  | { kind: 'writer'; writer: string };

export function cacheCommand(dependencies: Dependencies): Command {
  return group('cache', 'see what is in the cache of a workspace, and remove from it', [
    cacheStatsCommand(dependencies),
    cachePurgeCommand(dependencies),
  ]);
}

export function cacheStatsCommand(dependencies: Dependencies, run = runStats): Command {
  return new Command('stats')
    .summary('show how much is in the cache, and who wrote it')
    .description('Show how much is in the cache of a workspace, and who wrote it.')
    .addOption(workspaceFlag())
    .addOption(serverFlag())
    .addOption(jsonFlag())
    .addHelpText(
      'after',
      `
What is trusted is read by everybody with access. What is isolated was written with read-only CI access tokens; only the
same token reads it.

Examples:
  $ npx nxkey cache stats`,
    )
    .action((flags: CacheStatsFlags) => run(flags, dependencies));
}

interface PurgeOptions extends WorkspaceFlags {
  writer?: string;
  hash?: string;
  isolated?: true;
  all?: true;
  yes: boolean;
}

export function cachePurgeCommand(dependencies: Dependencies, run = runPurge): Command {
  return new Command('purge')
    .summary('remove artifacts for good')
    .description('Remove artifacts from the cache of a workspace for good. One of the first four flags says which.')
    .option(
      '--writer <who>',
      'what a CI access token (its id or name) or a person (e-mail address) wrote, or "anonymous"',
    )
    .addOption(new Option('--hash <hash>', 'what is stored under one hash').argParser(hash))
    .option('--isolated', 'what was written with read-only CI access tokens')
    .option('--all', 'everything')
    .addOption(workspaceFlag())
    .addOption(serverFlag())
    .addOption(yesFlag())
    .addOption(jsonFlag())
    .addHelpText(
      'after',
      `
If a token leaked, revoke it first, or it goes on writing: nxkey ci-token revoke <token>

Examples:
  $ npx nxkey cache purge --writer main
  $ npx nxkey cache purge --writer grace@acme.example --yes
  $ npx nxkey cache purge --hash 11400714819323198485`,
    )
    .action(async ({ writer, hash, isolated, all, ...flags }: PurgeOptions) => {
      const choices: PurgeChoice[] = [
        ...(writer === undefined ? [] : [{ kind: 'writer', writer } as const]),
        ...(hash === undefined ? [] : [{ kind: 'hash', hash } as const]),
        ...(isolated === undefined ? [] : [{ kind: 'isolated' } as const]),
        ...(all === undefined ? [] : [{ kind: 'all' } as const]),
      ];
      const [what, ...others] = choices;
      if (what === undefined || others.length > 0) {
        throw new UsageError(`What to remove is given ${what === undefined ? 'by none' : 'by several'} of the flags.`, {
          remedy: 'Give one of --writer, --hash, --isolated and --all.',
        });
      }
      await run({ what, ...flags }, dependencies);
    });
}

function hash(text: string): string {
  if (/^[A-Za-z0-9_-]{1,128}$/.test(text)) return text;
  throw new UsageError('--hash takes the hash of a task: 1 to 128 letters, digits, dashes and underscores.');
}

const runStats: Run<CacheStatsFlags> = async (flags, dependencies) => {
  const { showCacheStats } = await import('./stats.js');
  await showCacheStats(flags, dependencies);
};

const runPurge: Run<CachePurgeFlags> = async (flags, dependencies) => {
  const { purgeCache } = await import('./purge.js');
  await purgeCache(flags, dependencies);
};
