import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { freePort, output, Program } from './program.js';

const program = fileURLToPath(new URL('../../server/bin/nxkey-server.js', import.meta.url));

export interface NxkeyServer {
  url: string;
  pid: number;
  dataFolder: string;
  /** Of a workspace whose cache is closed to everybody without a token. */
  nxCloudId: string;
  /** Who owns the organization acme. */
  email: string;
  /** An operator's command beside the running server. @returns what it printed as its result */
  operator(args: string[]): Promise<string>;
  stop(): Promise<void>;
}

export interface NxkeyServerOptions {
  env?: NodeJS.ProcessEnv;
  /** Fills the database before the server is started. */
  prepare?: (set: Pick<NxkeyServer, 'dataFolder' | 'nxCloudId' | 'email'>) => Promise<void>;
}

/** The built server with its defaults on a new data folder, in a process of its own. */
export async function startNxkeyServer(
  dataFolder: string,
  { env = {}, prepare }: NxkeyServerOptions = {},
): Promise<NxkeyServer> {
  const email = 'ada@acme.example';
  const run = (args: string[], input?: string) =>
    output(process.execPath, [program, ...args, '--data', dataFolder], { input });
  const nxCloudId = (
    await run(
      ['init', '--email', email, '--name', 'Ada', '--org', 'acme', '--workspace', 'shop'].concat([
        '--preset',
        'recommended',
        '--password-stdin',
      ]),
      randomBytes(18).toString('base64url'),
    )
  ).trim();

  await prepare?.({ dataFolder, nxCloudId, email });

  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const args = [program, 'start', '--data', dataFolder, '--port', String(port)];
  const server = new Program(process.execPath, args, { env });
  await server.answers(`${url}/healthz`);
  return {
    url,
    pid: server.pid,
    dataFolder,
    nxCloudId,
    email,
    operator: (args) => run(args),
    stop: () => server.stop(),
  };
}

/** @returns the token, which nobody may print */
export async function createCiToken(server: NxkeyServer, access: 'read-only' | 'read-write'): Promise<string> {
  const args = ['ci-token', 'create', '--workspace', server.nxCloudId, '--name', 'bench', '--access', access];
  return (await server.operator(args)).trim();
}
