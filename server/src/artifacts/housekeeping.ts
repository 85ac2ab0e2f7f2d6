import type { Logger } from 'pino';
import type { ArtifactRepository } from '../domain/artifacts.js';
import type { Clock } from '../domain/model.js';
import type { ArtifactStore } from './artifact-store.js';
import type { ReadTimes } from './read-times.js';
import type { Removal } from './removal.js';

export interface ArtifactLimits {
  /** Of all artifacts together. */
  maxBytes: number;
  /** Since an artifact was written; `null` keeps it as long as there is room. */
  maxAgeMs: number | null;
}

/** So that a full cache does not have to make room at each single upload. */
const roomToMake = 0.02;

const flushEveryMs = 60_000;
const expireEveryMs = 10 * 60_000;

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
  let addedBytes = 0;
  let work: Promise<void> = Promise.resolve();

  /** One after the other. A failure is logged, and the work is tried again when it is due the next time. */
  function inBackground(what: string, job: () => Promise<void>): void {
    work = work.then(async () => {
      if (stopped.signal.aborted) return;
      try {
        await job();
      } catch (error) {
        logger.error({ err: error }, `${what} failed`);
      }
    });
  }

  /** Nothing more is removed once the cache is being closed. */
  const unlessStopped =
    <T>(remove: (limit: number) => Promise<T[]>) =>
    async (limit: number): Promise<T[]> =>
      stopped.signal.aborted ? [] : await remove(limit);

  let startBytes: number | undefined;
  const totalBytes = () => (startBytes ?? 0) + addedBytes - removal.removedBytes;

  async function makeRoom(): Promise<void> {
    if (totalBytes() <= limits.maxBytes) return;
    await reads.flush();
    const target = Math.floor(limits.maxBytes * (1 - roomToMake));
    const { artifacts, bytes } = await removal.inBatches(
      unlessStopped(async (limit) => {
        const excess = totalBytes() - target;
        return excess > 0 ? await repository.removeLeastRecentlyRead(excess, limit) : [];
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

  inBackground('measuring the cache', async () => {
    startBytes = (await repository.totalBytes()) - addedBytes + removal.removedBytes;
  });
  inBackground('removing old artifacts', expire);
  inBackground('making room', makeRoom);
  inBackground('sweeping', sweep);

  const timers = [
    setInterval(() => void reads.flush(), flushEveryMs),
    setInterval(() => {
      inBackground('removing old artifacts', expire);
      inBackground('making room', makeRoom);
    }, expireEveryMs),
  ];
  for (const timer of timers) timer.unref();

  return {
    added(bytes) {
      addedBytes += bytes;
      if (startBytes !== undefined && totalBytes() > limits.maxBytes) inBackground('making room', makeRoom);
    },
    async close() {
      for (const timer of timers) clearInterval(timer);
      stopped.abort();
      await work;
    },
  };
}
