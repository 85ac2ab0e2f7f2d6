import type { Readable } from 'node:stream';
import type { CachePurge, CacheStats } from '../../../src/protocol/wire-types.js';
import type { Artifact, ArtifactKey, Writer } from './model.js';

/** What the database knows of artifacts. Same rules as in repositories.ts. */
export interface ArtifactRepository {
  /**
   * In one transaction: what is inserted is published. For each, whether it was the one: `false` where an artifact with
   * that key stands already, which then stays as it is.
   */
  publish(artifacts: readonly Artifact[]): Promise<boolean[]>;
  /** The artifact of the first of these scopes that has one. */
  find(key: Omit<ArtifactKey, 'scope'>, scopes: readonly string[]): Promise<Artifact | null>;
  recordReads(reads: readonly { blobId: string; at: number }[]): Promise<void>;
  /** Takes those that were read longest ago out until at least `bytes` are free; answers with them. */
  removeLeastRecentlyRead(bytes: number): Promise<RemovedArtifact[]>;
  removeWrittenBefore(time: number): Promise<RemovedArtifact[]>;
  removeBlob(blobId: string): Promise<void>;
  purge(workspaceId: string, what: CachePurge): Promise<RemovedArtifact[]>;
  /** Bytes of all workspaces together. */
  totalBytes(): Promise<number>;
  /** Writers without their names. */
  stats(workspaceId: string): Promise<CacheStats>;
  /** Which of these blobs an artifact names. */
  known(blobIds: readonly string[]): Promise<ReadonlySet<string>>;
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
  stats(workspaceId: string): Promise<CacheStats>;
  purge(workspaceId: string, what: CachePurge): Promise<{ artifacts: number; bytes: number }>;
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
