import { StorageUnavailable } from '../../credentials/credential-store.js';
import type { Credential } from '../../credentials/credentials.js';
import { AuthenticationRequired, UserError } from '../../errors.js';
import { paths } from '../../protocol/paths.js';
import { printable } from '../../rest-client/printable.js';
import { credentialFor } from '../servers.js';
import type { CacheDependencies, CacheSource } from './find-cache-source.js';

/** A cache that may be used, and how. */
export interface RemoteCache {
  /** The value of `NX_SELF_HOSTED_REMOTE_CACHE_SERVER`. */
  url: string;
  /** `null` for anonymous access. */
  token: string | null;
  /** `null` where results are taken: for everybody, or into the scope of a read-only CI access token. */
  readOnly: ReadOnly | null;
  /** Why the person's own token could not be read: then the cache has been opened without it. */
  unreadToken: UserError | null;
}

export interface ReadOnly {
  /** Why, as the server says it: goes behind a colon. */
  because: string;
}

/** Milliseconds. A build shall not wait longer for a server that it can do without. */
const deadline = 3_000;

/** Characters of what an nx.json has in place of an id: whoever sent a pull request may have written it. */
const longestShown = 60;

/**
 * Asks the server once whether the cache may be used. Nx itself would not ask: with Nx 23.2 a build fails as soon as a
 * `GET` of the cache is answered 401, 403 or 503, or not at all.
 * @throws {UserError} why it cannot be used: no answer, no token, a token that is not valid, no access
 */
export function openRemoteCache(
  source: CacheSource,
  dependencies: CacheDependencies,
  timeoutMs = deadline,
): Promise<RemoteCache> {
  return source.kind === 'ci-token'
    ? openWithCiToken(source, dependencies, timeoutMs)
    : openAsPerson(source, dependencies, timeoutMs);
}

async function openWithCiToken(
  { serverUrl, nxCloudId, token }: Extract<CacheSource, { kind: 'ci-token' }>,
  { restClient, env }: CacheDependencies,
  timeoutMs: number,
): Promise<RemoteCache> {
  const client = await restClient(serverUrl);
  const info = await client.ciToken(token, { timeoutMs }).catch((cause: unknown) => {
    if (!(cause instanceof AuthenticationRequired)) throw cause;
    throw new AuthenticationRequired(
      `${serverUrl} does not accept the CI access token: it is damaged, expired or revoked.`,
      {
        remedy: 'Set NX_CLOUD_ACCESS_TOKEN in the CI secrets to a new one:  npx nxkey ci-token create --help',
        cause,
      },
    );
  });
  if (nxCloudId !== undefined && nxCloudId !== info.nxCloudId) {
    const its = `${info.workspace.name} of ${info.organization.slug}`;
    const named = printable(nxCloudId, longestShown);
    throw new UserError(`The CI access token is for another workspace, ${its}, than the nxCloudId ${named}.`, {
      remedy: 'Set NX_CLOUD_ACCESS_TOKEN to a token of this workspace, or correct the nxCloudId in nx.json.',
    });
  }
  return {
    url: serverUrl + paths.remoteCache(info.nxCloudId, branchIn(env)),
    token,
    readOnly: null,
    unreadToken: null,
  };
}

async function openAsPerson(
  { serverUrl, nxCloudId, committedToken }: Extract<CacheSource, { kind: 'person' }>,
  dependencies: CacheDependencies,
  timeoutMs: number,
): Promise<RemoteCache> {
  const { credential, unreadToken } = await ownToken(serverUrl, dependencies);
  if (credential === null && committedToken !== undefined) {
    const source = { kind: 'ci-token', serverUrl, nxCloudId, token: committedToken } as const;
    return { ...(await openWithCiToken(source, dependencies, timeoutMs)), unreadToken };
  }
  const client = await dependencies.restClient(serverUrl);
  const access = await client.workspaceAccess(nxCloudId, credential?.token, { timeoutMs }).catch((error: unknown) => {
    throw credential?.source === 'environment' ? naming(credential.place, error) : error;
  });
  if (access === null) {
    const named = printable(nxCloudId, longestShown);
    throw new UserError(`${serverUrl} has no workspace with the nxCloudId ${named}.`, {
      remedy: 'Check the nxCloudId in nx.json with an owner of your organization.',
    });
  }
  if (access.level === 'none') {
    if (unreadToken !== null) throw unreadToken;
    const message = `${serverUrl} gives you no access: ${access.because}.`;
    if (access.claimed === false) throw new UserError(message);
    throw new UserError(message, {
      remedy:
        credential === null
          ? `Log in:  npx nxkey login ${serverUrl}`
          : 'Ask an owner of the organization; who you are says:  npx nxkey status',
    });
  }
  return {
    url: serverUrl + paths.remoteCache(nxCloudId),
    token: credential?.token ?? null,
    readOnly: access.level === 'read-only' ? { because: access.because } : null,
    unreadToken,
  };
}

/** A token from the environment comes before every login, so logging in again would not help. */
function naming(place: string, error: unknown): unknown {
  if (!(error instanceof AuthenticationRequired)) return error;
  return new AuthenticationRequired(error.message, {
    remedy: `It comes from ${place}. Set that to a valid one, or unset it to use your login.`,
    cause: error,
  });
}

/** A keychain that is locked, or not there at all, takes nobody the access that everybody has. */
async function ownToken(
  serverUrl: string,
  dependencies: CacheDependencies,
): Promise<{ credential: Credential | null; unreadToken: UserError | null }> {
  try {
    return { credential: await credentialFor(serverUrl, true, dependencies), unreadToken: null };
  } catch (error) {
    if (!(error instanceof StorageUnavailable || error instanceof AuthenticationRequired)) throw error;
    return { credential: null, unreadToken: error };
  }
}

/** `.` and `..` would be taken for steps in the path, and are no names of branches (git-check-ref-format). */
function branchIn(env: CacheDependencies['env']): string | undefined {
  const branch = env['NX_BRANCH']?.trim() ?? '';
  return ['', '.', '..'].includes(branch) ? undefined : branch;
}
