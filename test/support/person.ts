import { answerDeviceRequest } from '../../tour/form-client.js';
import type { Clone } from './nx.js';
import { isolatedEnv, programs, run, start, type Running } from './programs.js';
import type { TestServer } from './server.js';
import { tempDir } from './temp-dir.js';

/** How a user code looks on the screen, where letters of a color code may stand right before it. */
export const codePattern = /[A-Z]{4}-[A-Z]{4}/;

/** Somebody with an empty home folder. */
export interface Person {
  home: string;
  env: NodeJS.ProcessEnv;
}

export function newPerson(extra: NodeJS.ProcessEnv = {}): Person {
  const home = tempDir();
  return { home, env: isolatedEnv(home, extra) };
}

/** Logs in with a token that the operator has made: the short way where the login itself is not the matter. */
export async function logInWithToken(server: TestServer, { env }: Person): Promise<string> {
  const token = await server.createPat();
  const args = ['login', server.url, '--with-token', '--storage', 'file'];
  const { code, stderr } = await run(programs.nxkey, args, { env, input: token });
  if (code !== 0) throw new Error(`login failed: ${stderr}`);
  return token;
}

/** Logs in without a terminal and approves in a browser; answers with the token. */
export async function logIn(
  server: TestServer,
  { env }: Person,
  storage: 'file' | 'keychain' = 'file',
): Promise<string> {
  const login = start(programs.nxkey, ['login', server.url, '--storage', storage], { env });
  await approve(server, login);
  return storedToken(server, { env });
}

/** The same by `npx nx login`, or `npx nx-cloud login` where Nx has no such command (up to 19.6). */
export async function logInByNx(
  server: TestServer,
  { env }: Person,
  clone: Clone,
  storage: 'file' | 'keychain' = 'file',
): Promise<void> {
  const login = start(clone.loginProgram, ['login', server.url, '--storage', storage], { cwd: clone.root, env });
  await approve(server, login);
}

async function approve(server: TestServer, login: Running): Promise<void> {
  const [code] = await login.waitFor(codePattern);
  await answerDeviceRequest(server.url, server.person, code);
  const { code: exitCode, stderr } = await login.finished;
  if (exitCode !== 0) throw new Error(`login failed: ${stderr}`);
}

export async function storedToken(server: TestServer, { env }: Pick<Person, 'env'>): Promise<string> {
  const { stdout } = await run(programs.nxkey, ['token', server.url], { env, printsToken: true });
  return stdout.trim();
}

/** Whether the server still takes a token. */
export async function tokenWorks(server: TestServer, token: string): Promise<boolean> {
  const response = await fetch(`${server.url}/api/v1/me`, { headers: { authorization: `Bearer ${token}` } });
  if (response.status !== 200 && response.status !== 401) throw new Error(`unexpected status ${response.status}`);
  return response.status === 200;
}
