import { open, type FileHandle } from 'node:fs/promises';

export interface OpenFile {
  readonly file: FileHandle;
  /** Bytes. */
  readonly size: number;
  /** Has to be called once, by each who uses it. */
  readonly release: () => Promise<void>;
}

/**
 * Files that never change, kept open after they have been read, and shared by all who read them: opening, looking at
 * and closing one are three turns of Node's few threads for files, and without them an artifact of 1 MiB is sent half
 * as fast again (`npm run bench:cache`).
 */
export interface OpenFiles {
  /** @throws what the file system says */
  use(path: string): Promise<OpenFile>;
  /** To be called once the file is removed: those who read it read on to its end, and then its room is free. */
  forget(path: string): Promise<void>;
  forgetAll(): Promise<void>;
}

/** @param limit how many are kept open that nobody reads at the moment */
export function createOpenFiles(limit: number): OpenFiles {
  /** The one asked for last is the last one. */
  const kept = new Map<string, SharedFile>();

  async function forget(path: string): Promise<void> {
    const shared = kept.get(path);
    kept.delete(path);
    await shared?.release();
  }

  return {
    async use(path) {
      const shared = kept.get(path) ?? new SharedFile(path);
      kept.delete(path);
      kept.set(path, shared);
      shared.retain();
      const [oldest] = kept.keys();
      if (kept.size > limit && oldest !== undefined) await forget(oldest);
      try {
        const { file, size } = await shared.opened;
        return { file, size, release: () => shared.release() };
      } catch (error) {
        if (kept.get(path) === shared) kept.delete(path);
        throw error;
      }
    },
    forget,
    async forgetAll() {
      await Promise.all([...kept.keys()].map(forget));
    },
  };
}

class SharedFile {
  readonly opened: Promise<{ file: FileHandle; size: number }>;
  /** Being kept is a use, too. */
  #uses = 1;

  constructor(path: string) {
    this.opened = openAndLook(path);
    // Whoever asked for the file is told; whoever forgets it meanwhile need not care.
    this.opened.catch(() => undefined);
  }

  retain(): void {
    this.#uses++;
  }

  async release(): Promise<void> {
    if (--this.#uses > 0) return;
    const { file } = await this.opened;
    await file.close();
  }
}

async function openAndLook(path: string): Promise<{ file: FileHandle; size: number }> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    return { file, size };
  } catch (error) {
    await file.close();
    throw error;
  }
}
