import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Nothing but what programs need to be found and to run, so that a person's settings change no figure. */
const plainEnv: NodeJS.ProcessEnv = {
  // Debian keeps nginx in /usr/sbin, which is not in everybody's path.
  PATH: `${process.env['PATH'] ?? ''}:/usr/sbin`,
  HOME: process.env['HOME'],
  LANG: 'C.UTF-8',
};

export interface ProgramOptions {
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** Written to standard input. */
  input?: string;
}

/** Runs a program to its end. @returns what it printed on standard output @throws {Error} unless it exits with 0 */
export async function output(command: string, args: string[], options: ProgramOptions = {}): Promise<string> {
  const child = spawn(command, args, { cwd: options.cwd, env: { ...plainEnv, ...options.env } });
  child.stdin.end(options.input);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with exit code ${code ?? 'none'}: ${stderr}`);
  return stdout;
}

/** A server that runs in a process of its own. */
export class Program {
  readonly #name: string;
  readonly #child: ChildProcess;
  #lastErrors = '';

  constructor(command: string, args: string[], options: Omit<ProgramOptions, 'input'> = {}) {
    this.#name = command;
    this.#child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...plainEnv, ...options.env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    // Read all the time: a full pipe would stop the server in the middle of a log line.
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#lastErrors = (this.#lastErrors + chunk.toString()).slice(-2000);
    });
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error(`${this.#name} cannot be started: ${this.#lastErrors}`);
    return this.#child.pid;
  }

  /** Waits until it answers there, whatever the status. @throws {Error} when it ends, or says nothing for 20 s */
  async answers(url: string): Promise<void> {
    for (let tries = 0; tries < 200; tries++) {
      if (this.#ended) throw new Error(`${this.#name} ended before it answered: ${this.#lastErrors}`);
      try {
        await (await fetch(url)).arrayBuffer();
        return;
      } catch {
        await sleep(100);
      }
    }
    throw new Error(`${this.#name} does not answer at ${url}: ${this.#lastErrors}`);
  }

  async stop(): Promise<void> {
    if (this.#ended) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await ended;
  }

  get #ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('there is no free port');
  return address.port;
}
