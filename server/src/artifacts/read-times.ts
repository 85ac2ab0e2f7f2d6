import type { Logger } from 'pino';
import type { ArtifactRepository } from '../domain/artifacts.js';

export interface ReadTimes {
  record(blobId: string, at: number): void;
  /** Writes them down. What cannot be written now is kept for the next time; it never throws. */
  flush(): Promise<void>;
}

/** When this many artifacts were read since the last time, they are written down before their time. */
const maxWaiting = 10_000;

/**
 * When artifacts were read last, kept in memory for a while: a write to the database for each read would cost many
 * times as much as the read.
 */
export function createReadTimes(dependencies: { repository: ArtifactRepository; logger: Logger }): ReadTimes {
  const { repository, logger } = dependencies;
  let waiting = new Map<string, number>();
  let flushing: Promise<void> | undefined;

  async function write(): Promise<void> {
    const reads = waiting;
    if (reads.size === 0) return;
    waiting = new Map();
    try {
      await repository.recordReads([...reads].map(([blobId, at]) => ({ blobId, at })));
    } catch (error) {
      logger.warn({ err: error, artifacts: reads.size }, 'the times of the last reads could not be written down yet');
      // With a database that stays away, those read last count, and the memory stays bounded.
      waiting = new Map([...reads, ...waiting].slice(-maxWaiting));
    }
  }

  /** One at a time: two would write the same rows. */
  function flush(): Promise<void> {
    flushing ??= write().finally(() => {
      flushing = undefined;
    });
    return flushing;
  }

  return {
    record(blobId, at) {
      waiting.set(blobId, at);
      if (waiting.size > maxWaiting) void flush();
    },
    flush,
  };
}
