import { UserError } from '../../errors.js';
import type { Dependencies } from '../dependencies.js';
import { convertOrPutId } from '../missing-nx-cloud-id.js';
import { configuredServer } from '../servers.js';

/** The cache that the command line, the environment and the workspace speak of. Nobody has been asked about it yet. */
export type CacheSource =
  /** The token says which workspace it is for; `nxCloudId` is what the workspace says, if it does. */
  | { kind: 'ci-token'; serverUrl: string; nxCloudId: string | undefined; token: string }
  /** A person, logged in or not. */
  | { kind: 'person'; serverUrl: string; nxCloudId: string };

/** What was named, rather than found around the current folder. */
export interface NamedCache {
  /** A server's URL. */
  server?: string | undefined;
  /** An nxCloudId. */
  workspace?: string | undefined;
}

/**
 * A CI access token in the environment or in `nx-cloud.env` speaks first (nx-protocol.md §2), then the person.
 * @throws {UserError} when nothing names a server or a workspace of it
 */
export async function findCacheSource(named: NamedCache, dependencies: Dependencies): Promise<CacheSource> {
  const { env, cwd } = dependencies;
  const { url: serverUrl } = await configuredServer(named.server, dependencies);
  const { findWorkspace } = await import('../../nx-workspace/find-workspace.js');
  const root = await findWorkspace(cwd);
  const nxCloudId = named.workspace ?? (root === undefined ? undefined : await nxCloudIdOf(root));
  const { ciTokenIn } = await import('../../nx-workspace/nx-cloud-env.js');
  const token = await ciTokenIn(env, root);
  if (token !== undefined) return { kind: 'ci-token', serverUrl, nxCloudId, token };
  if (nxCloudId !== undefined) return { kind: 'person', serverUrl, nxCloudId };
  throw new UserError('There is no nxCloudId, neither in an nx.json around the current folder nor given.', {
    remedy: convertOrPutId,
  });
}

async function nxCloudIdOf(root: string): Promise<string | undefined> {
  const { readWorkspaceConfiguration } = await import('../../nx-workspace/configuration.js');
  return (await readWorkspaceConfiguration(root)).nxCloudId;
}
