import type { Credential } from '../../../credentials/credentials.js';
import { AuthenticationRequired, UserError } from '../../../errors.js';
import { maskToken } from '../../../protocol/tokens.js';
import type { AccessLevel } from '../../../protocol/wire-types.js';
import type { Dependencies } from '../../dependencies.js';
import { convertOrPutId } from '../../missing-nx-cloud-id.js';
import { credentialFor, findConfiguredServer } from '../../servers.js';

/** What `nxkey status --json` prints. Timestamps are ISO 8601 in UTC; `null` stands for what there is none of. */
export interface Status {
  servers: ServerStatus[];
  workspace: WorkspaceStatus | null;
}

export interface ServerStatus {
  serverUrl: string;
  /** Named by the environment or the workspace: the one that the exit code speaks of. */
  configured: boolean;
  state: 'logged-in' | 'not-logged-in' | 'token-invalid' | 'unknown';
  user: { name: string; email: string } | null;
  token: { name: string | null; masked: string; keptIn: string; since: string | null; expiresAt: string | null } | null;
  /** What is to be known about organizations that the person owns. */
  warnings: { organization: string; message: string }[];
  /** Why the state is not `logged-in`, and what to do. */
  problem: { message: string; remedy: string | null } | null;
}

export interface WorkspaceStatus {
  root: string;
  nxCloudId: string | null;
  serverUrl: string | null;
  access: { level: AccessLevel; because: string } | null;
  /** Why there is no `access`. */
  problem: { message: string; remedy: string | null } | null;
}

/** Asks every server at the same time; what cannot be found out is part of the answer and never thrown. */
export async function collectStatus(dependencies: Dependencies): Promise<Status> {
  const configured = await findConfiguredServer(undefined, dependencies);
  const logins = await (await dependencies.credentials()).list();
  const urls = new Set(logins.map((login) => login.serverUrl));
  if (configured !== undefined) urls.add(configured.url);

  const [servers, workspace] = await Promise.all([
    Promise.all([...urls].sort().map((url) => serverStatus(url, url === configured?.url, dependencies))),
    workspaceStatus(configured?.url, dependencies),
  ]);
  return { servers, workspace };
}

async function serverStatus(serverUrl: string, configured: boolean, dependencies: Dependencies): Promise<ServerStatus> {
  const status: ServerStatus = {
    serverUrl,
    configured,
    state: 'unknown',
    user: null,
    token: null,
    warnings: [],
    problem: null,
  };
  try {
    const credential = await credentialFor(serverUrl, configured, dependencies);
    if (credential === null) return { ...status, state: 'not-logged-in', problem: notLoggedInProblem(serverUrl) };
    status.token = tokenStatus(credential);
    status.user = credential.login?.user ?? null;
    const me = await (await dependencies.restClient(serverUrl)).whoAmI(credential.token);
    return {
      ...status,
      state: 'logged-in',
      user: { name: me.user.name, email: me.user.email },
      token: { ...status.token, name: me.token.name, expiresAt: me.token.expiresAt },
      warnings: me.organizations.flatMap(({ slug, warnings }) =>
        warnings.map((message) => ({ organization: slug, message })),
      ),
    };
  } catch (error) {
    return {
      ...status,
      state: error instanceof AuthenticationRequired ? 'token-invalid' : 'unknown',
      problem: problemOf(error),
    };
  }
}

async function workspaceStatus(
  serverUrl: string | undefined,
  dependencies: Dependencies,
): Promise<WorkspaceStatus | null> {
  const { findWorkspace } = await import('../../../nx-workspace/find-workspace.js');
  const { readWorkspaceConfiguration } = await import('../../../nx-workspace/configuration.js');
  const root = await findWorkspace(dependencies.cwd);
  if (root === undefined) return null;
  const status: WorkspaceStatus = { root, nxCloudId: null, serverUrl: serverUrl ?? null, access: null, problem: null };
  try {
    const { nxCloudId } = await readWorkspaceConfiguration(root);
    if (nxCloudId === undefined) {
      return { ...status, problem: { message: 'nx.json has no nxCloudId.', remedy: convertOrPutId } };
    }
    status.nxCloudId = nxCloudId;
    if (serverUrl === undefined) {
      const remedy = 'Set "nxCloudUrl" in nx.json, or NX_CLOUD_API.';
      return { ...status, problem: { message: 'No cache server is configured.', remedy } };
    }
    const credential = await credentialFor(serverUrl, true, dependencies);
    const access = await (await dependencies.restClient(serverUrl)).workspaceAccess(nxCloudId, credential?.token);
    if (access === null) {
      const remedy = 'Check the nxCloudId in nx.json with an owner of your organization.';
      return { ...status, problem: { message: `${serverUrl} has no workspace with this nxCloudId.`, remedy } };
    }
    return { ...status, access: { level: access.level, because: access.because } };
  } catch (error) {
    return { ...status, problem: problemOf(error) };
  }
}

function tokenStatus({ token, place, login }: Credential): NonNullable<ServerStatus['token']> {
  return {
    name: login?.tokenName ?? null,
    masked: maskToken(token),
    keptIn: place,
    since: login?.loggedInAt ?? null,
    expiresAt: null,
  };
}

function notLoggedInProblem(serverUrl: string): ServerStatus['problem'] {
  return { message: 'Not logged in.', remedy: `Log in:  npx nxkey login ${serverUrl}` };
}

/** Defects of ours are no status: they go on to `main`. */
function problemOf(error: unknown): { message: string; remedy: string | null } {
  if (!(error instanceof UserError)) throw error;
  return { message: error.message, remedy: error.remedy ?? null };
}
