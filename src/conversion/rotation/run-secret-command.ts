import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { programOnWindows } from '../../cli/program-on-windows.js';
import { UserError } from '../../errors.js';
import { errorCode } from '../../files/file-errors.js';
import { maskToken } from '../../protocol/tokens.js';
import { printable } from '../../rest-client/printable.js';
import { killWithChildren } from '../../kill-with-children.js';

export interface CommandSurroundings {
  env: Readonly<Record<string, string | undefined>>;
  /** The folder that the command was typed in, and never the repository, which could bring a program of that name. */
  cwd: string;
  platform: NodeJS.Platform;
  /** Aborted by Ctrl-C, with `Cancelled`. */
  signal: AbortSignal;
  /** How long the command may take, in milliseconds. Default: a minute. */
  deadlineMs?: number;
}

/**
 * Runs a program with a token on its standard input, which ends after it, without a line end. The exit code alone says
 * whether the program took the token: one that leaves its input unread and exits with 0 has done what it wanted. What it
 * prints is shown when it fails, and only then.
 *
 * @throws {UserError} when it could not be started, failed or did not end in time; the reason of `signal`
 */
export async function runSecretCommand(
  [command = '', ...args]: readonly string[],
  token: string,
  surroundings: CommandSurroundings,
): Promise<void> {
  const { platform, signal, deadlineMs = 60_000 } = surroundings;
  signal.throwIfAborted();
  const child = await start(command, args, surroundings);
  const output = lastOutputOf(child);
  // A program that does not read breaks the pipe.
  child.stdin.on('error', () => undefined);
  child.stdin.end(token);

  try {
    const ended = await endOf(child, AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]));
    // Also when Ctrl-C came in this very moment: the token has been handed over.
    if (ended === 0) return;
    if (ended === undefined) await killWithChildren(child, platform);
    signal.throwIfAborted();
    // What it has started and left running may hold its output open.
    await Promise.race([once(child, 'close'), sleep(200)]);
    const how = ended === undefined ? `did not end within ${deadlineMs / 1000} seconds and was killed` : ended;
    const said = output(token);
    throw new UserError(`The command ${command} ${how}.${said === '' ? '' : ` It printed "${said}".`}`, {
      remedy: `Try it by hand, with some text on its standard input:  ${command} --help`,
    });
  } finally {
    // Otherwise what is left running would keep us from ending.
    child.stdout.destroy();
    child.stderr.destroy();
  }
}

async function start(
  command: string,
  args: string[],
  { env, cwd, platform }: CommandSurroundings,
): Promise<ChildProcessWithoutNullStreams> {
  const program = { command, args, env: withoutTokens(env) };
  const found = platform === 'win32' ? await programOnWindows(program) : { ...program, verbatim: false };
  const child = spawn(found.command, found.args, {
    cwd,
    env: program.env,
    // A process group and session of its own, so that it can be killed with all it has started, and asks nobody.
    detached: platform !== 'win32',
    windowsHide: true,
    windowsVerbatimArguments: found.verbatim,
  });
  try {
    await once(child, 'spawn');
    return child;
  } catch (cause) {
    const why =
      errorCode(cause) === 'ENOENT' ? 'there is no such program' : `the system says ${errorCode(cause) ?? 'no more'}`;
    throw new UserError(`The command ${command} could not be started: ${why}.`, {
      remedy: `Check its spelling and that it is on the PATH:  ${command} --version`,
      cause,
    });
  }
}

/** @returns 0, what else it ended with, in words, or `undefined` when `until` was aborted before */
async function endOf(child: ChildProcessWithoutNullStreams, until: AbortSignal): Promise<0 | string | undefined> {
  try {
    const exit: unknown[] = await once(child, 'exit', { signal: until });
    const [code, signal] = exit;
    if (code === 0) return 0;
    return typeof code === 'number' ? `ended with exit code ${code}` : `was ended by ${String(signal)}`;
  } catch (error) {
    if (until.aborted) return undefined;
    throw error;
  }
}

/** Ours are none of its business: it gets the one token that it is to store. */
function withoutTokens(env: CommandSurroundings['env']): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(env).filter(
      ([name]) => !/^(?:NX_CLOUD_\w*TOKEN|NX_SELF_HOSTED_REMOTE_CACHE_ACCESS_TOKEN)$/i.test(name),
    ),
  );
}

const keptBytes = 64 * 1024;
const shownLines = 5;

/** The last lines that a program has printed so far, masked and on one line. */
function lastOutputOf(child: ChildProcessWithoutNullStreams): (token: string) => string {
  let kept = Buffer.alloc(0);
  let cut = false;
  const keep = (chunk: Buffer) => {
    const all = Buffer.concat([kept, chunk]);
    cut ||= all.length > keptBytes;
    kept = all.subarray(-keptBytes);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  return (token) => {
    const lines = kept.toString().split('\n');
    // Half a line may begin with half a token, which nothing would recognize.
    if (cut) lines.shift();
    const shown = lines
      .map((line) => printable(line.replaceAll(token, maskToken(token))))
      .filter((line) => line !== '');
    return shown.slice(-shownLines).join(' / ');
  };
}
