import { UserError } from '../../errors.js';

/** Why an artifact was refused, for the caller's decisions. People get the sentence. */
export type DamageReason =
  /** It is encrypted, and no key is set. */
  | 'encrypted'
  /** A key is set, and it is not encrypted: whoever can write to the cache could have put it there. */
  | 'not-encrypted'
  /** Another key or another hash, or somebody altered it. GCM cannot tell these apart. */
  | 'wrong-key'
  /** It ends too early. */
  | 'truncated'
  /** Not gzip, not tar, or `code` or `terminalOutput` are not what they should be. */
  | 'malformed'
  /** More bytes or more entries than the limits allow. */
  | 'too-large'
  /** A name that is no path below the folder: absolute, `..`, a drive letter, a backslash, NUL, not UTF-8, too long. */
  | 'unsafe-name'
  /** Something is in the way: the same name twice, or an entry below one that is no folder. */
  | 'conflicting-entries'
  /** A link that leads to nothing in the artifact. */
  | 'unsafe-link'
  /** A hard link, a device, a FIFO or a kind that tar may have and outputs of tasks have not. */
  | 'unsupported-entry';

/** An artifact from the cache that must not be used. What has been extracted of it has to be deleted. */
export class DamagedArtifact extends UserError {
  readonly reason: DamageReason;

  constructor(reason: DamageReason, message: string, options: { remedy?: string; cause?: unknown } = {}) {
    super(message, options);
    this.reason = reason;
  }
}

/** Outputs for which the format has no room, or that every client would refuse to extract. They are not stored. */
export class UnsuitableArtifact extends UserError {}
