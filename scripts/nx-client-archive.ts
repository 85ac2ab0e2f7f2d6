import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import { pack } from 'tar-stream';

/** The files of the client program by their paths, `/` between folders, in the order in which they are extracted. */
export type ProgramFiles = ReadonlyMap<string, Uint8Array>;

/** The same bytes for the same files, so that a server that was only built again makes nobody download anything. */
export async function archiveOf(files: ProgramFiles): Promise<Buffer> {
  const archive = pack();
  const written = buffer(archive);
  const mtime = new Date(0);
  for (const folder of foldersOf(files)) archive.entry({ name: `${folder}/`, type: 'directory', mode: 0o755, mtime });
  for (const [name, content] of files) archive.entry({ name, mode: 0o644, mtime }, Buffer.from(content));
  archive.finalize();
  return promisify(gzip)(await written, { level: constants.Z_BEST_COMPRESSION });
}

/**
 * Differs whenever the content does. Nx up to 22 removes what lies beside a new program in the order of the names, and
 * fails if another Nx has removed its `verify.lock` meanwhile. So the program's folder comes behind that: between looking
 * and removing the lock, nothing is left to be done.
 */
export function nxClientVersion(version: string, contentHash: string): string {
  return `version-${version}-${contentHash.slice(0, 12)}`;
}

/** As Nx computes it of the folder that it has extracted (`getBundleContentHash` in the `nx` package). */
export function contentHashOf(files: ProgramFiles): string {
  const hashes: string[] = [];
  const folders = new Map<string, Map<string, Uint8Array>>();
  for (const [path, content] of files) {
    const [first = '', ...rest] = path.split('/');
    if (rest.length === 0) {
      hashes.push(sha256(content));
    } else {
      const folder = folders.get(first) ?? new Map<string, Uint8Array>();
      folders.set(first, folder.set(rest.join('/'), content));
    }
  }
  for (const folder of folders.values()) hashes.push(contentHashOf(folder));
  return sha256(hashes.sort().join(''));
}

/** The files of a folder, recursively, below `prefix`. */
export async function filesOf(folder: string, prefix: string): Promise<ProgramFiles> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const read = async (path: string) =>
    [`${prefix}${path.slice(folder.length).replaceAll('\\', '/')}`, await readFile(path)] as const;
  return new Map(await Promise.all(files.map(read)));
}

function foldersOf(files: ProgramFiles): string[] {
  const folders = [...files.keys()].flatMap((path) => {
    const parts = path.split('/').slice(0, -1);
    return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
  });
  return [...new Set(folders)].sort();
}

function sha256(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex');
}
