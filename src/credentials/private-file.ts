import { randomUUID } from 'node:crypto';
import { lstat, readFile, stat, unlink, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { writeFileAtomically } from '../files/atomic-write.js';
import { errorCode, refusal } from '../files/file-errors.js';
import { inClosedFolder, unusable } from './closed-folder.js';
import { StorageUnavailable } from './credential-store.js';
import { quotePath } from './quote-path.js';

export interface PrivateFileOptions {
  path: string;
  /** On Windows mode bits are not looked at: they mean nothing there. */
  platform: NodeJS.Platform;
  /** Permissions of others with which the file is not trusted: 0o077 for a secret, 0o022 where only writing matters. */
  refusedModeBits: number;
}

/**
 * A small text file of the person's own, 0600 in a 0700 folder, that several processes may change at once. Every
 * failure is a `StorageUnavailable`; the file is then as it was.
 */
export interface PrivateFile {
  readonly path: string;
  /** `null` when there is none. */
  read(): Promise<string | null>;
  /**
   * Replaces the content by what `change` makes of it, in one step, and reads it back. Answers with the content that it
   * replaced: no other process has changed it in between.
   */
  update(change: (current: string | null) => string): Promise<string | null>;
  /**
   * Does what `update` does, next to the file instead of in it, and removes it again. The folder stays. A failure names
   * the file itself.
   */
  probe(): Promise<void>;
}

export function privateFile({ path, platform, refusedModeBits }: PrivateFileOptions): PrivateFile {
  const folder = dirname(path);
  const hasModes = platform !== 'win32';

  async function read(): Promise<string | null> {
    try {
      const file = await lstat(path);
      if (!file.isFile()) throw notAFile(path);
      if (hasModes) {
        // Whose file it is needs no check: one of another user's that is closed to us cannot be read, and one that is
        // open to us is refused here.
        if ((file.mode & refusedModeBits) !== 0) throw tooOpen(path, file.mode, '600');
        const { mode } = await stat(folder);
        if ((mode & writableByOthers) !== 0) throw tooOpen(folder, mode, '700');
      }
      return await readFile(path, 'utf8');
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return null;
      throw await unusable(error, { path, verb: 'read', lookAt: path, platform });
    }
  }

  function locked<T>(work: () => Promise<T>): Promise<T> {
    return inClosedFolder({ folder, platform, lock: `${basename(path)}.lock`, subject: path }, work);
  }

  async function verify(target: string, content: string): Promise<void> {
    if ((await readFile(target, 'utf8')) === content) return;
    throw new StorageUnavailable(`${path} does not hold what was written to it.`, {
      remedy: `Check the disk and its file system: df ${quotePath(folder)}`,
    });
  }

  return {
    path,
    read,
    update: (change) =>
      locked(async () => {
        const current = await read();
        const changed = change(current);
        if (changed === current) return current;
        await writeFileAtomically(path, changed, { mode: 0o600 });
        await verify(path, changed);
        return current;
      }),
    probe: () =>
      locked(async () => {
        const probePath = `${path}.check-${randomUUID()}`;
        try {
          // Not flushed: it need not last, a full disk refuses it all the same, and somebody waits for their code.
          await writeFile(probePath, 'nxkey-check', { flag: 'wx', mode: 0o600 });
          await verify(probePath, 'nxkey-check');
        } catch (error) {
          throw errorCode(error) === undefined ? error : refusal(path, error);
        } finally {
          await unlink(probePath).catch(() => undefined);
        }
      }),
  };
}

const writableByOthers = 0o022;

/** A file whose text is not what nxkey writes. It is never overwritten: it may hold the only copy of something. */
export function damaged(path: string, reason: string): StorageUnavailable {
  return new StorageUnavailable(`${path} is damaged: ${reason}. It was left as it is.`, {
    remedy: `Repair it, or move it away and log in again: mv ${quotePath(path)} ${quotePath(`${path}.damaged`)}`,
  });
}

function notAFile(path: string): StorageUnavailable {
  return new StorageUnavailable(`${path} is not a regular file, so it is not trusted.`, {
    remedy: `Look at it with ls -ld ${quotePath(path)}, then move it away: mv ${quotePath(path)} ${quotePath(`${path}.old`)}`,
  });
}

function tooOpen(path: string, mode: number, wanted: string): StorageUnavailable {
  const octal = (mode & 0o777).toString(8).padStart(3, '0');
  const verb = (mode & writableByOthers) !== 0 ? 'changed' : 'read';
  return new StorageUnavailable(`${path} can be ${verb} by other users (mode ${octal}), so it is not used.`, {
    remedy: `Close it: chmod ${wanted} ${quotePath(path)}`,
  });
}
