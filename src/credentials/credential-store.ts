import { UserError } from '../errors.js';

export type StorageKind = 'keychain' | 'file';

/** A place that keeps one personal access token for each server. */
export interface CredentialStore {
  readonly kind: StorageKind;

  /** The place in words for people: `the OS keychain`, or the file's path. */
  readonly place: string;

  /**
   * Finds out whether a token could be stored now, by doing it with a worthless one, and leaves nothing behind.
   * @throws {StorageUnavailable} with the reason and what to do about it
   */
  check(): Promise<void>;

  /**
   * The token kept for a server, never an empty one, or `null` when the place can be used and has none. (What answers
   * like an empty place but is a locked keyring is told apart.)
   * @throws {StorageUnavailable}
   */
  read(serverUrl: string): Promise<string | null>;

  /**
   * Keeps a token and has read it back when it returns: with the token that it replaced, or `null` when there was none.
   * The replaced one is for the caller to revoke; it was read as a part of the write, since one that was read before may
   * not be the one that is replaced. When this throws, what was there before still is.
   * @throws {StorageUnavailable}
   */
  write(serverUrl: string, token: string): Promise<string | null>;

  /**
   * Forgets a server's token; one that is not there is no error. It is gone when this returns.
   * @throws {StorageUnavailable}
   */
  delete(serverUrl: string): Promise<void>;
}

/** The place cannot be used at all now: not installed, locked, unanswered, full, not private. */
export class StorageUnavailable extends UserError {}
