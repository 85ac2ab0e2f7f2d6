import { UserError } from '../../../errors.js';
import type { Dependencies } from '../../dependencies.js';
import { convertOrPutId } from '../../missing-nx-cloud-id.js';
import { configuredServer } from '../../servers.js';
import type { RunFlags } from './command.js';

/** The cache that the command line, the environment and the workspace speak of. Nobody has been asked about it yet. */
export type CacheSource =
  /** The token says which workspace it is for; `nxCloudId` is what the workspace says, if it does. */
  | { kind: 'ci-token'; serverUrl: string; nxCloudId: string | undefined; token: string }
  /** A person, logged in or not. */
  | { kind: 'person'; serverUrl: string; nxCloudId: string };

/** In the order in which Nx takes them (nx-protocol.md §2). */
const ciTokenVariables = ['NX_CLOUD_AUTH_TOKEN', 'NX_CLOUD_ACCESS_TOKEN'] as const;

/** @throws {UserError} when nothing names a server or a workspace of it */
export async function findCacheSource(flags: RunFlags, dependencies: Dependencies): Promise<CacheSource> {
  const { url: serverUrl } = await configuredServer(flags.server, dependencies);
  const nxCloudId = flags.workspace ?? (await nxCloudIdAround(dependencies.cwd));
  const token = ciTokenVariables.map((name) => dependencies.env[name]?.trim() ?? '').find((value) => value !== '');
  if (token !== undefined) return { kind: 'ci-token', serverUrl, nxCloudId, token };
  if (nxCloudId !== undefined) return { kind: 'person', serverUrl, nxCloudId };
  throw new UserError('There is no nxCloudId, neither in an nx.json around the current folder nor given.', {
    remedy: convertOrPutId,
  });
}

async function nxCloudIdAround(folder: string): Promise<string | undefined> {
  const { findWorkspace } = await import('../../../nx-workspace/find-workspace.js');
  const { readWorkspaceConfiguration } = await import('../../../nx-workspace/configuration.js');
  const root = await findWorkspace(folder);
  return root === undefined ? undefined : (await readWorkspaceConfiguration(root)).nxCloudId;
}
