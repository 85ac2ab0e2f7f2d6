import { UserError } from '../../errors.js';
import { findServerUrl } from '../../nx-workspace/server-url.js';
import type { Dependencies } from '../dependencies.js';
import { convertOrPutId } from '../missing-nx-cloud-id.js';
import { configuredServer } from '../servers.js';

/** The cache that the command line, the environment and the workspace speak of. Nobody has been asked about it yet. */
export type CacheSource =
  /** The token says which workspace it is for; `nxCloudId` is what the workspace says, if it does. */
  | { kind: 'ci-token'; serverUrl: string; nxCloudId: string | undefined; token: string }
  /** A person, logged in or not. Without a token of her own the committed one is taken, for CI. */
  | { kind: 'person'; serverUrl: string; nxCloudId: string; committedToken: string | undefined };

/** What was named, rather than found around the current folder. */
export interface NamedCache {
  /** A server's URL. */
  server?: string | undefined;
  /** An nxCloudId. */
  workspace?: string | undefined;
  /** What Nx has made of nx.json and the files that it extends: counts before nx.json, which is all that we read. */
  merged?: { url?: string | undefined; nxCloudId?: string | undefined; accessToken?: string | undefined };
}

/** What both steps need of the outside world. */
export type CacheDependencies = Pick<Dependencies, 'env' | 'cwd' | 'restClient' | 'credentials'>;

/**
 * A CI access token in the environment or in `nx-cloud.env` speaks first (nx-protocol.md §2), then the person, and last
 * an access token that nx.json still has.
 * @throws {UserError} when nothing names a server or a workspace of it
 */
export async function findCacheSource(named: NamedCache, dependencies: CacheDependencies): Promise<CacheSource> {
  const { env, cwd } = dependencies;
  const { merged = {} } = named;
  const serverUrl = await serverOf(named, dependencies);
  const { findWorkspace } = await import('../../nx-workspace/find-workspace.js');
  const root = await findWorkspace(cwd);
  const nxCloudId = named.workspace ?? merged.nxCloudId ?? (root === undefined ? undefined : await nxCloudIdOf(root));
  const { ciTokenIn } = await import('../../nx-workspace/nx-cloud-env.js');
  const token = await ciTokenIn(env, root);
  if (token !== undefined) return { kind: 'ci-token', serverUrl, nxCloudId, token };
  const committedToken = merged.accessToken;
  if (nxCloudId !== undefined) return { kind: 'person', serverUrl, nxCloudId, committedToken };
  if (committedToken !== undefined) return { kind: 'ci-token', serverUrl, nxCloudId, token: committedToken };
  throw new UserError('There is no nxCloudId, neither in an nx.json around the current folder nor given.', {
    remedy: convertOrPutId,
  });
}

async function serverOf({ server, merged }: NamedCache, dependencies: CacheDependencies): Promise<string> {
  const { env } = dependencies;
  if (merged?.url === undefined) return (await configuredServer(server, dependencies)).url;
  const workspace = { serverUrls: [{ text: merged.url, source: 'nx.json' }] };
  return findServerUrl({ argument: server, env, workspace })?.url ?? (await configuredServer(server, dependencies)).url;
}

async function nxCloudIdOf(root: string): Promise<string | undefined> {
  const { readWorkspaceConfiguration } = await import('../../nx-workspace/configuration.js');
  return (await readWorkspaceConfiguration(root)).nxCloudId;
}
