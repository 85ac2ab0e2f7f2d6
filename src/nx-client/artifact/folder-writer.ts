import { closeSync, ftruncateSync, mkdirSync, openSync, symlinkSync, writeSync } from 'node:fs';
import { describeName } from './entry-path.js';
import { DamagedArtifact } from './errors.js';

/**
 * Writes below one folder, which was empty in the beginning, and never through a link: every file is created anew
 * (`wx`, which follows no link either), every folder too, and links are for the caller to make last, when nothing is
 * written any more. So it also holds on file systems for which `A` and `a` are the same name.
 *
 * Synchronously: making a file of 10 KiB takes 0.03 ms that way and 0.08 ms with `fs/promises`.
 */
export class FolderWriter {
  readonly #folder: string;
  #file: { descriptor: number; path: string; size: number; end: number } | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  makeFolder(path: string): void {
    attempt(path, () => {
      mkdirSync(this.#at(path));
    });
  }

  makeLink(path: string, target: string): void {
    attempt(path, () => {
      symlinkSync(target, this.#at(path));
    });
  }

  /**
   * Begins a file that will have `size` bytes. Of its mode it gets what says who may read, write and run it, and always
   * that its owner may read and replace it; never setuid, setgid and sticky.
   */
  beginFile(path: string, mode: number, size: number): void {
    const descriptor = attempt(path, () => openSync(this.#at(path), 'wx', (mode & 0o777) | 0o600));
    this.#file = { descriptor, path, size, end: 0 };
  }

  write(bytes: Buffer, position: number): void {
    const file = this.#file;
    if (file === undefined) return;
    for (let written = 0; written < bytes.length;) {
      written += writeSync(file.descriptor, bytes, written, bytes.length - written, position + written);
    }
    file.end = position + bytes.length;
  }

  endFile(): void {
    if (this.#file === undefined) return;
    // A file that ends with a hole.
    if (this.#file.end < this.#file.size) ftruncateSync(this.#file.descriptor, this.#file.size);
    this.close();
  }

  /** Without `node:path`: nothing in it is left to be resolved (entry-path.ts), and Windows takes `/` too. */
  #at(path: string): string {
    return `${this.#folder}/${path}`;
  }

  /** To be called in any case: closes the file that was not ended. */
  close(): void {
    if (this.#file !== undefined) closeSync(this.#file.descriptor);
    this.#file = undefined;
  }
}

/** What the artifact is to blame for; a full disk and the like are thrown as they are. */
function attempt<Result>(path: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EEXIST') {
      throw new DamagedArtifact('conflicting-entries', `It holds ${describeName(path)} twice for this file system.`, {
        cause: error,
      });
    }
    if (code === 'ENAMETOOLONG') {
      const message = `It holds a name that is too long for this file system: ${describeName(path)}.`;
      throw new DamagedArtifact('unsafe-name', message, { cause: error });
    }
    throw error;
  }
}
