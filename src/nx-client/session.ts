import { findCacheSource, type CacheDependencies, type CacheSource } from '../cli/remote-cache/find-cache-source.js';
import { openRemoteCache, type ReadOnly } from '../cli/remote-cache/open-remote-cache.js';
import type { UserError } from '../errors.js';
import { readWorkspaceConfiguration } from '../nx-workspace/configuration.js';
import { findWorkspace } from '../nx-workspace/find-workspace.js';
import { nxCloudEnvOf } from '../nx-workspace/nx-cloud-env.js';
import { createEncryption, type Encryption } from './artifact/encryption.js';
import { noDeadlines, type Deadlines } from './deadlines.js';
import type { RunnerOptions } from './nx.js';
import { createTransfer, type Transfer } from './transfer.js';

/** A cache that may be used in this run. */
export interface Session {
  serverUrl: string;
  /** Who the server takes us for. */
  who: 'ci' | 'person' | 'anybody';
  transfer: Transfer;
  readOnly: ReadOnly | null;
  encryption: Encryption | undefined;
  unreadToken: UserError | null;
}

export interface SessionOptions {
  options: RunnerOptions;
  dependencies: CacheDependencies;
  userAgent: string;
  deadlines: Deadlines;
  /** At most so many at a time. */
  connections: number;
}

/**
 * Finds the cache, the credential and the key, and asks the server once.
 * @returns `null` where nx.json says that there shall be none
 * @throws {UserError} why it cannot be used
 */
export async function openSession({
  options,
  dependencies,
  userAgent,
  connections,
  ...values
}: SessionOptions): Promise<Session | null> {
  const { env, cwd } = dependencies;
  const root = await findWorkspace(cwd);
  // Up to 17, Nx knows the setting and does not look at it when tasks run.
  if (root !== undefined && (await readWorkspaceConfiguration(root)).neverConnectToCloud) return null;
  const file = root === undefined ? {} : await nxCloudEnvOf(root);
  const isUnlimited = [env, file].some((variables) => variables['NX_CLOUD_NO_TIMEOUTS'] === 'true');
  const deadlines = isUnlimited ? noDeadlines : values.deadlines;

  const merged = { url: text(options.url), nxCloudId: text(options.nxCloudId), accessToken: text(options.accessToken) };
  const source = await findCacheSource({ merged }, dependencies);
  const { serverUrl } = source;
  const { url, token, readOnly, unreadToken } = await openRemoteCache(source, dependencies, deadlines.questionMs);
  const key = text(env['NX_CLOUD_ENCRYPTION_KEY']) ?? text(options.encryptionKey);
  return {
    serverUrl,
    who: whoAsks(source, token),
    transfer: createTransfer({ serverUrl, url, token, env, userAgent, deadlines, connections }),
    readOnly,
    encryption: key === undefined ? undefined : createEncryption(key),
    unreadToken,
  };
}

function whoAsks(source: CacheSource, token: string | null): Session['who'] {
  if (token === null) return 'anybody';
  return source.kind === 'ci-token' || token === source.committedToken ? 'ci' : 'person';
}

/** The settings come from files and the environment, where an empty text is none. */
function text(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}
