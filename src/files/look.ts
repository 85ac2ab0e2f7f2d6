import {
  closeSync,
  existsSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  statSync,
  type Stats,
} from 'node:fs';
import { dirname, isAbsolute, relative, sep } from 'node:path';
import { errorCode, FileNotRead } from './file-errors.js';

/**
 * Looks at files, synchronously: through Node's thread pool each look costs 50 µs of the main thread, and done at once it
 * takes 3 µs (measured, Node 20). A conversion takes sixty of them, most for files that are not there.
 */

/** Also a link that leads nowhere is not there, nor what one may not look at. */
export function isThere(path: string): boolean {
  return existsSync(path);
}

/** `undefined` when there is nothing. @throws {Error} when it cannot be looked at */
export function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (errorCode(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** Lists folders and reads files, each only once: for many looks into the same few, while nothing changes there that matters. */
export interface Listing {
  /** What cannot be listed has none. */
  namesIn: (folder: string) => readonly string[];
  /** `false`: a look at that itself would be in vain. */
  mayHave: (folder: string, name: string) => boolean;
  /** As `bytesOf`, up to the usual size. */
  bytesOf: (path: string) => Buffer | undefined;
}

/** @param known a folder that was listed just now, with all that is in it */
export function createListing(known?: { folder: string; names: readonly string[] }): Listing {
  const listed = new Map<string, { names: readonly string[]; isKnown: boolean }>();
  if (known !== undefined) listed.set(known.folder, { names: known.names, isKnown: true });
  const read = new Map<string, { bytes: Buffer | undefined } | { error: unknown }>();
  function list(folder: string) {
    const before = listed.get(folder);
    if (before !== undefined) return before;
    const names = ifListed(folder);
    const now = { names: names ?? [], isKnown: names !== undefined };
    listed.set(folder, now);
    return now;
  }
  return {
    namesIn: (folder) => list(folder).names,
    mayHave(folder, name) {
      const { names, isKnown } = list(folder);
      return !isKnown || names.includes(name);
    },
    bytesOf(path) {
      const before = read.get(path) ?? readNow(path);
      read.set(path, before);
      if ('error' in before) throw before.error;
      return before.bytes;
    },
  };
}

function readNow(path: string): { bytes: Buffer | undefined } | { error: unknown } {
  try {
    return { bytes: bytesOf(path) };
  } catch (error) {
    return { error };
  }
}

function ifListed(folder: string): string[] | undefined {
  try {
    return readdirSync(folder);
  } catch {
    return undefined;
  }
}

/** In bytes. No configuration that people write comes near, and its syntax tree still fits into memory many times. */
export const largestText = 1024 * 1024;

/**
 * The content of a file that somebody else may have put there. A repository can have a link to /dev/zero, to a terminal or
 * to what waits for a writer: whoever reads that never gets to an end, and read at once it cannot even be interrupted. So
 * only ordinary files are read, up to a size and no further than they reached when they were looked at.
 * @param largest in bytes
 * @param found what a look at it has told just now
 * @returns `undefined` when there is nothing
 * @throws {FileNotRead} for anything but an ordinary file of that size, {Error} of the system
 */
export function bytesOf(path: string, largest = largestText, found = statOf(path)): Buffer | undefined {
  if (found === undefined) return undefined;
  if (!found.isFile()) {
    throw new FileNotRead(`${path} is no ordinary file, so it was not read.`, {
      remedy: `See what it is: ls -lL '${path}'`,
    });
  }
  if (found.size > largest) {
    throw new FileNotRead(`${path} is larger than ${largest / 1024 / 1024} MiB, so it was not read.`, {
      remedy: `See what is in it: head -c 1000 '${path}'`,
    });
  }
  const file = openSync(path, 'r');
  try {
    const buffer = Buffer.allocUnsafe(found.size);
    let end = 0;
    for (let read = -1; read !== 0 && end < buffer.length; end += read) {
      read = readSync(file, buffer, end, buffer.length - end, null);
    }
    return buffer.subarray(0, end);
  } finally {
    closeSync(file);
  }
}

/** The same as text; `undefined` also for what cannot be read. */
export function textOf(path: string, largest = largestText): string | undefined {
  try {
    return bytesOf(path, largest)?.toString('utf8');
  } catch {
    return undefined;
  }
}

/** Without links. @throws {Error} when it is not there */
export function realPathOf(path: string): string {
  return realpathSync.native(path);
}

/** Whether a path leads into a folder when all links on its way are followed. @throws {Error} when it is not there */
export function isWithin(root: string, path: string): boolean {
  // To follow links takes the system a look at each folder of the path; most files are in the folder itself, and no link.
  if (dirname(path) === root && !lstatSync(path).isSymbolicLink()) return true;
  const way = relative(realPathOf(root), realPathOf(path));
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
