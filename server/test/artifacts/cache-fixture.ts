import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import pino from 'pino';
import { onTestFinished } from 'vitest';
import { recordOutput } from '../../../test/support/ledger.js';
import { tempDir } from '../../../test/support/temp-dir.js';
import { createArtifactCache } from '../../src/artifacts/artifact-cache.js';
import type { ArtifactStore } from '../../src/artifacts/artifact-store.js';
import { createFolderArtifactStore } from '../../src/artifacts/folder-store.js';
import type { ArtifactLimits } from '../../src/artifacts/housekeeping.js';
import { openTestDatabase } from '../support/test-database.js';
import type { ArtifactCache, ArtifactRepository } from '../../src/domain/artifacts.js';
import type { Writer } from '../../src/domain/model.js';
import { presets } from '../../src/domain/presets.js';
import type { Database } from '../../src/domain/repositories.js';
import { allOf, bodyOf } from './artifact-store-contract.js';

export const kib = 1024;
export const day = 24 * 60 * 60 * 1000;

export interface Fixture {
  dataFolder: string;
  database: Database;
  cache: ArtifactCache;
  store: ArtifactStore;
  log: () => string;
  passTime: (milliseconds: number) => void;
  /** Stores this many bytes under a hash; in the trusted scope, by one and the same token, unless told otherwise. */
  put: (hash: string, content: Buffer | number, change?: PutChange) => ReturnType<ArtifactCache['write']>;
  /** What is read under a hash, `null` for a miss. */
  get: (hash: string, scopes?: readonly string[]) => Promise<Buffer | null>;
  /** The hashes that are there. */
  found: (hashes: readonly string[], scopes?: readonly string[]) => Promise<string[]>;
  /** So many rows of `size` bytes, whose bytes are lost: for what is about rows alone. */
  putRows: (count: number, size: number) => Promise<void>;
  /** The same data, as after a restart. */
  restart: (limits?: ArtifactLimits) => Promise<void>;
  /** How many blobs there are on the disk, complete or not. */
  blobs: () => number;
}

interface PutChange {
  workspaceId?: string;
  scope?: string;
  writer?: Writer;
  body?: Readable;
  mayPublish?: () => Promise<boolean>;
}

interface FixtureOptions {
  limits?: ArtifactLimits;
  memoryBytes?: number;
  /** Stands between the cache and the real thing, for what cannot be had otherwise: a failure at the right moment. */
  changeRepository?: (repository: ArtifactRepository) => Partial<ArtifactRepository>;
  changeStore?: (store: ArtifactStore) => Partial<ArtifactStore>;
}

export const ciToken: Writer = { kind: 'ci-token', id: 't1' };
const noLimits: ArtifactLimits = { maxBytes: 1024 ** 4, maxAgeMs: null };

export async function setUp({ limits = noLimits, memoryBytes, ...options }: FixtureOptions = {}): Promise<Fixture> {
  const dataFolder = tempDir();
  const database = await openTestDatabase(dataFolder);
  await database.organizations.insert({ id: 'o', slug: 'acme', name: 'Acme', createdAt: 0 });
  for (const id of ['w', 'w2']) {
    const workspace = { id, organizationId: 'o', name: id, nxCloudId: id, createdAt: 0, ...presets.default };
    await database.workspaces.insert(workspace);
  }
  let time = Date.parse('2026-11-21T12:00:00Z');
  let log = '';
  const logger = pino({ level: 'debug' }, { write: (line) => void (log += line) });

  async function start(currentLimits: ArtifactLimits) {
    const folderStore = await createFolderArtifactStore({ folder: join(dataFolder, 'artifacts') });
    const store = { ...folderStore, ...options.changeStore?.(folderStore) };
    const artifacts = { ...database.artifacts, ...options.changeRepository?.(database.artifacts) };
    const cache = createArtifactCache({
      store,
      database: { artifacts },
      clock: () => time,
      logger,
      limits: currentLimits,
      ...(memoryBytes === undefined ? {} : { memoryBytes }),
    });
    return { store, cache };
  }

  const fixture: Fixture = {
    dataFolder,
    database,
    ...(await start(limits)),
    log: () => log,
    passTime: (milliseconds) => {
      time += milliseconds;
    },
    put: (hash, content, { workspaceId = 'w', scope = 'trusted', writer = ciToken, body, mayPublish } = {}) => {
      const bytes = typeof content === 'number' ? Buffer.alloc(content, hash) : content;
      return fixture.cache.write(
        { workspaceId, scope, hash },
        { body: body ?? bodyOf(bytes), size: bytes.length, writer, mayPublish: mayPublish ?? (() => yes) },
      );
    },
    get: async (hash, scopes = ['trusted']) => {
      const artifact = await fixture.cache.read({ workspaceId: 'w', hash }, scopes);
      return artifact === null ? null : await allOf(artifact);
    },
    found: async (hashes, scopes) => {
      const found: string[] = [];
      for (const hash of hashes) if ((await fixture.get(hash, scopes)) !== null) found.push(hash);
      return found;
    },
    putRows: async (count, size) => {
      const artifacts = Array.from({ length: count }, (_, index) => ({
        ...{ workspaceId: 'w', scope: 'trusted', hash: `row-${index}`, blobId: `lost-${index}`, size },
        ...{ writer: ciToken, createdAt: time, lastReadAt: time },
      }));
      await database.artifacts.publish(artifacts);
    },
    restart: async (newLimits = limits) => {
      await fixture.cache.close();
      Object.assign(fixture, await start(newLimits));
    },
    blobs: () =>
      readdirSync(join(dataFolder, 'artifacts'), { recursive: true, withFileTypes: true }).filter((entry) =>
        entry.isFile(),
      ).length,
  };
  onTestFinished(async () => {
    await fixture.cache.close();
    await database.close();
    recordOutput('the artifact cache', log);
  });
  return fixture;
}

const yes = Promise.resolve(true);

/** Waits for what goes on in the background. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5));
}
