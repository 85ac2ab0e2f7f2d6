import { readWorkspaceConfiguration } from './configuration.js';
import { findWorkspace } from './find-workspace.js';
import { findServerUrl, type ServerUrl, type ServerUrlSources } from './server-url.js';

/**
 * `findServerUrl` with the workspace around a folder. nx.json is read only when neither the argument nor the
 * environment names a server, so that one which cannot be read is in nobody's way.
 * @throws {UsageError} for a URL that cannot be used, {UserError} for an nx.json that cannot be read
 */
export async function findServerUrlAround(
  folder: string,
  { argument, env }: Omit<ServerUrlSources, 'workspace'>,
): Promise<ServerUrl | undefined> {
  const given = findServerUrl({ argument, env });
  if (given !== undefined) return given;
  const root = await findWorkspace(folder);
  return root === undefined ? undefined : findServerUrl({ env, workspace: await readWorkspaceConfiguration(root) });
}
