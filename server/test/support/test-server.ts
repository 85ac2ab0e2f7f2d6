import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { cliClientId } from '../../../src/protocol/oauth.js';
import type { CiAccessLevel, PresetName } from '../../../src/protocol/wire-types.js';
import { recordOutput, recordToken } from '../../../test/support/ledger.js';
import { createArtifactCache } from '../../src/artifacts/artifact-cache.js';
import { createFolderArtifactStore } from '../../src/artifacts/folder-store.js';
import { loadClientProgram } from '../../src/client-program/client-program.js';
import { openTestDatabase } from './test-database.js';
import type { DeviceAuthorizationRequest } from '../../src/domain/device-authorizations.js';
import type { Clock } from '../../src/domain/model.js';
import { createPasswordHasher } from '../../src/domain/passwords.js';
import { presets } from '../../src/domain/presets.js';
import { newId, newNxCloudId } from '../../src/domain/secrets.js';
import { createServices, defaultLoginsPerAddress, type Services } from '../../src/domain/services.js';
import type { ArtifactCache } from '../../src/domain/artifacts.js';
import { startServer, type ServerOptions } from '../../src/server.js';

/** The real thing, but cheap to attack: the tests are no place to spend a second on each sign-in. */
export const fastPasswords = createPasswordHasher({ n: 16, r: 1, p: 1 });

export interface TestUser {
  id: string;
  email: string;
  password: string;
  name: string;
}

export interface TestServer {
  /** Where it listens; also its public URL unless another was asked for. */
  url: string;
  services: Services;
  artifacts: ArtifactCache;
  dataFolder: string;
  /** An owner of the organization `acme`. */
  owner: TestUser;
  organizationId: string;
  workspace: { id: string; nxCloudId: string };
  /** All that the server has logged so far, as text. */
  log(): string;
  /** Milliseconds; the server lives in a time of its own. */
  now: Clock;
  passTime(milliseconds: number): void;
  addUser(user: { email: string; name?: string; role?: 'owner' | 'admin' | 'member' | null }): Promise<TestUser>;
  addWorkspace(name: string, preset: PresetName | 'not opted in'): Promise<{ id: string; nxCloudId: string }>;
  /** A personal access token. */
  addToken(user: TestUser, name?: string): Promise<string>;
  /** A CI access token, of the workspace `shop` unless another is given. */
  addCiToken(level: CiAccessLevel, options?: { workspaceId?: string; name?: string }): Promise<string>;
  /** A device authorization that waits for its answer. */
  beginLogin(change?: Partial<DeviceAuthorizationRequest>): Promise<{ deviceCode: string; userCode: string }>;
  close(): Promise<void>;
}

export interface TestServerOptions extends Partial<
  Pick<
    ServerOptions,
    | 'publicUrl'
    | 'trustedProxyHops'
    | 'tokenIdleDays'
    | 'loginsPerAddress'
    | 'nxConnect'
    | 'identityProviders'
    | 'passwordSignIn'
    | CacheOption
  >
> {
  busyTimeoutMs?: number;
}

type CacheOption =
  'github' | 'clientProgram' | 'maxArtifactSize' | 'shutdownGraceMs' | 'uploadPace' | 'auditDays' | 'metrics';

/** A real server on a free port of loopback, with its own database in a temporary folder. Close it when done. */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const dataFolder = mkdtempSync(join(tmpdir(), 'nxkey-server-test-'));
  const database = await openTestDatabase(dataFolder, { busyTimeoutMs: options.busyTimeoutMs ?? 5000 });
  let time = Date.parse('2026-11-21T12:00:00Z');
  const clock = () => time;
  let log = '';
  const logger = pino({ level: 'debug' }, { write: (line) => void (log += line) });
  const { publicUrl, tokenIdleDays = 90, loginsPerAddress = defaultLoginsPerAddress } = options;
  const { identityProviders = [], passwordSignIn = true } = options;
  const common = {
    database,
    clock,
    passwords: fastPasswords,
    tokenIdleDays,
    loginsPerAddress,
    identityProviders,
    passwordSignIn,
  };
  const artifacts = createArtifactCache({
    store: await createFolderArtifactStore({ folder: join(dataFolder, 'artifacts') }),
    database,
    clock,
    logger,
    limits: { maxBytes: 1024 ** 3, maxAgeMs: null },
  });
  const server = await startServer({
    trustedProxyHops: 0,
    clientProgram: await loadClientProgram(new URL('../../dist/', import.meta.url)),
    ...options,
    ...common,
    host: '127.0.0.1',
    port: 0,
    publicUrl,
    artifacts,
    logger,
  });

  const services = createServices({
    ...common,
    github: server.github,
    warn: (message) => {
      logger.warn(message);
    },
  });

  const organizationId = newId();
  await database.organizations.insert({ id: organizationId, slug: 'acme', name: 'Acme', createdAt: time });

  const addUser: TestServer['addUser'] = async ({ email, name = 'Ada Example', role = 'member' }) => {
    const user = { id: newId(), email, name, password: `pass-${newId()}` };
    recordToken(user.password);
    await database.users.insert({ id: user.id, email, name, createdAt: time });
    await database.users.setPasswordHash(user.id, await fastPasswords.hash(user.password), time);
    if (role !== null) {
      const membership = { userId: user.id, organizationId, role, source: 'manual' as const, createdAt: time };
      await database.organizations.addMember(membership);
    }
    return user;
  };
  const addWorkspace: TestServer['addWorkspace'] = async (name, preset) => {
    const workspace = { id: newId(), nxCloudId: newNxCloudId() };
    const settings = preset === 'not opted in' ? { ...presets.default, patOptIn: false } : presets[preset];
    await database.workspaces.insert({ ...workspace, organizationId, name, createdAt: time, ...settings });
    return workspace;
  };

  const workspace = await addWorkspace('shop', 'default');
  return {
    url: server.listenUrl,
    services,
    artifacts,
    dataFolder,
    owner: await addUser({ email: 'ada@acme.example', role: 'owner' }),
    organizationId,
    workspace,
    log: () => log,
    now: clock,
    passTime: (milliseconds) => {
      time += milliseconds;
    },
    addUser,
    addWorkspace,
    async addToken(user, name = 'laptop') {
      const origin = { client: cliClientId, hostName: null, ipAddress: null };
      const { secret } = await services.personalAccessTokens.create({ userId: user.id, name, origin });
      recordToken(secret);
      return secret;
    },
    async addCiToken(level, { workspaceId = workspace.id, name = level } = {}) {
      const { secret } = await services.ciAccessTokens.create({ workspaceId, name, level });
      recordToken(secret);
      return secret;
    },
    async beginLogin(change = {}) {
      const request = { clientId: cliClientId, tokenName: null, hostName: null, ipAddress: '192.0.2.7', ...change };
      const started = await services.deviceAuthorizations.start(request);
      if (started.kind !== 'started') throw new Error(started.kind);
      recordToken(started.deviceCode);
      recordToken(started.userCode);
      return started;
    },
    async close() {
      await server.close();
      await artifacts.close();
      await database.close();
      rmSync(dataFolder, { recursive: true, force: true, maxRetries: 5 });
      recordOutput('nxkey-server log', log);
    },
  };
}
