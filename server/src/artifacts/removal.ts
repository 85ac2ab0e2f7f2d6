import { setImmediate } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { CachePurged } from '../../../src/protocol/wire-types.js';
import type { RemovedArtifact } from '../domain/artifacts.js';
import type { ArtifactStore } from './artifact-store.js';
import type { ArtifactMemory } from './memory.js';

/** A batch is one commit, during which no request is answered. */
const batchSize = 500;

export interface Removal {
  /** Grows whenever artifacts were removed: what was found before may be gone. */
  readonly epoch: number;
  /** Takes artifacts out of the database a batch at a time, until there are fewer than `limit`; finishes each batch. */
  inBatches(removeFromDatabase: (limit: number) => Promise<RemovedArtifact[]>): Promise<CachePurged>;
  /** What has to happen once rows are gone: memory at once, then blobs. */
  finish(removed: readonly RemovedArtifact[]): Promise<void>;
  /** Never throws: what cannot be removed now is swept away after the next start. */
  removeBlobs(blobIds: readonly string[]): Promise<void>;
}

/** The one way in which artifacts disappear: first the row, then the memory, then the blob. */
export function createRemoval(dependencies: { store: ArtifactStore; memory: ArtifactMemory; logger: Logger }): Removal {
  const { store, memory, logger } = dependencies;
  let epoch = 0;

  async function removeBlobs(blobIds: readonly string[]): Promise<void> {
    try {
      await store.remove(blobIds);
    } catch (error) {
      logger.warn({ err: error, blobs: blobIds.length }, 'removed artifacts still take room until the next start');
    }
  }

  async function finish(removed: readonly RemovedArtifact[]): Promise<void> {
    epoch++;
    for (const artifact of removed) memory.delete(artifact);
    await removeBlobs(removed.map(({ blobId }) => blobId));
  }

  return {
    get epoch() {
      return epoch;
    },
    finish,
    removeBlobs,
    async inBatches(removeFromDatabase) {
      const total = { artifacts: 0, bytes: 0 };
      for (;;) {
        const removed = await removeFromDatabase(batchSize);
        total.artifacts += removed.length;
        for (const { size } of removed) total.bytes += size;
        await finish(removed);
        if (removed.length < batchSize) return total;
        await setImmediate();
      }
    },
  };
}
