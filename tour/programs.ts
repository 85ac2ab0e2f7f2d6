import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { maskToken } from '../src/protocol/tokens.js';

const root = fileURLToPath(new URL('..', import.meta.url));

export interface RunOptions {
  cwd?: string;
  /** Written to standard input. */
  input?: string;
  /** Arguments that are not worth showing. */
  also?: string[];
  /** Leaves the terminal to the program. */
  interactive?: boolean;
  /** Another person's computer: a home folder of its own. */
  computer?: string;
  /** Set for the program, and shown without its value. */
  secrets?: Record<string, string>;
  /** The result is a token, which is shown as far as it may be. */
  printsToken?: boolean;
  /** Called with the code that `login` shows. */
  onUserCode?: (userCode: string) => Promise<void>;
}

/** The built programs, run in a home folder of their own, each shown as it would be typed. */
export class Programs {
  readonly #folder: string;
  readonly #env: NodeJS.ProcessEnv;
  #server: ChildProcess | undefined;

  constructor(folder: string) {
    this.#folder = folder;
    // The person's own tokens and settings stay out of the tour, and the tour out of theirs.
    const inherited = Object.entries(process.env).filter(([name]) => !/^(NX_|NRWL_|NXKEY_)/.test(name));
    this.#env = { ...Object.fromEntries(inherited), ...homeIn(folder), NX_DAEMON: 'false', NX_TUI: 'false' };
  }

  /** Starts the server on a free port and answers with its URL once it accepts connections. */
  async startServer(): Promise<string> {
    const args = ['start', '--data', this.#data, '--port', '0', '--json', '--log-level', 'error'];
    console.log('$ nxkey-server start --data server --port 0');
    const server = spawn(process.execPath, [join(root, 'server/bin/nxkey-server.js'), ...args], {
      env: this.#env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#server = server;
    for await (const line of createInterface({ input: server.stdout })) {
      const { url } = JSON.parse(line) as { url: string };
      console.log(`  ${url}`);
      return url;
    }
    throw new Error('The server ended before it accepted connections.');
  }

  /** An operator's command on the running server's folder. Answers with what it printed as its result. */
  server(args: string[], options: RunOptions = {}): Promise<string> {
    const program = join(root, 'server/bin/nxkey-server.js');
    return this.#run('nxkey-server', program, args, {
      ...options,
      also: [...(options.also ?? []), '--data', this.#data],
    });
  }

  cli(args: string[], options: RunOptions = {}): Promise<string> {
    return this.#run('npx nxkey', join(root, 'bin/nxkey.js'), args, options);
  }

  nx(args: string[], options: RunOptions = {}): Promise<string> {
    return this.#run('npx nx', join(root, 'node_modules/nx/dist/bin/nx.js'), args, options);
  }

  async stop(): Promise<void> {
    if (this.#server === undefined || this.#server.exitCode !== null) return;
    const ended = once(this.#server, 'exit');
    this.#server.kill('SIGTERM');
    await ended;
  }

  get #data(): string {
    return join(this.#folder, 'server');
  }

  async #run(name: string, program: string, args: string[], options: RunOptions): Promise<string> {
    const { computer, cwd = this.#folder, secrets = {} } = options;
    const variables = Object.keys(secrets).map((variable) => `${variable}=…`);
    console.log(`\n$ ${[...variables, name, ...args.map((arg) => (arg.includes(' ') ? `"${arg}"` : arg))].join(' ')}`);
    const child = spawn(process.execPath, [program, ...args, ...(options.also ?? [])], {
      env: {
        ...this.#env,
        ...(computer !== undefined && homeIn(join(this.#folder, computer))),
        // Nx would keep it in one place for all clones here, as if they were on one computer.
        NX_WORKSPACE_DATA_DIRECTORY: join(cwd, '.nx/workspace-data'),
        ...secrets,
      },
      cwd,
      stdio: options.interactive === true ? 'inherit' : 'pipe',
    });
    child.stdin?.end(options.input);
    let result = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      result += chunk.toString();
      if (options.printsToken !== true) process.stdout.write(chunk);
    });
    const approvals: Promise<void>[] = [];
    child.stderr?.on('data', (chunk: Buffer) => {
      process.stderr.write(chunk);
      const userCode = /[B-Z]{4}-[B-Z]{4}/.exec(chunk.toString())?.[0];
      if (userCode === undefined || options.onUserCode === undefined) return;
      approvals.push(
        options.onUserCode(userCode).catch((error: unknown) => {
          // Nobody will approve any more: the program would wait until its code expires.
          child.kill();
          throw error;
        }),
      );
    });
    const [code] = (await once(child, 'close')) as [number | null];
    await Promise.all(approvals);
    if (code !== 0) throw new Error(`${name} ${args.join(' ')} ended with exit code ${code ?? 'none'}.`);
    if (options.printsToken === true) console.log(maskToken(result.trim()));
    return result.trim();
  }
}

function homeIn(folder: string): NodeJS.ProcessEnv {
  return { HOME: folder, USERPROFILE: folder, APPDATA: folder, XDG_CONFIG_HOME: join(folder, 'config') };
}
