import { Command, Option } from 'commander';
import { UsageError } from '../../../errors.js';
import { isNxCloudId } from '../../../protocol/nx-cloud-id.js';
import type { Dependencies } from '../../dependencies.js';
import { duration } from '../../duration.js';

export interface ConvertFlags {
  /** Roots of workspaces, or `-` for standard input; without any, the workspace around the current folder. */
  paths: string[];
  /** The paths are folders to be searched for workspaces. */
  recursive: boolean;
  /** Paths on standard input end with NUL rather than with a line's end. */
  null: boolean;
  /** How many workspaces at a time. */
  jobs: number;
  /** The id to put in the token's place; no server is asked then. */
  nxCloudId?: string;
  /** A file with ids. */
  map?: string;
  server?: string;
  /** The output of an earlier run with `--json`. */
  resume?: string;
  /** A new file for the token. */
  tokenTo?: string;
  /** Write to files with uncommitted changes, too. */
  force: boolean;
  /** One commit for each repository. */
  commit: boolean;
  message?: string;
  /** A new branch for the commits. */
  branch?: string;
  /** Add the token, by the name of its secret, to the CI jobs that run Nx. */
  patchCi: boolean;
  /** Look for tokens in all commits. */
  scanHistory: boolean;
  /** Hand new tokens to a command, and let the committed ones end. */
  rotate: boolean;
  secretCommand?: string;
  /** In seconds. */
  grace: number;
  dryRun: boolean;
  json: boolean;
}

/** Enough that some wait for the disk while others are worked on; more gained nothing (bench/convert-fleet.bench.ts). */
const defaultJobs = 8;

/** In seconds: a week, so that pipelines which are run weekly have got the new token before. */
const defaultGrace = 7 * 86_400;
const longestGrace = 30 * 86_400;

export function convertToNxCloudIdCommand(dependencies: Dependencies, run = runConvert): Command {
  return new Command('convert-to-nx-cloud-id')
    .summary('replace the access token in nx.json by the harmless nxCloudId')
    .description(
      'Replace the access token in nx.json by the nxCloudId of its workspace, and say what is left to do.\n\n' +
        "No more changes than the Nx of the workspace needs: mostly the token's key and value alone. Comments and " +
        'formatting stay. The server that knows the token is --server, or NX_CLOUD_API, or NRWL_API, or what nx.json names.',
    )
    .argument(
      '[path...]',
      'folders that have an nx.json, or - to read them (default: the workspace around this folder)',
    )
    .option('-r, --recursive', 'search the folders for workspaces, but not what .gitignore names', false)
    .option('-0, --null', 'the paths on standard input end with NUL, as from find -print0', false)
    .addOption(new Option('--jobs <number>', 'how many workspaces at a time').default(defaultJobs).argParser(jobs))
    .option('--nx-cloud-id <id>', 'put this id in, without asking a server', nxCloudId)
    .option('--map <file>', 'take ids from lines of: path or SHA-256 of the token, tab, nxCloudId', mapFile)
    .option('--server <url>', 'the server that knows the token')
    .option('--resume <report>', 'do only what the --json output of an earlier run has not as done', reportFile)
    .option('--token-to <file>', 'write the token to a new file that only you can read', tokenFile)
    .option('--patch-ci', 'add NX_CLOUD_ACCESS_TOKEN to the CI jobs that run Nx, never the token itself', false)
    .option('--force', 'write to files that have uncommitted changes, too', false)
    .option('--commit', 'commit what has changed, and nothing else: once for each repository', false)
    .option('-m, --message <text>', 'the message of the commits')
    .option('--branch <name>', 'make the commits on a new branch of this name')
    .option('--scan-history', 'look for tokens in all commits, too', false)
    .option('--rotate', 'make new CI access tokens, and let the committed ones end', false)
    .option(
      '--secret-command <command>',
      'what takes a new token on standard input, such as gh secret set {name} -R {repo}',
    )
    .addOption(
      new Option('--grace <time>', 'how long the committed tokens go on working: 0, 30m, 24h, at most 30d')
        .default(defaultGrace, '7d')
        .argParser(duration('--grace', longestGrace)),
    )
    .option('--dry-run', 'show the changes as a diff, with tokens masked, and write nothing', false)
    .option('--json', 'print one line of JSON for each workspace', false)
    .addHelpText(
      'after',
      `
Examples:
  $ npx nxkey convert-to-nx-cloud-id --dry-run
  $ npx nxkey convert-to-nx-cloud-id --token-to ../ci-token.txt
  $ npx nxkey convert-to-nx-cloud-id --nx-cloud-id 63f1a2b3c4d5e6f708192a3b
  $ npx nxkey convert-to-nx-cloud-id ./web --server https://cache.acme.com
  $ npx nxkey convert-to-nx-cloud-id --recursive ~/repositories --map ids.tsv --json > report.jsonl
  $ npx nxkey convert-to-nx-cloud-id ./web --patch-ci --commit --rotate --secret-command 'gh secret set {name} -R {repo}'`,
    )
    .action(async (paths: string[], options: Omit<ConvertFlags, 'paths'>) => {
      const flags = { ...options, paths };
      refuseCombinations(flags);
      await run(flags, dependencies);
    });
}

async function runConvert(flags: ConvertFlags, dependencies: Dependencies): Promise<void> {
  const { convertToNxCloudId } = await import('./convert-to-nx-cloud-id.js');
  await convertToNxCloudId(flags, dependencies);
}

/** There may be more than one workspace, whatever turns out to be there. */
export function isFleet({ paths, recursive, resume }: ConvertFlags): boolean {
  return paths.length > 1 || paths.includes('-') || recursive || resume !== undefined;
}

function refuseCombinations(flags: ConvertFlags): void {
  if (flags.paths.includes('')) {
    throw new UsageError('One of the paths is empty, perhaps from a variable that is not set.', {
      remedy: 'Name the folder; the current one is  .',
    });
  }
  if (flags.message?.trim() === '') {
    throw new UsageError('--message is empty, and git makes no commit without a message.', {
      remedy: 'Write one, or leave the flag out for the standard one.',
    });
  }
  if (flags.nxCloudId !== undefined && isFleet(flags)) {
    throw new UsageError('--nx-cloud-id gives one id, and here are several workspaces.', {
      remedy: 'Give the id of each in a file:  --map ids.tsv',
    });
  }
  if (flags.tokenTo !== undefined && isFleet(flags)) {
    throw new UsageError('--token-to takes one token, and here are several workspaces.', {
      remedy: 'Leave it out. The tokens stay in the git history until they are rotated.',
    });
  }
  if (flags.nxCloudId !== undefined && flags.map !== undefined) {
    throw new UsageError('--nx-cloud-id and --map both give ids.', { remedy: 'Leave one of them out.' });
  }
  if (!flags.commit && (flags.message !== undefined || flags.branch !== undefined)) {
    const flag = flags.message === undefined ? '--branch' : '--message';
    throw new UsageError(`${flag} is for commits, and none is asked for.`, { remedy: 'Add --commit.' });
  }
  if (flags.rotate !== (flags.secretCommand !== undefined)) {
    throw new UsageError('--rotate and --secret-command need each other: a new token has to be handed to something.', {
      remedy: "Give both:  --rotate --secret-command 'gh secret set {name} -R {repo}'",
    });
  }
  if (flags.rotate && flags.tokenTo !== undefined) {
    throw new UsageError('--token-to keeps the committed token, and --rotate lets it end.', {
      remedy: 'Leave one of them out.',
    });
  }
  if (flags.null && !flags.paths.includes('-')) {
    throw new UsageError('--null is about paths on standard input, and they are read only for the path "-".', {
      remedy: 'Write it behind the flag:  find … -print0 | npx nxkey convert-to-nx-cloud-id -0 -',
    });
  }
}

function jobs(value: string): number {
  if (/^[1-9]\d?$/.test(value) && Number(value) <= 64) return Number(value);
  throw new UsageError('--jobs takes a whole number from 1 to 64.');
}

function mapFile(value: string): string {
  if (value !== '' && value !== '-') return value;
  throw new UsageError('--map takes the path of a file.', {
    remedy: 'Its lines are a path or the SHA-256 of a token in hex, a tab, and an nxCloudId.',
  });
}

function reportFile(value: string): string {
  if (value !== '' && value !== '-') return value;
  throw new UsageError('--resume takes the path of a file.', {
    remedy: 'It is what an earlier run with --json has printed:  --json > report.jsonl',
  });
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
