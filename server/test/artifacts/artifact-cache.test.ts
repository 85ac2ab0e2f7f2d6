import { randomBytes } from 'node:crypto';
import { readdirSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { smallBytes } from '../../src/artifacts/artifact-cache.js';
import { BodyLengthError, StorageUnavailableError } from '../../src/artifacts/artifact-store.js';
import { DatabaseUnavailableError } from '../../src/domain/database-unavailable.js';
import { bodyOf, breakingBody } from './artifact-store-contract.js';
import { gate } from '../support/gate.js';
import { kib, setUp, until, type Fixture } from './cache-fixture.js';

describe('an artifact', () => {
  it.each([0, 10, smallBytes, smallBytes + 1, 1500 * kib])('is read as it was written: %d bytes', async (size) => {
    const { put, get } = await setUp();
    const content = randomBytes(size);
    expect(await put('h', content)).toBe('stored');
    // Twice: from the disk, and where it is small from memory.
    expect((await get('h'))?.equals(content)).toBe(true);
    expect((await get('h'))?.equals(content)).toBe(true);
  });

  it('is found in its own workspace, scope and hash only', async () => {
    const { put, get, cache } = await setUp();
    await put('h', 10, { scope: 'isolated/t1' });
    expect(await get('h', ['isolated/t1'])).not.toBeNull();
    expect(await get('h', ['trusted', 'isolated/t2'])).toBeNull();
    expect(await get('other', ['isolated/t1'])).toBeNull();
    expect(await get('h', [])).toBeNull();
    expect(await cache.read({ workspaceId: 'w2', hash: 'h' }, ['isolated/t1'])).toBeNull();
    expect(await cache.has({ workspaceId: 'w', scope: 'isolated/t1', hash: 'h' })).toBe(true);
    expect(await cache.has({ workspaceId: 'w', scope: 'trusted', hash: 'h' })).toBe(false);
  });

  it('is taken from the first scope that has it, whatever was read before', async () => {
    const { put, get } = await setUp();
    const scopes = ['trusted', 'isolated/t1'];
    await put('h', Buffer.from('isolated'), { scope: 'isolated/t1' });
    expect(String(await get('h', scopes))).toBe('isolated');
    await put('h', Buffer.from('trusted'));
    expect(String(await get('h', scopes))).toBe('trusted');
    expect(String(await get('h', [...scopes].reverse()))).toBe('isolated');
  });

  it('stays as it was first written, and nothing of the second stays', async () => {
    const { put, get, blobs } = await setUp();
    expect(await put('h', Buffer.from('first'))).toBe('stored');
    expect(await put('h', Buffer.from('second'))).toBe('exists');
    expect(String(await get('h'))).toBe('first');
    expect(blobs()).toBe(1);
  });

  it('is one of them when many are written at once under one key: one is stored, and that one is read', async () => {
    const { put, get, blobs } = await setUp();
    const contents = Array.from({ length: 40 }, (_, index) => Buffer.from(`writer ${index}`));
    const outcomes = await Promise.all(contents.map((content) => put('h', content)));
    expect(outcomes.filter((outcome) => outcome === 'stored')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'exists')).toHaveLength(39);
    expect(String(await get('h'))).toBe(`writer ${outcomes.indexOf('stored')}`);
    expect(blobs()).toBe(1);
  });

  it('is published together with those that came in while an earlier one was being published', async () => {
    const groups: number[] = [];
    const earlier = gate();
    let kept = 0;
    const { put, found } = await setUp({
      changeStore: (store) => ({
        write: async (body, size) => {
          const blobId = await store.write(body, size);
          kept++;
          return blobId;
        },
      }),
      changeRepository: (repository) => ({
        publish: async (artifacts) => {
          groups.push(artifacts.length);
          await earlier.isOpen;
          return await repository.publish(artifacts);
        },
      }),
    });
    const first = put('first', 10);
    await until(() => groups.length === 1);
    const hashes = Array.from({ length: 20 }, (_, index) => `h${index}`);
    const others = hashes.map((hash) => put(hash, 10));
    await until(() => kept === 21);
    earlier.open();
    expect(await Promise.all([first, ...others])).toEqual(Array(21).fill('stored'));
    expect(groups).toEqual([1, 20]);
    expect(await found(hashes)).toEqual(hashes);
  });

  it('is not published when the right to has ended while it came in', async () => {
    const { put, get, blobs } = await setUp();
    const asked: string[] = [];
    const body = new PassThrough();
    const writing = put('h', 10, {
      body,
      mayPublish: () => {
        asked.push('asked');
        return Promise.resolve(false);
      },
    });
    body.write(Buffer.alloc(5));
    await until(() => blobs() === 1);
    expect(asked).toEqual([]);
    body.end(Buffer.alloc(5));
    expect(await writing).toBe('refused');
    expect(asked).toEqual(['asked']);
    expect(await get('h')).toBeNull();
    expect(blobs()).toBe(0);
  });

  it('is not published when its body is cut or too long, and its hash stays free', async () => {
    const { put, get, blobs } = await setUp();
    await expect(put('h', 100, { body: breakingBody(Buffer.alloc(50)) })).rejects.toBeInstanceOf(BodyLengthError);
    await expect(put('h', 100, { body: bodyOf(Buffer.alloc(101)) })).rejects.toBeInstanceOf(BodyLengthError);
    expect(await get('h')).toBeNull();
    expect(blobs()).toBe(0);
    expect(await put('h', 100)).toBe('stored');
  });

  it('is not published when its right cannot be asked for, and those published with it are', async () => {
    const { put, found, blobs } = await setUp();
    const failure = new Error('the database is away');
    const [fine, failed] = await Promise.allSettled([
      put('fine', 10),
      put('failed', 10, { mayPublish: () => Promise.reject(failure) }),
    ]);
    expect(fine).toEqual({ status: 'fulfilled', value: 'stored' });
    expect(failed).toEqual({ status: 'rejected', reason: failure });
    expect(await found(['fine', 'failed'])).toEqual(['fine']);
    expect(blobs()).toBe(1);
  });

  it('is not published when the database is away, and nothing of it stays', async () => {
    const unavailable = new DatabaseUnavailableError('full', undefined);
    let isAway = true;
    const { put, get, blobs } = await setUp({
      changeRepository: (repository) => ({
        publish: (artifacts) => (isAway ? Promise.reject(unavailable) : repository.publish(artifacts)),
      }),
    });
    const failed = await Promise.allSettled([put('a', 10), put('b', 10)]);
    expect(failed).toEqual(Array(2).fill({ status: 'rejected', reason: unavailable }));
    expect(blobs()).toBe(0);
    isAway = false;
    expect(await put('a', 10)).toBe('stored');
    expect(await get('a')).not.toBeNull();
  });

  it('is there after a restart', async () => {
    const fixture = await setUp();
    await fixture.put('h', 10);
    await fixture.restart();
    expect(await fixture.get('h')).not.toBeNull();
  });
});

describe('the memory', () => {
  const recall = (fixture: Fixture, hash: string, scopes = ['trusted']) =>
    fixture.cache.recall({ workspaceId: 'w', hash }, scopes);

  it('holds small artifacts that were read, and answers at once', async () => {
    const fixture = await setUp();
    await fixture.put('small', smallBytes);
    await fixture.put('large', smallBytes + 1);
    expect(recall(fixture, 'small')).toBeUndefined();
    await fixture.found(['small', 'large']);
    expect(recall(fixture, 'small')).toHaveLength(smallBytes);
    expect(recall(fixture, 'large')).toBeUndefined();
  });

  it('answers for the first scope only: an earlier one might have the artifact as well', async () => {
    const fixture = await setUp();
    await fixture.put('h', 10, { scope: 'isolated/t1' });
    await fixture.get('h', ['trusted', 'isolated/t1']);
    expect(recall(fixture, 'h', ['trusted', 'isolated/t1'])).toBeUndefined();
    expect(recall(fixture, 'h', ['isolated/t1'])).toBeDefined();
    expect(recall(fixture, 'h', [])).toBeUndefined();
  });

  it('forgets what was used longest ago, and is never larger than it may be', async () => {
    const fixture = await setUp({ memoryBytes: 10 * kib });
    const hashes = ['a', 'b', 'c'];
    for (const hash of hashes) await fixture.put(hash, 3 * kib);
    await fixture.found(['a', 'b']);
    expect(recall(fixture, 'a')).toBeDefined();
    await fixture.get('c');
    expect(hashes.filter((hash) => recall(fixture, hash) !== undefined)).toEqual(['a', 'c']);
    expect(await fixture.found(hashes)).toEqual(hashes);
  });

  it('does not take in an artifact that was removed while it was being read', async () => {
    let removeNow: () => Promise<unknown> = () => Promise.resolve();
    const fixture = await setUp({
      changeStore: (store) => ({
        open: async (blobId) => {
          const blob = await store.open(blobId);
          await removeNow();
          return blob;
        },
      }),
    });
    await fixture.put('h', 10);
    removeNow = () => fixture.cache.purge('w', { all: true });
    // It was there when it was asked for.
    expect(await fixture.get('h')).not.toBeNull();
    expect(recall(fixture, 'h')).toBeUndefined();
    expect(await fixture.get('h')).toBeNull();
  });
});

describe('lost bytes', () => {
  it.each([10, smallBytes + 1])('are a miss, and the place is free again: %d bytes', async (size) => {
    const fixture = await setUp({ memoryBytes: 0 });
    await fixture.put('h', size);
    rmSync(join(fixture.dataFolder, 'artifacts', 'blobs', '00'), { recursive: true });
    expect(await fixture.get('h')).toBeNull();
    expect(fixture.log()).toContain('the bytes of an artifact are lost');
    expect(await fixture.database.artifacts.occupiedBytes()).toBe(0);
    await fixture.restart();
    expect(await fixture.put('h', size)).toBe('stored');
    expect(await fixture.get('h')).toHaveLength(size);
  });

  it('are noticed where the place is only remembered', async () => {
    const fixture = await setUp();
    await fixture.put('h', smallBytes + 1);
    await fixture.get('h');
    rmSync(join(fixture.dataFolder, 'artifacts', 'blobs', '00'), { recursive: true });
    // Until now the store has the file open, and with it the bytes.
    await fixture.store.close();
    expect(await fixture.get('h')).toBeNull();
    expect(await fixture.get('h')).toBeNull();
  });

  it('are never served in part', async () => {
    const { put, get, dataFolder, blobs } = await setUp();
    await put('h', 100 * kib);
    const folder = join(dataFolder, 'artifacts', 'blobs', '00');
    for (const name of readdirSync(folder)) truncateSync(join(folder, name), 50 * kib);
    expect(await get('h')).toBeNull();
    expect(blobs()).toBe(0);
  });

  it('are not assumed when the disk does not answer: the artifact stays', async () => {
    let isAway = true;
    const { put, get } = await setUp({
      changeStore: (store) => ({
        open: (blobId) => (isAway ? Promise.reject(new StorageUnavailableError('EIO')) : store.open(blobId)),
      }),
    });
    await put('h', 10);
    await expect(get('h')).rejects.toBeInstanceOf(StorageUnavailableError);
    isAway = false;
    expect(await get('h')).not.toBeNull();
  });

  it('of uploads that were never published are swept away after the start', async () => {
    const fixture = await setUp();
    await fixture.put('h', 10);
    await fixture.store.write(bodyOf(Buffer.alloc(10)), 10);
    expect(fixture.blobs()).toBe(2);
    await fixture.restart();
    await until(() => fixture.blobs() === 1);
    expect(await fixture.get('h')).not.toBeNull();
  });
});

describe('the times of reads', () => {
  it('are written down when the cache is closed and before statistics are made, and never set back', async () => {
    const fixture = await setUp();
    await fixture.put('h', 10);
    fixture.passTime(5000);
    await fixture.get('h');
    expect((await fixture.cache.stats('w')).lastReadAt).toBe('2026-11-21T12:00:05.000Z');
    fixture.passTime(1000);
    await fixture.get('h');
    await fixture.restart();
    const artifact = await fixture.database.artifacts.find({ workspaceId: 'w', hash: 'h' }, ['trusted']);
    expect(artifact?.lastReadAt).toBe(Date.parse('2026-11-21T12:00:06Z'));
  });

  it('wait for a database that is away, and no read fails because of it', async () => {
    let isAway = true;
    const fixture = await setUp({
      changeRepository: (repository) => ({
        recordReads: (reads) =>
          isAway ? Promise.reject(new DatabaseUnavailableError('busy', undefined)) : repository.recordReads(reads),
      }),
    });
    await fixture.put('h', 10);
    fixture.passTime(1000);
    await fixture.get('h');
    const { lastReadAt } = await fixture.cache.stats('w');
    expect(lastReadAt).toBe('2026-11-21T12:00:00.000Z');
    expect(fixture.log()).toContain('could not be written down yet');
    isAway = false;
    expect((await fixture.cache.stats('w')).lastReadAt).toBe('2026-11-21T12:00:01.000Z');
  });
});
