import type { Logger } from 'pino';
import { occupiedBytes, type ArtifactRepository, type RemovedArtifact } from '../domain/artifacts.js';
import type { Clock } from '../domain/model.js';
import type { ArtifactStore } from './artifact-store.js';
import type { ReadTimes } from './read-times.js';
import type { Removal } from './removal.js';

export interface ArtifactLimits {
  /** Of all artifacts together, each at what it occupies. */
  maxBytes: number;
  /** Since an artifact was written; `null` keeps it as long as there is room. */
  maxAgeMs: number | null;
}

/** So that a full cache does not have to make room at each single upload. */
const roomToMake = 0.02;

const flushEveryMs = 60_000;
const checkEveryMs = 10 * 60_000;

export interface Housekeeping {
  /** An artifact of that many bytes was published. */
  added(bytes: number): void;
  /** Ends when what is under way has come to a stop. */
  close(): Promise<void>;
}

export interface HousekeepingDependencies {
  store: ArtifactStore;
  repository: ArtifactRepository;
  clock: Clock;
  logger: Logger;
  limits: ArtifactLimits;
  reads: ReadTimes;
  removal: Removal;
}

/** What goes on beside the requests: the size limit, the maximum age, the times of reads, blobs that no row names. */
export function startHousekeeping(dependencies: HousekeepingDependencies): Housekeeping {
  const { store, repository, clock, logger, limits, reads, removal } = dependencies;
  const stopped = new AbortController();

  /** A failure is logged, and the work is tried again when it is due the next time. */
  async function run(what: string, job: () => Promise<void>): Promise<void> {
    if (stopped.signal.aborted) return;
    try {
      await job();
    } catch (error) {
      logger.error({ err: error }, `${what} failed`);
    }
  }

  /** Nothing more is removed once the cache is being closed. */
  const unlessStopped =
    (remove: (limit: number) => Promise<RemovedArtifact[]>) =>
    async (limit: number): Promise<RemovedArtifact[]> =>
      stopped.signal.aborted ? [] : await remove(limit);

  /** Exact when just measured. Later it may be too high, by what was removed for other reasons, and is measured again. */
  let occupied = Infinity;

  async function makeRoom(): Promise<void> {
    occupied = await repository.occupiedBytes();
    if (occupied <= limits.maxBytes) return;
    // What was read in the last minute must not pass for unread.
    await reads.flush();
    const aim = Math.floor(limits.maxBytes * (1 - roomToMake));
    const { artifacts, bytes } = await removal.inBatches(
      unlessStopped(async (limit) => {
        const removed = await repository.removeLeastRecentlyRead(occupied - aim, limit);
        for (const { size } of removed) occupied -= occupiedBytes(size);
        return removed;
      }),
    );
    logger.info({ artifacts, bytes }, 'removed the artifacts that were read longest ago, to make room');
  }

  async function expire(): Promise<void> {
    const { maxAgeMs } = limits;
    if (maxAgeMs === null) return;
    const before = clock() - maxAgeMs;
    const { artifacts, bytes } = await removal.inBatches(
      unlessStopped((limit) => repository.removeWrittenBefore(before, limit)),
    );
    if (artifacts > 0) logger.info({ artifacts, bytes }, 'removed artifacts that reached the maximum age');
  }

  async function sweep(): Promise<void> {
    const removed = await store.sweep((blobIds) => repository.known(blobIds), { signal: stopped.signal });
    if (removed > 0) logger.info({ blobs: removed }, 'removed the bytes of uploads that never became artifacts');
  }

  let limiting: Promise<void> | undefined;
  /** One at a time. What comes in while one is about to end is seen to with the next upload. */
  function keepLimits(): void {
    limiting ??= run('removing old artifacts', expire)
      .then(() => run('making room', makeRoom))
      .finally(() => {
        limiting = undefined;
      });
  }

  keepLimits();
  const sweeping = run('removing the bytes of unfinished uploads', sweep);

  const timers = [setInterval(() => void reads.flush(), flushEveryMs), setInterval(keepLimits, checkEveryMs)];
  for (const timer of timers) timer.unref();

  return {
    added(bytes) {
      occupied += occupiedBytes(bytes);
      if (occupied > limits.maxBytes) keepLimits();
    },
    async close() {
      for (const timer of timers) clearInterval(timer);
      stopped.abort();
      await Promise.all([limiting, sweeping]);
    },
  };
}
