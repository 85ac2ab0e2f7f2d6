import type { Readable } from 'node:stream';

/**
 * Where the bytes of artifacts are. It knows nothing of workspaces, scopes and hashes: a blob has an id that was never
 * used before, so nothing is ever overwritten, and it is an artifact only once the database has a row that names it.
 * What no row names is rubbish of an upload that did not end, and `sweep` removes it.
 */
export interface ArtifactStore {
  /**
   * Takes exactly `size` bytes from `body` and keeps them under a new id; they are on the disk when this ends. What a
   * power failure takes all the same, it takes as a whole. When it throws, nothing is left. It never destroys `body`, so that who sent it can still be answered.
   *
   * @throws {BodyLengthError} when the body ends early or goes on after `size` bytes, or its connection breaks
   * @throws {StorageUnavailableError} when there is no room, or the store does not answer
   */
  write(body: Readable, size: number): Promise<string>;
  /**
   * Opens a blob for reading, so that it can be read to its end even when it is removed meanwhile.
   *
   * @returns `null` when there is none with that id
   * @throws {StorageUnavailableError}
   */
  open(blobId: string): Promise<OpenBlob | null>;
  /** Removes what is there of them; ids that are unknown are no error. @throws {StorageUnavailableError} */
  remove(blobIds: readonly string[]): Promise<void>;
  /**
   * Goes through all blobs that were not written through this very store, in batches, and removes those that `known`
   * does not answer with: what it wrote itself may be on its way into the database.
   *
   * @param options.signal ends it early
   * @returns how many were removed
   * @throws {StorageUnavailableError} and what `known` throws
   */
  sweep(
    known: (blobIds: readonly string[]) => Promise<ReadonlySet<string>>,
    options?: { signal?: AbortSignal },
  ): Promise<number>;
  /** Ends what is open. */
  close(): Promise<void>;
}

export interface OpenBlob {
  /** Bytes. */
  readonly size: number;
  /** Reads it whole, into memory: for small ones. */
  bytes(): Promise<Buffer>;
  /**
   * Its bytes from first to last, in pieces of at most a few hundred KiB. A piece is valid until the next one is asked
   * for: the memory is used again.
   */
  pieces(): AsyncIterable<Buffer>;
  close(): Promise<void>;
}

/** The body was not what its `Content-Length` said. */
export class BodyLengthError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'BodyLengthError';
  }
}

/** Nothing was kept, or nothing could be read; it may work when it is tried again. */
export class StorageUnavailableError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StorageUnavailableError';
  }
}
