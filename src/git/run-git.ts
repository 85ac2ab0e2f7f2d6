import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { platform } from 'node:process';
import type { Readable, Writable } from 'node:stream';
import { killWithChildren } from '../kill-with-children.js';
import { gitFailure, gitNotStarted, gitTooSlow } from './git-failure.js';
import type { Environment, GitRepository } from './repository.js';

/**
 * Asks git something. Nothing is written, no lock is taken, nothing is fetched, and no program is run that the
 * repository's own configuration names: somebody else may have written that.
 * @throws {UserError} with git's reason, when it ends with another exit code than 0
 */
export async function askGit(repository: GitRepository, args: readonly string[]): Promise<Buffer> {
  return answerOf(startReading(repository, args), '');
}

export interface Told {
  /** For its standard input. */
  input?: string;
  /** In milliseconds; by default ten minutes, since hooks may run all checks of a repository. */
  deadlineMs?: number;
}

const longestChange = 10 * 60_000;
/** In milliseconds: git removes its lock files when it is asked to end, and not when it is killed. */
const cleaningUp = 5_000;

/**
 * Lets git change something, as if the person had typed it: with their hooks, filters, signing and configuration. A hook
 * that waits for something that does not come is ended, with git, and with all that it has started.
 * @throws {UserError} with git's reason, when it ends with another exit code than 0, or does not end in time
 */
export async function tellGit(
  repository: GitRepository,
  args: readonly string[],
  { input = '', deadlineMs = longestChange }: Told = {},
): Promise<Buffer> {
  const git = start(repository, args, environment(repository.env), { inOwnGroup: true });
  const late = new AbortController();
  const deadline = setTimeout(() => {
    late.abort();
    void git.killAll();
  }, deadlineMs);
  try {
    return await answerOf(git, input);
  } catch (error) {
    throw late.signal.aborted ? gitTooSlow(repository, commandIn(args), deadlineMs) : error;
  } finally {
    clearTimeout(deadline);
  }
}

export interface GitProcess {
  stdin: Writable;
  stdout: Readable;
  /** @throws {UserError} when git could not be started, or failed */
  end: Promise<void>;
  kill: () => void;
}

/** `askGit` for those who read the answer as it comes. */
export function startReading(repository: GitRepository, args: readonly string[]): GitProcess {
  return start(repository, [...readingOptions, ...args], {
    ...environment(repository.env),
    GIT_OPTIONAL_LOCKS: '0',
    // What a partial clone has left out stays where it is. The second is for versions of git that know not the first.
    GIT_NO_LAZY_FETCH: '1',
    GIT_ALLOW_PROTOCOL: '',
  });
}

const readingOptions = [
  '--no-pager',
  '--literal-pathspecs',
  ...['core.fsmonitor=false', 'core.untrackedCache=keep', 'core.hooksPath=/dev/null'].flatMap((set) => ['-c', set]),
];

function start(
  repository: GitRepository,
  args: readonly string[],
  env: Environment,
  { inOwnGroup = false } = {},
): GitProcess & { killAll: () => Promise<void> } {
  // With -C rather than in that folder: Windows looks for programs in the current folder first, and this one may have
  // a git.exe of its own.
  const git = spawn('git', ['-C', repository.root, ...args], {
    env,
    stdio: 'pipe',
    windowsHide: true,
    detached: inOwnGroup && platform !== 'win32',
  });
  const stderr = keepStart(git.stderr);
  const end = once(git, 'close').then(
    ([code]: unknown[]) => {
      if (code !== 0) throw gitFailure({ repository, command: commandIn(args), said: stderr() });
    },
    (cause: unknown) => {
      throw gitNotStarted(cause);
    },
  );
  // Whoever waits for something else first, and then for the end, gets the failure all the same.
  end.catch(() => undefined);
  // A git that ends without having read all of its input says itself what was wrong.
  git.stdin.on('error', () => undefined);
  const killAll = async () => {
    await killWithChildren(git, platform, cleaningUp);
    // Whoever has left the group may hold these open.
    git.stdout.destroy();
    git.stderr.destroy();
  };
  return { stdin: git.stdin, stdout: git.stdout, end, kill: () => void git.kill('SIGKILL'), killAll };
}

/** `commit` and the like. */
function commandIn(args: readonly string[]): string {
  return args.find((arg, index) => !arg.startsWith('-') && args[index - 1] !== '-c') ?? '';
}

async function answerOf({ stdin, stdout, end }: GitProcess, input: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  stdin.end(input);
  await end;
  return Buffer.concat(chunks);
}

const keptOfStderr = 64 * 1024;

/** A hook may print without end. */
function keepStart(stream: Readable): () => string {
  const chunks: Buffer[] = [];
  let size = 0;
  stream.on('data', (chunk: Buffer) => {
    if (size < keptOfStderr) chunks.push(chunk);
    size += chunk.length;
  });
  return () => Buffer.concat(chunks).toString();
}

/**
 * The variables that name a repository, or that change what a path means. git sets the first for the hooks it runs, and
 * from within a hook every git would work on the hook's repository (`git rev-parse --local-env-vars` lists them). Those
 * with configuration stay: containers name trusted folders that way.
 */
const ofAnotherRepository =
  /^GIT_(?:DIR|WORK_TREE|IMPLICIT_WORK_TREE|INDEX_FILE|COMMON_DIR|OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES|PREFIX|INTERNAL_SUPER_PREFIX|NAMESPACE|QUARANTINE_PATH|GRAFT_FILE|SHALLOW_FILE|NO_REPLACE_OBJECTS|REPLACE_REF_BASE|CONFIG|REFERENCE_BACKEND|(?:LITERAL|GLOB|NOGLOB|ICASE)_PATHSPECS)$/;

function environment(env: Environment): Environment {
  const kept = Object.entries(env).filter(([name]) => !ofAnotherRepository.test(name.toUpperCase()));
  // LC_ALL: what git says is read by us. GIT_TERMINAL_PROMPT: nobody may be there to answer.
  return { ...Object.fromEntries(kept), LC_ALL: 'C', GIT_TERMINAL_PROMPT: '0' };
}
