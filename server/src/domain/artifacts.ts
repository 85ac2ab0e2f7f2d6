import type { Readable } from 'node:stream';
import type { CachePurge, CachePurged, CacheStats } from '../../../src/protocol/wire-types.js';
import type { Artifact, ArtifactKey, Writer } from './model.js';

/** What the database knows of artifacts. Same rules as in repositories.ts. */
export interface ArtifactRepository {
  /**
   * In one transaction, which a power failure may take as a whole: what is inserted is published. For each, whether it was the one: `false` where an artifact with
   * that key stands already, which then stays as it is.
   */
  publish(artifacts: readonly Artifact[]): Promise<boolean[]>;
  /** The artifact of the first of these scopes that has one. */
  find(key: Omit<ArtifactKey, 'scope'>, scopes: readonly string[]): Promise<Artifact | null>;
  /** Never sets a time back. Blobs that no artifact names any more are no error. */
  recordReads(reads: readonly ArtifactRead[]): Promise<void>;
  /** Takes those that were read longest ago out, until `room` is free (`occupiedBytes`) or `limit` artifacts are gone. */
  removeLeastRecentlyRead(room: number, limit: number): Promise<RemovedArtifact[]>;
  /** At most `limit`: the oldest. */
  removeWrittenBefore(time: number, limit: number): Promise<RemovedArtifact[]>;
  /** `false` when no artifact names this blob. */
  removeBlob(blobId: string): Promise<boolean>;
  /** At most `limit`: ask again until none is left. */
  purge(workspaceId: string, what: CachePurge, limit: number): Promise<RemovedArtifact[]>;
  /** What all workspaces together take, as `occupiedBytes` has it. */
  occupiedBytes(): Promise<number>;
  /** Writers without their names. */
  stats(workspaceId: string): Promise<CacheStats>;
  /** Which of these blobs an artifact names. */
  known(blobIds: readonly string[]): Promise<ReadonlySet<string>>;
}

/** A block of common file systems. The row of an artifact in the database takes less. */
export const smallestOccupiedBytes = 4096;

/**
 * What an artifact takes, as the size limit counts it: without a least, empty ones could fill the disk with files and
 * the database with rows, and never reach any limit.
 */
export function occupiedBytes(size: number): number {
  return Math.max(size, smallestOccupiedBytes);
}

export interface ArtifactRead {
  blobId: string;
  at: number;
}

export interface RemovedArtifact extends ArtifactKey {
  blobId: string;
  size: number;
}

/** What the cache protocol asks of the artifacts: the store, the database and the memory cache behind one door. */
export interface ArtifactCache {
  /**
   * From memory alone and at once, or `undefined` when that is not possible. For small artifacts that were read before.
   */
  recall(key: Omit<ArtifactKey, 'scope'>, scopes: readonly string[]): Buffer | undefined;
  /** `null` on a miss. The caller closes what it gets. @throws {StorageUnavailableError, DatabaseUnavailableError} */
  read(key: Omit<ArtifactKey, 'scope'>, scopes: readonly string[]): Promise<ReadableArtifact | null>;
  /**
   * Receives, keeps and publishes an artifact. `mayPublish` is asked once more when all bytes are there, right before
   * they are published: an upload may take long, and a right may end meanwhile.
   *
   * @throws {BodyLengthError, StorageUnavailableError, DatabaseUnavailableError} and then nothing is published
   */
  write(
    key: ArtifactKey,
    upload: { body: Readable; size: number; writer: Writer; mayPublish: () => Promise<boolean> },
  ): Promise<'stored' | 'exists' | 'refused'>;
  /** Whether there is one with that key, so that a body need not be received in vain. */
  has(key: ArtifactKey): Promise<boolean>;
  /** Writers without their names. */
  stats(workspaceId: string): Promise<CacheStats>;
  /**
   * Removes for good: what matches and was being written when this was called does not appear afterwards either, and
   * its upload is answered with `refused`.
   *
   * @throws {DatabaseUnavailableError} some may be gone then
   */
  purge(workspaceId: string, what: CachePurge): Promise<CachePurged>;
  /** Writes down what is only in memory yet, stops the work in the background and closes the store. */
  close(): Promise<void>;
}

export interface ReadableArtifact {
  /** Bytes. */
  readonly size: number;
  /** The whole of it, when it is small enough to be held in memory; then `pieces` need not be read. */
  readonly bytes: Buffer | undefined;
  /** A piece is valid until the next one is asked for. */
  pieces(): AsyncIterable<Buffer>;
  close(): Promise<void>;
}
