import type { Logger } from 'pino';
import type { ArtifactCache, ReadableArtifact } from '../domain/artifacts.js';
import type { ArtifactKey, Clock } from '../domain/model.js';
import type { Repositories } from '../domain/repositories.js';
import type { ArtifactStore, OpenBlob } from './artifact-store.js';
import { startHousekeeping, type ArtifactLimits } from './housekeeping.js';
import { createArtifactMemory, type Remembered } from './memory.js';
import { createPublishQueue } from './publish-queue.js';
import { createReadTimes } from './read-times.js';
import { createRemoval } from './removal.js';
import { createUploads } from './uploads.js';

/** Up to this size an artifact is kept in memory when it has been read. */
export const smallBytes = 64 * 1024;

const defaultMemoryBytes = 64 * 1024 * 1024;

export interface ArtifactCacheDependencies {
  /** The cache closes it when it is closed itself. */
  store: ArtifactStore;
  database: Pick<Repositories, 'artifacts'>;
  clock: Clock;
  logger: Logger;
  limits: ArtifactLimits;
  /** What small artifacts and the places of large ones may take. */
  memoryBytes?: number;
}

/** The store, the database and the memory behind one door; the work in the background begins at once. */
export function createArtifactCache({
  store,
  database,
  clock,
  logger,
  limits,
  memoryBytes = defaultMemoryBytes,
}: ArtifactCacheDependencies): ArtifactCache {
  const repository = database.artifacts;
  const memory = createArtifactMemory(memoryBytes);
  const queue = createPublishQueue({ repository });
  const reads = createReadTimes({ repository, logger });
  const uploads = createUploads();
  const removal = createRemoval({ store, memory, logger });
  const housekeeping = startHousekeeping({ store, repository, clock, logger, limits, reads, removal });

  /** From memory where it is known there, else from the database. `epoch` tells whether it may be remembered. */
  async function locate(key: Omit<ArtifactKey, 'scope'>, scopes: readonly string[]): Promise<Located | null> {
    const epoch = removal.epoch;
    const [scope] = scopes;
    const remembered = scope === undefined ? undefined : memory.get({ ...key, scope });
    if (scope !== undefined && remembered !== undefined) return { ...remembered, key: { ...key, scope }, epoch };
    const found = await repository.find(key, scopes);
    if (found === null) return null;
    const { blobId, size } = found;
    return { key: { ...key, scope: found.scope }, blobId, size, bytes: undefined, epoch };
  }

  function remember({ key, blobId, size, epoch }: Located, bytes?: Buffer): void {
    // What was removed while it was being read must not come back.
    if (epoch === removal.epoch) memory.set(key, { blobId, size, bytes });
  }

  async function readable(located: Located, blob: OpenBlob): Promise<ReadableArtifact> {
    if (located.size > smallBytes) {
      remember(located);
      return { size: blob.size, bytes: undefined, pieces: () => blob.pieces(), close: () => blob.close() };
    }
    try {
      const bytes = await blob.bytes();
      remember(located, bytes);
      return fromMemory(bytes);
    } finally {
      await blob.close();
    }
  }

  /** A row is made after its blob and removed before it: one without the other means that the disk has lost it. */
  async function forgetLost({ key, blobId, size }: Located): Promise<void> {
    memory.delete(key);
    if (!(await repository.removeBlob(blobId))) return;
    logger.error({ ...key, blobId }, 'the bytes of an artifact are lost or damaged; it is removed');
    await removal.finish([{ ...key, blobId, size }]);
  }

  return {
    recall(key, scopes) {
      const [scope] = scopes;
      // Of a later scope it is not known whether an earlier one has it, too.
      if (scope === undefined) return undefined;
      const entry = memory.get({ ...key, scope });
      if (entry?.bytes === undefined) return undefined;
      reads.record(entry.blobId, clock());
      return entry.bytes;
    },
    async read(key, scopes) {
      for (;;) {
        const located = await locate(key, scopes);
        if (located === null) return null;
        reads.record(located.blobId, clock());
        if (located.bytes !== undefined) return fromMemory(located.bytes);
        const blob = await store.open(located.blobId);
        if (blob?.size === located.size) return await readable(located, blob);
        await blob?.close();
        // Either it was removed since it was located, or it is lost. What is there now is asked for again.
        await forgetLost(located);
      }
    },
    async write(key, { body, size, writer, mayPublish }) {
      const upload = uploads.begin(key, writer);
      try {
        const blobId = await store.write(body, size);
        const now = clock();
        const artifact = { ...key, blobId, size, writer, createdAt: now, lastReadAt: now };
        try {
          const outcome = await queue.publish({
            artifact,
            mayPublish: async () => (await mayPublish()) && !upload.isPurged,
          });
          if (outcome === 'stored') housekeeping.added(size);
          else await removal.removeBlobs([blobId]);
          return outcome;
        } catch (error) {
          await removal.removeBlobs([blobId]);
          throw error;
        }
      } finally {
        uploads.end(upload);
      }
    },
    async has({ scope, ...key }) {
      return memory.get({ ...key, scope }) !== undefined || (await repository.find(key, [scope])) !== null;
    },
    async stats(workspaceId) {
      await reads.flush();
      return await repository.stats(workspaceId);
    },
    async purge(workspaceId, what) {
      uploads.purge(workspaceId, what);
      // Those that were allowed to publish before they were marked are rows from here on, and go with the others.
      await queue.settled();
      return await removal.inBatches((limit) => repository.purge(workspaceId, what, limit));
    },
    async close() {
      await housekeeping.close();
      await queue.idle();
      await reads.flush();
      await store.close();
    },
  };
}

interface Located extends Remembered {
  key: ArtifactKey;
  epoch: number;
}

function fromMemory(bytes: Buffer): ReadableArtifact {
  return {
    size: bytes.length,
    bytes,
    async *pieces() {
      yield await Promise.resolve(bytes);
    },
    close: () => Promise.resolve(),
  };
}
