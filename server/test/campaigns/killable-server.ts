import { createInterface } from 'node:readline';
import { recordToken } from '../../../test/support/ledger.js';
import { isolatedEnv, programs, start } from '../../../test/support/programs.js';
import { tempDir } from '../../../test/support/temp-dir.js';
import { nxkeyServer } from '../support/command-line.js';
import type { Credential } from './cache-client.js';

/** The built server as a process of its own. */
export interface KillableServer {
  url: string;
  /** SIGKILL: at once, without a chance to tidy up. Resolves when the process is gone. */
  kill: () => Promise<void>;
  /** SIGTERM. @returns the exit code */
  stop: () => Promise<number | null>;
}

/** Starts it on a data folder that `nxkey-server init` has made. It ends with the test at the latest. */
export async function startKillableServer(dataFolder: string): Promise<KillableServer> {
  const flags = ['--data', dataFolder, '--port', '0', '--json', '--log-level', 'warn'];
  const running = start(programs.server, ['start', ...flags], { env: isolatedEnv(tempDir()) });
  for await (const line of createInterface({ input: running.process.stdout })) {
    const { url } = JSON.parse(line) as { url: string };
    return {
      url,
      async kill() {
        running.process.kill('SIGKILL');
        await running.finished;
      },
      async stop() {
        running.process.kill('SIGTERM');
        return (await running.finished).code;
      },
    };
  }
  throw new Error(`The server did not start: ${running.stderr()}`);
}

/** A read-write CI access token, made by the operator. */
export async function operatorsCiToken(dataFolder: string, nxCloudId: string): Promise<Credential> {
  const flags = ['--data', dataFolder, '--workspace', nxCloudId, '--name', 'main', '--access', 'read-write'];
  const { stdout, stderr, exitCode } = await nxkeyServer(['ci-token', 'create', ...flags]);
  if (exitCode !== 0) throw new Error(stderr);
  const token = stdout.trim();
  recordToken(token);
  return { kind: 'bearer', token };
}
