import type { ArtifactKey } from '../domain/model.js';

/** Where an artifact is, and its bytes when it is a small one that was read. */
export interface Remembered {
  readonly blobId: string;
  readonly size: number;
  readonly bytes: Buffer | undefined;
}

export interface ArtifactMemory {
  /** It then counts as used most recently. */
  get(key: ArtifactKey): Remembered | undefined;
  /** What was used longest ago goes when there is no room. */
  set(key: ArtifactKey, entry: Remembered): void;
  delete(key: ArtifactKey): void;
  /** Bytes that are taken. */
  readonly usedBytes: number;
}

/**
 * A key, its entry and their place in the map. Measured with 100,000 of them on Node 20: 464 without bytes; with some,
 * 629 and the bytes themselves.
 */
const entryBytes = 640;

/**
 * The artifacts used last, in no more than `maxBytes`. Every operation takes the same short time however many there
 * are: a Map keeps the order of insertion, so moving an entry to its end is all it takes.
 */
export function createArtifactMemory(maxBytes: number): ArtifactMemory {
  const entries = new Map<string, Remembered>();
  let usedBytes = 0;

  function remove(name: string): void {
    const entry = entries.get(name);
    if (entry === undefined) return;
    entries.delete(name);
    usedBytes -= costOf(entry);
  }

  return {
    get(key) {
      const name = nameOf(key);
      const entry = entries.get(name);
      if (entry === undefined) return undefined;
      entries.delete(name);
      entries.set(name, entry);
      return entry;
    },
    set(key, entry) {
      const name = nameOf(key);
      remove(name);
      entries.set(name, entry);
      usedBytes += costOf(entry);
      for (const oldest of entries.keys()) {
        if (usedBytes <= maxBytes) break;
        remove(oldest);
      }
    },
    delete(key) {
      remove(nameOf(key));
    },
    get usedBytes() {
      return usedBytes;
    },
  };
}

function costOf({ bytes }: Remembered): number {
  return entryBytes + (bytes?.length ?? 0);
}

/** None of the three may hold a space. */
function nameOf({ workspaceId, scope, hash }: ArtifactKey): string {
  return `${workspaceId} ${scope} ${hash}`;
}
