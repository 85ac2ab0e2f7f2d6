import type { Credential } from '../credentials/credentials.js';
import { AuthenticationRequired, UsageError } from '../errors.js';
import type { ServerUrl } from '../nx-workspace/server-url.js';
import type { Dependencies } from './dependencies.js';

/**
 * The server that the argument, the environment or the workspace names.
 * @throws {UsageError} when none does
 */
export async function configuredServer(
  argument: string | undefined,
  dependencies: Pick<Dependencies, 'env' | 'cwd'>,
): Promise<ServerUrl> {
  const server = await findConfiguredServer(argument, dependencies);
  if (server !== undefined) return server;
  const { noServerNamed } = await import('../nx-workspace/server-url.js');
  throw noServerNamed();
}

/**
 * The server to speak of and the token to speak with: the configured server, else the only one that the person is
 * logged in to.
 * @param naming how the person would name the server: `as an argument`, `with --server <url>`
 * @throws {UsageError} when there are several
 * @throws {AuthenticationRequired} when there is none, or no token for it
 */
export async function credentialInUse(
  argument: string | undefined,
  dependencies: Dependencies,
  naming = 'as an argument',
): Promise<{ serverUrl: string; token: string }> {
  const configured = await findConfiguredServer(argument, dependencies);
  const serverUrl = configured?.url ?? (await onlyLogin(dependencies, naming));
  const credential = await credentialFor(serverUrl, configured !== undefined, dependencies);
  if (credential === null) throw notLoggedIn(serverUrl);
  return { serverUrl, token: credential.token };
}

/** The token in the environment belongs to the configured server; no other one ever gets to see it. */
export async function credentialFor(
  serverUrl: string,
  configured: boolean,
  dependencies: Pick<Dependencies, 'env' | 'credentials'>,
): Promise<Credential | null> {
  const { findCredential } = await import('../credentials/credentials.js');
  const env = configured ? dependencies.env : {};
  return findCredential({ env, credentials: await dependencies.credentials(), serverUrl });
}

async function onlyLogin(dependencies: Dependencies, naming: string): Promise<string> {
  const [only, ...others] = await (await dependencies.credentials()).list();
  if (only === undefined) throw notLoggedIn();
  if (others.length === 0) return only.serverUrl;
  const urls = [only, ...others].map((login) => login.serverUrl).join(', ');
  throw new UsageError(`You are logged in to several servers: ${urls}.`, {
    remedy: `Name the one you mean ${naming}.`,
  });
}

export function notLoggedIn(serverUrl?: string): AuthenticationRequired {
  return serverUrl === undefined
    ? new AuthenticationRequired('You are not logged in anywhere.', { remedy: 'Log in:  npx nxkey login <nxCloudUrl>' })
    : new AuthenticationRequired(`You are not logged in to ${serverUrl}.`, {
        remedy: `Log in:  npx nxkey login ${serverUrl}`,
      });
}

export async function findConfiguredServer(
  argument: string | undefined,
  { env, cwd }: Pick<Dependencies, 'env' | 'cwd'>,
): Promise<ServerUrl | undefined> {
  const { findServerUrlAround } = await import('../nx-workspace/find-server-url.js');
  return findServerUrlAround(cwd, { argument, env });
}
