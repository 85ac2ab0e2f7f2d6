import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readdir, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../errors.js';
import { BodyLengthError, StorageUnavailableError, type ArtifactStore } from './artifact-store.js';
import { createBlobWriter, type BlobWriter } from './blob-writer.js';
import { createBufferPool } from './buffer-pool.js';
import { FolderBlob } from './folder-blob.js';
import { createOpenFiles } from './open-files.js';

/** 16 MiB of read buffers at most. */
const pooledBuffers = 32;

/** Far below the 1,024 open files that a process may usually have. */
const filesKeptOpen = 128;

/** So that none of them gets so large that listing it takes long. */
const folderCount = 256;

/** Uploads of a moment share a folder: a fresh store then rarely has to make one. */
const runLength = 64;

const folderForm = /^[0-9a-f]{2}$/;

/** The folder, the store that wrote it, and its number there: no two blobs ever have the same. */
const idForm = /^([0-9a-f]{2})([0-9a-f]{24})-[0-9a-z]+$/;

/**
 * Blobs as files: `incoming/<id>` while one is received, `blobs/<first two characters>/<id>` when it is complete. Both
 * are in one file system, so that a blob moves from one to the other in one step.
 *
 * @param options.folder for artifacts alone; the folder around it has to be there
 * @throws {UserError} when it cannot be used
 */
export async function createFolderArtifactStore({ folder }: { folder: string }): Promise<ArtifactStore> {
  const incoming = join(folder, 'incoming');
  const blobs = join(folder, 'blobs');
  let writer: BlobWriter;
  try {
    for (const path of [folder, incoming, blobs]) await makeFolder(path);
    // What an earlier process did not finish. Nobody was ever told that it is there.
    for (const name of await readdir(incoming)) await unlink(join(incoming, name));
    writer = await createBlobWriter(incoming);
  } catch (cause) {
    throw new UserError(`The folder ${folder} cannot be used for artifacts: ${messageOf(cause)}`, {
      remedy: 'Let this user write to it, or give another data folder with --data.',
      cause,
    });
  }

  const writtenBy = randomBytes(12).toString('hex');
  let written = 0;
  const newId = () => {
    const number = written++;
    const folderName = (Math.floor(number / runLength) % folderCount).toString(16).padStart(2, '0');
    return `${folderName}${writtenBy}-${number.toString(36)}`;
  };
  const folderOf = (blobId: string) => join(blobs, blobId.slice(0, 2));
  const pathOf = (blobId: string) => join(folderOf(blobId), blobId);
  const pool = createBufferPool(pooledBuffers);
  const files = createOpenFiles(filesKeptOpen);

  const prepared = new Set<string>();
  /** When it is first needed: to make all of them at the start takes a busy disk a second. */
  async function prepare(path: string): Promise<void> {
    if (prepared.has(path)) return;
    await makeFolder(path);
    prepared.add(path);
  }

  async function remove(blobIds: readonly string[]): Promise<void> {
    for (const blobId of blobIds.filter((id) => idForm.test(id))) {
      try {
        await unlink(pathOf(blobId));
      } catch (error) {
        if (codeOf(error) !== 'ENOENT') throw unavailable('removed', error);
      }
      await files.forget(pathOf(blobId));
    }
  }

  return {
    async write(body, size) {
      const id = newId();
      const temporary = join(incoming, id);
      try {
        await writer.write(temporary, body, size);
        await prepare(folderOf(id));
        // Its folder is not synced: should a power failure take the name of a blob, its artifact is one that is missed.
        await rename(temporary, pathOf(id));
      } catch (error) {
        await unlink(temporary).catch(() => undefined);
        throw error instanceof BodyLengthError ? error : unavailable('kept', error);
      }
      return id;
    },
    async open(blobId) {
      if (!idForm.test(blobId)) return null;
      try {
        return new FolderBlob(await files.use(pathOf(blobId)), pool);
      } catch (error) {
        if (codeOf(error) === 'ENOENT') return null;
        throw unavailable('read', error);
      }
    },
    remove,
    async sweep(known, { signal } = {}) {
      let removed = 0;
      for (const name of await list(blobs)) {
        if (signal?.aborted === true) break;
        if (!folderForm.test(name)) continue;
        const names = await list(join(blobs, name));
        const found = names.filter((id) => id.startsWith(name) && isOfAnother(id, writtenBy));
        const stays = await known(found);
        const orphans = found.filter((id) => !stays.has(id));
        await remove(orphans);
        removed += orphans.length;
      }
      return removed;
    },
    close: () => files.forgetAll(),
  };
}

async function list(path: string): Promise<string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    throw unavailable('read', error);
  }
}

function isOfAnother(blobId: string, store: string): boolean {
  const writtenBy = idForm.exec(blobId)?.[2];
  return writtenBy !== undefined && writtenBy !== store;
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    await chmod(path, 0o700);
  }
}

function unavailable(what: 'kept' | 'read' | 'removed', cause: unknown): StorageUnavailableError {
  return new StorageUnavailableError(`The artifact could not be ${what}: ${messageOf(cause)}`, { cause });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
