import { UsageError, UserError } from '../errors.js';
import { isNxCloudId } from '../protocol/nx-cloud-id.js';
import type { AdministrationClient } from '../rest-client/administration-client.js';
import type { Dependencies } from './dependencies.js';
import { credentialInUse } from './servers.js';

/** The administration API of the server in use, as the person who is logged in. @throws as `credentialInUse` does */
export async function administrationOf(
  { server }: { server?: string },
  dependencies: Dependencies,
): Promise<AdministrationClient> {
  const { serverUrl, token } = await credentialInUse(server, dependencies, 'with --server <url>');
  return dependencies.administration(serverUrl, token);
}

/**
 * The organization to speak of: the one that is named, else the only one that the person belongs to, else that of the
 * current folder's workspace.
 * @returns its slug
 * @throws {UserError} when there is none, {UsageError} when there are several
 */
export async function chosenOrganization(
  { org }: { org?: string },
  client: AdministrationClient,
  dependencies: Dependencies,
): Promise<string> {
  if (org !== undefined) return org;
  const [only, ...others] = await client.organizations();
  if (only === undefined) throw noOrganization(client.serverUrl);
  if (others.length === 0) return only.slug;
  const nxCloudId = await workspaceAround(dependencies);
  if (nxCloudId !== undefined) return (await client.workspace(nxCloudId)).organization.slug;
  const slugs = [only, ...others].map(({ slug }) => slug).join(', ');
  throw new UsageError(`You belong to several organizations: ${slugs}.`, { remedy: 'Name one of them:  --org <slug>' });
}

export function noOrganization(serverUrl: string): UserError {
  return new UserError(`You belong to no organization on ${serverUrl}.`, {
    remedy: 'Ask an owner or admin of your organization to add you:  npx nxkey member add <your e-mail address>',
  });
}

/**
 * The workspace to speak of: the one that is named, else that of the current folder.
 * @returns its nxCloudId
 * @throws {UsageError} when there is none
 */
export async function chosenWorkspace(
  { workspace }: { workspace?: string },
  dependencies: Dependencies,
): Promise<string> {
  const nxCloudId = workspace ?? (await workspaceAround(dependencies));
  if (nxCloudId !== undefined) return nxCloudId;
  throw new UsageError('No workspace is given, and no nx.json with an nxCloudId is in this folder or above.', {
    remedy: 'Name it:  --workspace <nxCloudId>  The ids are listed by:  npx nxkey workspace list',
  });
}

async function workspaceAround({ cwd }: Dependencies): Promise<string | undefined> {
  const { findWorkspace } = await import('../nx-workspace/find-workspace.js');
  const root = await findWorkspace(cwd);
  if (root === undefined) return undefined;
  const { readWorkspaceConfiguration } = await import('../nx-workspace/configuration.js');
  const { nxCloudId } = await readWorkspaceConfiguration(root);
  return nxCloudId !== undefined && isNxCloudId(nxCloudId) ? nxCloudId : undefined;
}
