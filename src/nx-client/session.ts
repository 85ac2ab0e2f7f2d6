import { createServerAccess } from '../cli/create-dependencies.js';
import { findCacheSource, type CacheSource } from '../cli/remote-cache/find-cache-source.js';
import { openRemoteCache, type ReadOnly } from '../cli/remote-cache/open-remote-cache.js';
import type { UserError } from '../errors.js';
import { readWorkspaceConfiguration } from '../nx-workspace/configuration.js';
import { findWorkspace } from '../nx-workspace/find-workspace.js';
import { nxCloudEnvOf } from '../nx-workspace/nx-cloud-env.js';
import { createHttpOver } from '../rest-client/http-over.js';
import { createEncryption, type Encryption } from './artifact/encryption.js';
import { openConnections, type Connections } from './connections.js';
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
  process: Pick<NodeJS.Process, 'env' | 'platform' | 'cwd'>;
  /** A person can be asked. */
  interactive: boolean;
  /** Milliseconds. */
  keychainDeadlineMs: number;
  userAgent: string;
  deadlines: Deadlines;
  /** How many connections there are, and requests under way. */
  parallel: number;
  debug: (line: string) => void;
}

/**
 * Finds the cache, the credential and the key, and asks the server once.
 * @returns `null` where nx.json says that there shall be none
 * @throws {UserError} why it cannot be used
 */
export async function openSession({
  options,
  process,
  userAgent,
  debug,
  ...values
}: SessionOptions): Promise<Session | null> {
  const { env } = process;
  const { parallel } = values;
  const root = await findWorkspace(process.cwd());
  // Up to 17, Nx knows the setting and does not look at it when tasks run.
  if (root !== undefined && (await readWorkspaceConfiguration(root)).neverConnectToCloud) return null;
  const file = root === undefined ? {} : await nxCloudEnvOf(root);
  const isUnlimited = [env, file].some((variables) => variables['NX_CLOUD_NO_TIMEOUTS'] === 'true');
  const deadlines = isUnlimited ? noDeadlines : values.deadlines;

  const opened = new Map<string, Promise<Connections>>();
  const connect = (serverUrl: string) => {
    const { connectMs } = deadlines;
    const connections = opened.get(serverUrl) ?? openConnections({ serverUrl, env, count: parallel, connectMs });
    opened.set(serverUrl, connections);
    return connections;
  };
  const dependencies = createServerAccess({
    ...{ process, interactive: values.interactive, keychainDeadlineMs: values.keychainDeadlineMs },
    http: async (serverUrl) => createHttpOver({ ...(await connect(serverUrl)), serverUrl, userAgent, debug }),
  });
  const merged = { url: text(options.url), nxCloudId: text(options.nxCloudId), accessToken: text(options.accessToken) };
  const source = await findCacheSource({ merged }, dependencies);
  const { serverUrl } = source;
  const { url, token, readOnly, unreadToken } = await openRemoteCache(source, dependencies, deadlines.questionMs);
  const key = text(env['NX_CLOUD_ENCRYPTION_KEY']) ?? text(options.encryptionKey);
  return {
    serverUrl,
    who: whoAsks(source, token),
    transfer: createTransfer({
      ...{ serverUrl, url, token, userAgent, deadlines, parallel },
      connections: await connect(serverUrl),
    }),
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
