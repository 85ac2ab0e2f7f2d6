import { randomUUID } from 'node:crypto';
import {
  closeSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsync,
  lstatSync,
  open,
  openSync,
  readSync,
  rename,
  unlinkSync,
  writeFileSync,
  type Stats,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { errorCode, FileNotWritten, refusal } from './file-errors.js';
import { realPathOf, statOf, type Listing } from './look.js';

export interface AtomicWriteOptions {
  /** Permissions of the file, whatever the umask. Without it an existing file keeps its own; a new one gets the usual. */
  mode?: number;
  /** What the file must still hold just before it is replaced; anything else means that somebody changed it meanwhile. */
  expected?: Uint8Array;
  /** `false`: a power cut in the next seconds may bring the old content back, whole. Saves half of the waiting. */
  flushFolder?: boolean;
  /** Temporary files that runs have left beside it, when they were killed while they replaced it, are removed. */
  leftovers?: Listing;
}

/**
 * Replaces a file's content so that whoever looks, also after a crash or a power cut, sees the old content or the new
 * one: a temporary file next to it, flushed to the disk, then renamed over it. A symbolic link stays one, its target is
 * replaced; owner and permissions stay, and a file marked read-only is refused as an ordinary write would be.
 * @throws {FileNotWritten} when it could not be done; the file is then as it was and the temporary one is gone
 */
export async function writeFileAtomically(
  path: string,
  content: string | Uint8Array,
  options: AtomicWriteOptions = {},
): Promise<void> {
  try {
    await replace(path, content, options);
  } catch (error) {
    throw error instanceof FileNotWritten ? error : refusal(path, error);
  }
}

/** Milliseconds: no run takes that long between making a temporary file and renaming it. */
const leftoverAge = 60_000;

/**
 * Nothing is lost with them, since the file itself still has its old content. What cannot be removed is left: it is in
 * nobody's way.
 */
function removeLeftovers(target: string, { namesIn }: Listing): void {
  try {
    const [folder, prefix] = [dirname(target), `.${basename(target)}.`];
    for (const name of namesIn(folder)) {
      if (!name.startsWith(prefix) || !/^[0-9a-f]{12}\.tmp$/.test(name.slice(prefix.length))) continue;
      const leftover = join(folder, name);
      const found = statOf(leftover);
      if (found !== undefined && Date.now() - found.mtimeMs > leftoverAge) unlinkSync(leftover);
    }
  } catch {
    // Who cannot remove it may well be able to replace the file.
  }
}

/** These may have to wait for the disk. All else is done at once (look.ts). */
const [create, flush, move] = [promisify(open), promisify(fsync), promisify(rename)];

async function replace(path: string, content: string | Uint8Array, options: AtomicWriteOptions): Promise<void> {
  const { target, existing } = whatIsReplaced(path);
  // Renaming needs only the right to write to the folder: without this check a read-only file would be replaced.
  if (existing !== undefined) closeSync(openSync(target, 'r+'));
  if (options.leftovers !== undefined) removeLeftovers(target, options.leftovers);

  const folder = dirname(target);
  // The last part of a UUID is 12 random hex digits, which Node makes ready many at a time.
  const temporary = join(folder, `.${basename(target)}.${randomUUID().slice(-12)}.tmp`);
  const mode = options.mode ?? (existing === undefined ? undefined : existing.mode & 0o7777);
  // Closed to others until it has its final permissions: the content may be a secret.
  const file = await create(temporary, 'wx', mode === undefined ? 0o666 : 0o600);
  try {
    try {
      writeFileSync(file, content);
      if (existing !== undefined) keepOwner(file, existing);
      if (mode !== undefined) fchmodSync(file, mode);
      await flush(file);
    } finally {
      closeSync(file);
    }
    if (options.expected !== undefined) refuseIfChanged(target, options.expected);
    await move(temporary, target);
  } catch (error) {
    ignoringFailure(() => {
      unlinkSync(temporary);
    });
    throw error;
  }
  if (options.flushFolder !== false) await flushFolder(folder);
}

/** To follow links takes the system a look at each folder of the path, and hardly a file is one. */
function whatIsReplaced(path: string): { target: string; existing: Stats | undefined } {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found?.isSymbolicLink() !== true) return { target: path, existing: found };
  const target = ifPresent(() => realPathOf(path)) ?? path;
  return { target, existing: ifPresent(() => statOf(target)) };
}

function ifPresent<T>(operation: () => T): T | undefined {
  try {
    return operation();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function ignoringFailure(operation: () => void): void {
  try {
    operation();
  } catch {
    // As the caller says.
  }
}

/** Matters when root converts somebody's repository, as containers do; others may not give files away, nor need to. */
function keepOwner(file: number, owner: { uid: number; gid: number }): void {
  const own = fstatSync(file);
  if (own.uid === owner.uid && own.gid === owner.gid) return;
  ignoringFailure(() => {
    fchownSync(file, owner.uid, owner.gid);
  });
}

function refuseIfChanged(path: string, expected: Uint8Array): void {
  if (ifPresent(() => holds(path, expected)) === true) return;
  throw new FileNotWritten(`${path} was changed by somebody else in the meantime, so it was left alone.`, {
    remedy: 'Run the command again.',
  });
}

/** `readFileSync` would look at the file first, and take twice the time. */
function holds(path: string, expected: Uint8Array): boolean {
  const file = openSync(path, 'r');
  try {
    // One byte more, to see that nothing follows.
    const buffer = Buffer.allocUnsafe(expected.length + 1);
    let end = 0;
    for (let read = -1; read !== 0 && end < buffer.length; end += read) {
      read = readSync(file, buffer, end, buffer.length - end, null);
    }
    return buffer.subarray(0, end).equals(expected);
  } finally {
    closeSync(file);
  }
}

/** The rename itself must survive a power cut. Windows cannot open folders, and some file systems cannot flush them. */
async function flushFolder(folder: string): Promise<void> {
  try {
    const handle = openSync(folder, 'r');
    await flush(handle).finally(() => {
      closeSync(handle);
    });
  } catch {
    // The new content is in place; only its surviving a power cut in the next seconds is not promised.
  }
}
