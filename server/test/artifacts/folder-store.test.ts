import { randomBytes } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { mounting, smallDisk } from '../../../test/support/small-disk.js';
import { describeWith } from '../../../test/support/system-parts.js';
import { tempDir } from '../../../test/support/temp-dir.js';
import { StorageUnavailableError, type ArtifactStore } from '../../src/artifacts/artifact-store.js';
import { createFolderArtifactStore } from '../../src/artifacts/folder-store.js';
import { UserError } from '../../src/errors.js';
import { allOf, bodyOf, testArtifactStore } from './artifact-store-contract.js';

const kib = 1024;

/** It is closed when the test is over. */
async function openStore(options: { folder: string }): Promise<ArtifactStore> {
  const store = await createFolderArtifactStore(options);
  onTestFinished(() => store.close());
  return store;
}

describe('artifacts in a folder', () => {
  testArtifactStore({
    create: () => {
      const folder = join(tempDir(), 'artifacts');
      return Promise.resolve({ open: () => openStore({ folder }) });
    },
  });

  function filesIn(folder: string): string[] {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name));
  }

  const modeOf = (path: string) => statSync(path).mode & 0o777;

  it('are for this user alone', async () => {
    const folder = join(tempDir(), 'artifacts');
    mkdirSync(folder, { mode: 0o755 });
    const store = await openStore({ folder });
    await store.write(bodyOf(Buffer.alloc(10)), 10);
    const [file = ''] = filesIn(folder);
    expect(modeOf(file)).toBe(0o600);
    for (const path of [folder, join(folder, 'incoming'), join(folder, 'blobs'), join(file, '..')]) {
      expect(modeOf(path)).toBe(0o700);
    }
  });

  it('are received apart from those that are complete, and what a killed process had not finished is gone after it', async () => {
    const folder = join(tempDir(), 'artifacts');
    const store = await openStore({ folder });
    const body = new PassThrough();
    const writing = store.write(body, 100);
    body.write(Buffer.alloc(50));
    while (filesIn(folder).length === 0) await setTimeout(1);
    expect(filesIn(join(folder, 'incoming'))).toHaveLength(1);
    expect(filesIn(join(folder, 'blobs'))).toEqual([]);

    await openStore({ folder });
    expect(filesIn(folder)).toEqual([]);
    body.end(Buffer.alloc(50));
    await expect(writing).rejects.toBeInstanceOf(StorageUnavailableError);
    expect(filesIn(folder)).toEqual([]);
  });

  it('leave nothing in the folder for incoming ones, published or not', async () => {
    const folder = join(tempDir(), 'artifacts');
    const store = await openStore({ folder });
    await store.write(bodyOf(Buffer.alloc(10)), 10);
    await expect(store.write(bodyOf(Buffer.alloc(10)), 11)).rejects.toThrow('ended after 10 of 11 bytes');
    expect(filesIn(join(folder, 'incoming'))).toEqual([]);
    expect(filesIn(join(folder, 'blobs'))).toHaveLength(1);
  });

  it('are never served short: a file that shrinks while it is read is a failure', async () => {
    const folder = join(tempDir(), 'artifacts');
    const store = await openStore({ folder });
    const size = 2 * 1024 * kib;
    const blob = await store.open(await store.write(bodyOf(randomBytes(size)), size));
    if (blob === null) throw new Error('It was not kept.');
    for (const file of filesIn(folder)) truncateSync(file, size / 2);
    await expect(allOf(blob)).rejects.toBeInstanceOf(StorageUnavailableError);
    await expect(blob.bytes()).rejects.toThrow('became shorter');
    await blob.close();
  });

  it('leave files alone that are none of theirs', async () => {
    const folder = join(tempDir(), 'artifacts');
    const earlier = await openStore({ folder });
    await earlier.remove([await earlier.write(bodyOf(Buffer.alloc(1)), 1)]);
    writeFileSync(join(folder, 'blobs', '00', 'README'), 'not ours');
    writeFileSync(join(folder, 'blobs', 'README'), 'not ours');
    const store = await openStore({ folder });
    expect(await store.sweep(() => Promise.resolve(new Set()))).toBe(0);
    expect(await store.open('README')).toBeNull();
    expect(filesIn(folder).sort()).toEqual([join(folder, 'blobs', '00', 'README'), join(folder, 'blobs', 'README')]);
  });

  it('say what is wrong with a folder that cannot be used', async () => {
    const folder = join(tempDir(), 'artifacts');
    writeFileSync(folder, '');
    const error: unknown = await openStore({ folder }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UserError);
    expect(error).toMatchObject({
      message: expect.stringContaining(`The folder ${folder} cannot be used for artifacts`) as string,
      remedy: expect.stringContaining('--data') as string,
    });
  });

  it('can neither be kept nor read when the folder is gone, and it says so each time', async () => {
    const folder = join(tempDir(), 'artifacts');
    const store = await openStore({ folder });
    const id = await store.write(bodyOf(Buffer.alloc(10)), 10);
    rmSync(folder, { recursive: true });
    await expect(store.write(bodyOf(Buffer.alloc(10)), 10)).rejects.toBeInstanceOf(StorageUnavailableError);
    await expect(store.sweep(() => Promise.resolve(new Set()))).rejects.toBeInstanceOf(StorageUnavailableError);
    expect(await store.open(id)).toBeNull();
    await store.remove([id]);
  });
});

describeWith(mounting, 'artifacts on a full disk', () => {
  const disk = () => join(smallDisk(1024), 'artifacts');

  it('are not kept, and nothing of them takes room from those that fit', async () => {
    const store = await openStore({ folder: disk() });
    const content = randomBytes(400 * kib);
    const kept = await store.write(bodyOf(content), content.length);
    for (let attempt = 0; attempt < 3; attempt++) {
      const tooLarge = randomBytes(2 * 1024 * kib);
      await expect(store.write(bodyOf(tooLarge), tooLarge.length)).rejects.toMatchObject({
        name: 'StorageUnavailableError',
        message: expect.stringContaining('ENOSPC') as string,
      });
    }
    const second = await store.write(bodyOf(content), content.length);
    for (const id of [kept, second]) {
      const blob = await store.open(id);
      if (blob === null) throw new Error('It was not kept.');
      expect((await allOf(blob)).equals(content)).toBe(true);
    }
  });

  it('are not kept when it has become read-only either', async () => {
    const folder = disk();
    const store = await openStore({ folder });
    spawnSync('mount', ['-o', 'remount,ro', join(folder, '..')]);
    await expect(store.write(bodyOf(Buffer.alloc(10)), 10)).rejects.toThrow('EROFS');
    await expect(openStore({ folder })).rejects.toBeInstanceOf(UserError);
  });
});
