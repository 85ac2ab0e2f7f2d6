import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { maskTokensInText } from '../../src/protocol/token-search.js';
import { recordOutput, recordToken } from './ledger.js';
import type { AtTheEnd } from './temp-dir.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

export const programs = {
  nxkey: join(root, 'bin/nxkey.js'),
  login: join(root, 'bin/login.js'),
  convert: join(root, 'bin/convert-to-nx-cloud-id.js'),
  server: join(root, 'server/bin/nxkey-server.js'),
};

export interface RunOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Written to standard input, which is then closed. */
  input?: string;
  /** When the program is killed at the latest; after the running test if not given. */
  atTheEnd?: AtTheEnd;
  /** The output is a token by design; it is recorded as a token, and not searched for tokens. */
  printsToken?: boolean;
}

export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A program that is still running, and all that it has printed. */
export interface Running {
  process: ChildProcessWithoutNullStreams;
  stdout(): string;
  stderr(): string;
  /** The first match in what it prints to standard error. @throws when it ends before */
  waitFor(pattern: RegExp): Promise<RegExpExecArray>;
  finished: Promise<Finished>;
}

/** A home of the running test's own, so that no program of a test sees anything of this machine's user. */
export function isolatedEnv(home: string, extra: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  mkdirSync(home, { recursive: true });
  const { PATH, TMPDIR, LANG } = process.env;
  return { PATH, TMPDIR, LANG, HOME: home, XDG_CONFIG_HOME: join(home, '.config'), ...extra };
}

/**
 * For what asks the package registry, which may be behind a proxy that speaks for it. Nothing else gets it: reading a file
 * of certificates doubles the time that Node takes to start, and the tests start it a thousand times.
 */
export function authoritiesOfTheRegistry(): NodeJS.ProcessEnv {
  const { NODE_EXTRA_CA_CERTS } = process.env;
  return { NODE_EXTRA_CA_CERTS };
}

/** Starts a built program. It is killed in the end, whatever happened. */
export function start(program: string, args: string[], options: RunOptions = {}): Running {
  const child = spawn(process.execPath, [program, ...args], { cwd: options.cwd, env: options.env });
  return watch(child, maskTokensInText(`${program} ${args.join(' ')}`), options);
}

export async function run(program: string, args: string[], options: RunOptions = {}): Promise<Finished> {
  const running = start(program, args, options);
  running.process.stdin.end(options.input ?? '');
  return running.finished;
}

export function watch(child: ChildProcessWithoutNullStreams, what: string, options: RunOptions = {}): Running {
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  // A program that has ended does not read: that is for the test to judge by its output.
  child.stdin.on('error', () => undefined);
  const finished = once(child, 'close').then(([code]: unknown[]): Finished => {
    if (options.printsToken === true) recordToken(stdout.trim());
    else recordOutput(`stdout of ${what}`, stdout);
    recordOutput(`stderr of ${what}`, stderr);
    return { code: typeof code === 'number' ? code : null, stdout, stderr };
  });
  const { atTheEnd = onTestFinished } = options;
  atTheEnd(async () => {
    child.kill('SIGKILL');
    await finished;
  });
  const waitFor = async (pattern: RegExp): Promise<RegExpExecArray> => {
    for (;;) {
      const match = pattern.exec(stderr);
      if (match !== null) return match;
      const ended = await Promise.race([finished.then(() => true), once(child.stderr, 'data').then(() => false)]);
      if (ended && pattern.exec(stderr) === null) throw new Error(`${what} ended without ${pattern.source}: ${stderr}`);
    }
  };
  return { process: child, stdout: () => stdout, stderr: () => stderr, waitFor, finished };
}
