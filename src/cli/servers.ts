import { AuthenticationRequired, UsageError } from '../errors.js';
import type { ServerUrl } from '../nx-workspace/server-url.js';
import type { Dependencies } from './dependencies.js';

/**
 * The server that the argument, the environment or the workspace names.
 * @throws {UsageError} when none does
 */
export async function configuredServer(argument: string | undefined, dependencies: Dependencies): Promise<ServerUrl> {
  const server = await findConfiguredServer(argument, dependencies);
  if (server !== undefined) return server;
  throw new UsageError(
    'Which server? None is given, and there is none in NX_CLOUD_API, NRWL_API or an nx.json around here.',
    {
      remedy: 'Name it:  npx nxkey login https://cache.acme.com  (or set "nxCloudUrl" in nx.json)',
    },
  );
}

/**
 * The server to speak of: the configured one, else the only one that the person is logged in to.
 * @throws {UsageError} when there are several
 * @throws {AuthenticationRequired} when there is none
 */
export async function serverInUse(argument: string | undefined, dependencies: Dependencies): Promise<string> {
  const configured = await findConfiguredServer(argument, dependencies);
  if (configured !== undefined) return configured.url;
  const [only, ...others] = await (await dependencies.credentials()).list();
  if (only === undefined) throw notLoggedIn();
  if (others.length === 0) return only.serverUrl;
  throw new UsageError(
    `You are logged in to several servers: ${[only, ...others].map((login) => login.serverUrl).join(', ')}.`,
    {
      remedy: 'Name the one you mean as an argument.',
    },
  );
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
  { env, cwd }: Dependencies,
): Promise<ServerUrl | undefined> {
  const { findServerUrlAround } = await import('../nx-workspace/find-server-url.js');
  return findServerUrlAround(cwd, { argument, env });
}
