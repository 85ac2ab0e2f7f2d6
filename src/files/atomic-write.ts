import { randomBytes } from 'node:crypto';
import { open, readFile, realpath, rename, stat, unlink, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { namesIn } from './look.js';
import { errorCode, FileNotWritten, refusal } from './file-errors.js';

export interface AtomicWriteOptions {
  /** Permissions of the file, whatever the umask. Without it an existing file keeps its own; a new one gets the usual. */
  mode?: number;
  /** What the file must still hold just before it is replaced; anything else means that somebody changed it meanwhile. */
  expected?: Uint8Array;
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
 * Removes temporary files that runs have left beside a file when they were killed while they replaced it. Nothing is lost
 * with them, since the file itself still has its old content. What cannot be removed is left: it is in nobody's way.
 */
export async function removeLeftovers(path: string): Promise<void> {
  const target = await realpath(path).catch(() => path);
  const [folder, prefix] = [dirname(target), `.${basename(target)}.`];
  const leftovers = namesIn(folder).filter(
    (name) => name.startsWith(prefix) && /^[0-9a-f]{12}\.tmp$/.test(name.slice(prefix.length)),
  );
  for (const name of leftovers) {
    const leftover = join(folder, name);
    const found = await stat(leftover).catch(() => undefined);
    if (found !== undefined && Date.now() - found.mtimeMs > leftoverAge) await unlink(leftover).catch(() => undefined);
  }
}

async function replace(path: string, content: string | Uint8Array, options: AtomicWriteOptions): Promise<void> {
  const target = (await ifPresent(realpath(path))) ?? path;
  const existing = await ifPresent(stat(target));
  // Renaming needs only the right to write to the folder: without this check a read-only file would be replaced.
  if (existing !== undefined) await (await open(target, 'r+')).close();

  const folder = dirname(target);
  const temporary = join(folder, `.${basename(target)}.${randomBytes(6).toString('hex')}.tmp`);
  const mode = options.mode ?? (existing === undefined ? undefined : existing.mode & 0o7777);
  // Closed to others until it has its final permissions: the content may be a secret.
  const file = await open(temporary, 'wx', mode === undefined ? 0o666 : 0o600);
  try {
    try {
      await file.writeFile(content);
      if (existing !== undefined) await keepOwner(file, existing);
      if (mode !== undefined) await file.chmod(mode);
      await file.sync();
    } finally {
      await file.close();
    }
    if (options.expected !== undefined) await refuseIfChanged(target, options.expected);
    await rename(temporary, target);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
  await flushFolder(folder);
}

async function ifPresent<T>(operation: Promise<T>): Promise<T | undefined> {
  try {
    return await operation;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Matters when root converts somebody's repository, as containers do; others may not give files away, nor need to. */
async function keepOwner(file: FileHandle, owner: { uid: number; gid: number }): Promise<void> {
  const own = await file.stat();
  if (own.uid === owner.uid && own.gid === owner.gid) return;
  await file.chown(owner.uid, owner.gid).catch(() => undefined);
}

async function refuseIfChanged(path: string, expected: Uint8Array): Promise<void> {
  const current = await ifPresent(readFile(path));
  if (current !== undefined && current.equals(expected)) return;
  throw new FileNotWritten(`${path} was changed by somebody else in the meantime, so it was left alone.`, {
    remedy: 'Run the command again.',
  });
}

/** The rename itself must survive a power cut. Windows cannot open folders, and some file systems cannot flush them. */
async function flushFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    await handle.sync().finally(() => handle.close());
  } catch {
    // The new content is in place; only its surviving a power cut in the next seconds is not promised.
  }
}
