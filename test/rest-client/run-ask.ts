import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { listenUntilTestEnds } from '../support/answering-server.js';
import { recordOutput, recordToken } from '../support/ledger.js';

export const testToken = 'nxp_thisIsNotARealTokenButLooksLikeOne111111';
recordToken(testToken);

const file = (name: string) => fileURLToPath(new URL(`tls/${name}`, import.meta.url));

/** The authority of the test's certificate, which is for nxkey.test, localhost, 127.0.0.1 and 0.0.0.0. */
export const testAuthority = { NODE_EXTRA_CA_CERTS: file('ca.pem') };

/** An https server that knows `/thing`; `tokens` are the Authorization headers that it got. Answers with its port. */
export async function startTlsServer(): Promise<{ port: number; authorizations: (string | undefined)[] }> {
  const authorizations: (string | undefined)[] = [];
  const tls = { key: readFileSync(file('server.key')), cert: readFileSync(file('server.pem')) };
  const server = createServer(tls, (request, response) => {
    authorizations.push(request.headers.authorization);
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"fine":true}');
  });
  return { port: await listenUntilTestEnds(server), authorizations };
}

/** What `ask.ts` printed, run as a process with nothing but this environment. */
export async function ask(serverUrl: string, env: Record<string, string> = {}): Promise<unknown> {
  const program = fileURLToPath(new URL('ask.ts', import.meta.url));
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--import', 'tsx', program, serverUrl], {
    env: { PATH: process.env['PATH'], TEST_TOKEN: testToken, ...env },
  });
  recordOutput(`GET ${serverUrl}`, stdout + stderr);
  return JSON.parse(stdout);
}
