import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { recordOutput, recordToken } from './ledger.js';
import { isolatedEnv, programs, run, start, type Running, type RunOptions } from './programs.js';
import { tempDir, type AtTheEnd } from './temp-dir.js';

export interface TestServer {
  url: string;
  nxCloudId: string;
  person: { email: string; name: string; password: string };
  /** An operator's command on the running server's data folder; answers with its standard output. */
  operate(args: string[], options?: { input?: string; printsToken?: boolean }): Promise<string>;
  /** A personal access token for a person, made by the operator. */
  createPat(email?: string): Promise<string>;
  /** Imports a committed token into the workspace. */
  importCiToken(token: string): Promise<void>;
  /** Stops the process; the data stays. */
  stop(): Promise<void>;
  /** Starts it again, on the same port; another build of it, if one is given. */
  restart(program?: string): Promise<void>;
}

interface ServerOptions {
  preset?: string;
  atTheEnd?: AtTheEnd;
  /** Another build of the server. */
  program?: string;
}

/** The built server on a free port, with one person, one organization and one workspace in it. */
export async function startServer(options: ServerOptions = {}): Promise<TestServer> {
  const { preset = 'recommended', atTheEnd = onTestFinished, program = programs.server } = options;
  const data = join(tempDir(atTheEnd), 'data');
  const env = isolatedEnv(tempDir(atTheEnd));
  const person = { email: 'ada@acme.example', name: 'Ada Lovelace', password: 'correct horse battery staple' };

  const operate: TestServer['operate'] = async (args, options = {}) => {
    const { code, stdout, stderr } = await run(programs.server, [...args, '--data', data], {
      env,
      atTheEnd,
      ...options,
    });
    if (code !== 0) throw new Error(`nxkey-server ${args.join(' ')} ended with ${code ?? 'a signal'}: ${stderr}`);
    return stdout;
  };

  const init = await operate(
    [
      'init',
      '--email',
      person.email,
      '--name',
      person.name,
      '--password-stdin',
      '--org',
      'acme',
      '--workspace',
      'shop',
      '--preset',
      preset,
      '--json',
    ],
    { input: person.password },
  );
  const { nxCloudId } = JSON.parse(init) as { nxCloudId: string };
  recordToken(person.password);

  let running = await listen(program, data, '0', { env, atTheEnd });
  const { url } = running;
  return {
    url,
    nxCloudId,
    person,
    operate,
    createPat: async (email = person.email) =>
      (await operate(['pat', 'create', '--email', email, '--name', 'automation'], { printsToken: true })).trim(),
    importCiToken: async (token) => {
      recordToken(token);
      await operate(['ci-token', 'import', '--workspace', nxCloudId, '--name', 'committed', '--token-stdin'], {
        input: token,
      });
    },
    stop: async () => {
      running.process.kill('SIGTERM');
      await running.finished;
    },
    restart: async (program = programs.server) => {
      running = await listen(program, data, new URL(url).port, { env, atTheEnd });
    },
  };
}

async function listen(
  program: string,
  data: string,
  port: string,
  options: RunOptions,
): Promise<Running & { url: string }> {
  const args = ['start', '--data', data, '--port', port, '--json', '--log-level', 'debug'];
  const running = start(program, args, options);
  for await (const line of createInterface({ input: running.process.stdout })) {
    const { url } = JSON.parse(line) as { url: string };
    return { ...running, url };
  }
  recordOutput('a server that did not start', running.stderr());
  throw new Error(`The server did not start: ${running.stderr()}`);
}
