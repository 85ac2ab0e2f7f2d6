import { randomBytes } from 'node:crypto';
import { readdirSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import pino from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { CachePurge } from '../../../src/protocol/wire-types.js';
import { recordOutput } from '../../../test/support/ledger.js';
import { tempDir } from '../../../test/support/temp-dir.js';
import { createArtifactCache, smallBytes } from '../../src/artifacts/artifact-cache.js';
import { BodyLengthError, StorageUnavailableError, type ArtifactStore } from '../../src/artifacts/artifact-store.js';
import { createFolderArtifactStore } from '../../src/artifacts/folder-store.js';
import type { ArtifactLimits } from '../../src/artifacts/housekeeping.js';
import { openSqliteDatabase } from '../../src/database/sqlite.js';
import type { ArtifactCache, ArtifactRepository } from '../../src/domain/artifacts.js';
import { DatabaseUnavailableError } from '../../src/domain/database-unavailable.js';
import type { Writer } from '../../src/domain/model.js';
import { presets } from '../../src/domain/presets.js';
import type { Database } from '../../src/domain/repositories.js';
import { allOf, bodyOf, breakingBody } from './artifact-store-contract.js';

const kib = 1024;
const day = 24 * 60 * 60 * 1000;

interface Fixture {
  dataFolder: string;
  database: Database;
  cache: ArtifactCache;
  store: ArtifactStore;
  log: () => string;
  passTime: (milliseconds: number) => void;
  /** Stores this many bytes under a hash; in the trusted scope, by one and the same token, unless told otherwise. */
  put: (hash: string, content: Buffer | number, change?: PutChange) => ReturnType<ArtifactCache['write']>;
  /** What is read under a hash, `null` for a miss. */
  get: (hash: string, scopes?: readonly string[]) => Promise<Buffer | null>;
  /** The hashes that are there. */
  found: (hashes: readonly string[], scopes?: readonly string[]) => Promise<string[]>;
  /** So many rows of `size` bytes, whose bytes are lost: for what is about rows alone. */
  putRows: (count: number, size: number) => Promise<void>;
  /** The same data, as after a restart. */
  restart: (limits?: ArtifactLimits) => Promise<void>;
  /** How many blobs there are on the disk, complete or not. */
  blobs: () => number;
}

interface PutChange {
  workspaceId?: string;
  scope?: string;
  writer?: Writer;
  body?: Readable;
  mayPublish?: () => Promise<boolean>;
}

interface FixtureOptions {
  limits?: ArtifactLimits;
  memoryBytes?: number;
  /** Stands between the cache and the real thing, for what cannot be had otherwise: a failure at the right moment. */
  changeRepository?: (repository: ArtifactRepository) => Partial<ArtifactRepository>;
  changeStore?: (store: ArtifactStore) => Partial<ArtifactStore>;
}

const ciToken: Writer = { kind: 'ci-token', id: 't1' };
const noLimits: ArtifactLimits = { maxBytes: 1024 ** 4, maxAgeMs: null };

async function setUp({ limits = noLimits, memoryBytes, ...options }: FixtureOptions = {}): Promise<Fixture> {
  const dataFolder = tempDir();
  const database = await openSqliteDatabase(dataFolder);
  await database.organizations.insert({ id: 'o', slug: 'acme', name: 'Acme', createdAt: 0 });
  for (const id of ['w', 'w2']) {
    const workspace = { id, organizationId: 'o', name: id, nxCloudId: id, createdAt: 0, ...presets.default };
    await database.workspaces.insert(workspace);
  }
  let time = Date.parse('2026-11-21T12:00:00Z');
  let log = '';
  const logger = pino({ level: 'debug' }, { write: (line) => void (log += line) });

  async function start(currentLimits: ArtifactLimits) {
    const folderStore = await createFolderArtifactStore({ folder: join(dataFolder, 'artifacts') });
    const store = { ...folderStore, ...options.changeStore?.(folderStore) };
    const artifacts = { ...database.artifacts, ...options.changeRepository?.(database.artifacts) };
    const cache = createArtifactCache({
      store,
      database: { artifacts },
      clock: () => time,
      logger,
      limits: currentLimits,
      ...(memoryBytes === undefined ? {} : { memoryBytes }),
    });
    return { store, cache };
  }

  const fixture: Fixture = {
    dataFolder,
    database,
    ...(await start(limits)),
    log: () => log,
    passTime: (milliseconds) => {
      time += milliseconds;
    },
    put: (hash, content, { workspaceId = 'w', scope = 'trusted', writer = ciToken, body, mayPublish } = {}) => {
      const bytes = typeof content === 'number' ? Buffer.alloc(content, hash) : content;
      return fixture.cache.write(
        { workspaceId, scope, hash },
        { body: body ?? bodyOf(bytes), size: bytes.length, writer, mayPublish: mayPublish ?? (() => yes) },
      );
    },
    get: async (hash, scopes = ['trusted']) => {
      const artifact = await fixture.cache.read({ workspaceId: 'w', hash }, scopes);
      return artifact === null ? null : await allOf(artifact);
    },
    found: async (hashes, scopes) => {
      const found: string[] = [];
      for (const hash of hashes) if ((await fixture.get(hash, scopes)) !== null) found.push(hash);
      return found;
    },
    putRows: async (count, size) => {
      const artifacts = Array.from({ length: count }, (_, index) => ({
        ...{ workspaceId: 'w', scope: 'trusted', hash: `row-${index}`, blobId: `lost-${index}`, size },
        ...{ writer: ciToken, createdAt: time, lastReadAt: time },
      }));
      await database.artifacts.publish(artifacts);
    },
    restart: async (newLimits = limits) => {
      await fixture.cache.close();
      Object.assign(fixture, await start(newLimits));
    },
    blobs: () =>
      readdirSync(join(dataFolder, 'artifacts'), { recursive: true, withFileTypes: true }).filter((entry) =>
        entry.isFile(),
      ).length,
  };
  onTestFinished(async () => {
    await fixture.cache.close();
    await database.close();
    recordOutput('the artifact cache', log);
  });
  return fixture;
}

const yes = Promise.resolve(true);

/** Holds something up until the test lets it go on. */
function gate(): { isOpen: Promise<void>; open: () => void } {
  let open = () => {};
  const isOpen = new Promise<void>((resolve) => {
    open = resolve;
  });
  return {
    isOpen,
    open: () => {
      open();
    },
  };
}

/** Waits for what goes on in the background. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5));
}

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

describe('the size limit', () => {
  it('makes those go that were read longest ago, together with their bytes', async () => {
    const fixture = await setUp({ limits: { maxBytes: 400 * kib, maxAgeMs: null } });
    const hashes = ['a', 'b', 'c', 'd'];
    for (const hash of hashes) {
      await fixture.put(hash, 100 * kib);
      fixture.passTime(1000);
    }
    await fixture.get('a');
    fixture.passTime(1000);
    await fixture.put('e', 100 * kib);
    // 392 KiB is the aim: a little less than the limit, so that the next upload fits.
    await until(() => fixture.blobs() === 3);
    expect(await fixture.found([...hashes, 'e'])).toEqual(['a', 'd', 'e']);
    expect(await fixture.database.artifacts.occupiedBytes()).toBe(300 * kib);
  });

  it('holds for empty artifacts, too, each of which takes a file and a row', async () => {
    const fixture = await setUp({ limits: { maxBytes: 40 * kib, maxAgeMs: null } });
    for (let number = 0; number < 30; number++) {
      await fixture.put(`h${number}`, 0);
      fixture.passTime(1000);
    }
    await until(() => fixture.blobs() <= 10);
    expect(await fixture.get('h0')).toBeNull();
    expect(await fixture.get('h29')).not.toBeNull();
  });

  it('counts a read that only the memory has seen', async () => {
    const fixture = await setUp({ limits: { maxBytes: 100 * kib, maxAgeMs: null } });
    await fixture.put('a', 40 * kib);
    await fixture.get('a');
    fixture.passTime(1000);
    await fixture.put('b', 40 * kib);
    fixture.passTime(1000);
    expect(fixture.cache.recall({ workspaceId: 'w', hash: 'a' }, ['trusted'])).toBeDefined();
    fixture.passTime(1000);
    await fixture.put('c', 40 * kib);
    await until(() => fixture.blobs() === 2);
    expect(await fixture.found(['a', 'b', 'c'])).toEqual(['a', 'c']);
  });

  it('holds for what was there before the start, also when there is much of it', async () => {
    const fixture = await setUp();
    await fixture.putRows(2000, 10);
    fixture.passTime(1000);
    await fixture.put('latest', 10);
    // Each of them takes a block of 4 KiB, and the aim is 2 % below the limit.
    await fixture.restart({ maxBytes: 400 * kib, maxAgeMs: null });
    await until(async () => (await fixture.database.artifacts.occupiedBytes()) <= 392 * kib);
    expect((await fixture.cache.stats('w')).artifacts).toBe(98);
    expect(await fixture.get('latest')).not.toBeNull();
  });

  it('does not end with a failure: it is kept again with the next upload', async () => {
    let isAway = true;
    const fixture = await setUp({
      limits: { maxBytes: 100 * kib, maxAgeMs: null },
      changeRepository: (repository) => ({
        removeLeastRecentlyRead: (bytes, limit) =>
          isAway
            ? Promise.reject(new DatabaseUnavailableError('busy', undefined))
            : repository.removeLeastRecentlyRead(bytes, limit),
      }),
    });
    for (const hash of ['a', 'b', 'c']) {
      expect(await fixture.put(hash, 40 * kib)).toBe('stored');
      fixture.passTime(1000);
    }
    await until(() => fixture.log().includes('making room failed'));
    isAway = false;
    await fixture.put('d', 40 * kib);
    await until(() => fixture.blobs() === 2);
    expect(await fixture.found(['a', 'b', 'c', 'd'])).toEqual(['c', 'd']);
  });
});

describe('the maximum age', () => {
  it('counts from when an artifact was written, however often it is read', async () => {
    const fixture = await setUp();
    await fixture.put('old', 10);
    fixture.passTime(day);
    await fixture.put('new', 10);
    await fixture.get('old');
    fixture.passTime(29 * day + 1);
    await fixture.restart({ maxBytes: 100 * kib, maxAgeMs: 30 * day });
    await until(() => fixture.blobs() === 1);
    expect(await fixture.found(['old', 'new'])).toEqual(['new']);
  });
});

describe('a purge', () => {
  const t2: Writer = { kind: 'ci-token', id: 't2' };
  const anonymous: Writer = { kind: 'anonymous', id: null };

  const cases: [what: CachePurge, left: string[]][] = [
    [{ all: true }, []],
    [{ hash: 'a' }, ['b', 'c', 'd']],
    [{ scope: 'isolated' }, ['a', 'c', 'd']],
    [{ writer: ciToken }, ['b', 'c', 'd']],
    [{ writer: t2 }, ['a', 'c', 'd']],
    [{ writer: { kind: 'user', id: 't1' } }, ['a', 'b', 'd']],
    [{ writer: anonymous }, ['a', 'b', 'c']],
    [{ writer: { kind: 'user', id: null } }, ['a', 'b', 'c', 'd']],
  ];

  it.each(cases)('of %o leaves %j, in this workspace alone, and says what is gone', async (what, left) => {
    const { put, found, cache, blobs } = await setUp();
    const scopes = ['trusted', 'isolated/t2'];
    await put('a', 10);
    await put('b', 20, { writer: t2, scope: 'isolated/t2' });
    await put('c', 30, { writer: { kind: 'user', id: 't1' } });
    await put('d', 40, { writer: anonymous });
    await put('a', 50, { workspaceId: 'w2' });
    expect(await found(['a', 'b', 'c', 'd'], scopes)).toHaveLength(4);
    const sizes: Record<string, number> = { a: 10, b: 20, c: 30, d: 40 };
    const bytesLeft = left.reduce((sum, hash) => sum + (sizes[hash] ?? 0), 0);
    expect(await cache.purge('w', what)).toEqual({ artifacts: 4 - left.length, bytes: 100 - bytesLeft });
    expect(await found(['a', 'b', 'c', 'd'], scopes)).toEqual(left);
    expect(blobs()).toBe(left.length + 1);
  });

  it('empties the memory as well, and frees the place', async () => {
    const { put, get, cache } = await setUp();
    await put('h', Buffer.from('poisoned'));
    await get('h');
    await cache.purge('w', { writer: ciToken });
    expect(cache.recall({ workspaceId: 'w', hash: 'h' }, ['trusted'])).toBeUndefined();
    expect(await put('h', Buffer.from('clean'))).toBe('stored');
    expect(String(await get('h'))).toBe('clean');
  });

  it('reaches an upload that is still coming in, and none of another writer', async () => {
    const { put, found, cache, blobs } = await setUp();
    const bodies = [new PassThrough(), new PassThrough()] as const;
    const purged = put('purged', 10, { body: bodies[0] });
    const other = put('other', 10, { body: bodies[1], writer: t2 });
    await until(() => blobs() === 2);
    expect(await cache.purge('w', { writer: ciToken })).toEqual({ artifacts: 0, bytes: 0 });
    for (const body of bodies) body.end(Buffer.alloc(10));
    expect(await Promise.all([purged, other])).toEqual(['refused', 'stored']);
    expect(await found(['purged', 'other'])).toEqual(['other']);
    expect(await put('purged', 10)).toBe('stored');
  });

  it('reaches an upload at whatever moment of its publishing it comes', async () => {
    const { put, found, cache } = await setUp();
    const hashes: string[] = [];
    for (let round = 0; round < 20; round++) {
      const uploads = Array.from({ length: 5 }, (_, index) => `${round}-${index}`);
      hashes.push(...uploads);
      let asked = 0;
      const writing = uploads.map((hash) =>
        put(hash, 10, {
          mayPublish: async () => {
            asked++;
            // A few turns of waiting more in each round.
            for (let turn = 0; turn < round % 10; turn++) await Promise.resolve();
            return true;
          },
        }),
      );
      if (round % 2 === 0) await until(() => asked > 0);
      else await new Promise((resolve) => setImmediate(resolve));
      await cache.purge('w', { writer: ciToken });
      await Promise.all(writing);
    }
    expect(await found(hashes)).toEqual([]);
  });

  it('takes back what is being published right now', async () => {
    const commit = gate();
    let isPublishing = false;
    const { put, get, cache } = await setUp({
      changeRepository: (repository) => ({
        publish: async (artifacts) => {
          isPublishing = true;
          await commit.isOpen;
          return await repository.publish(artifacts);
        },
      }),
    });
    const writing = put('h', 10);
    await until(() => isPublishing);
    const purging = cache.purge('w', { writer: ciToken });
    commit.open();
    expect(await purging).toEqual({ artifacts: 1, bytes: 10 });
    expect(await writing).toBe('stored');
    expect(await get('h')).toBeNull();
  });

  it('holds even when the permission is still being asked for', async () => {
    const { put, get, cache } = await setUp();
    const answer = gate();
    let isAsked = false;
    const writing = put('h', 10, {
      mayPublish: async () => {
        isAsked = true;
        await answer.isOpen;
        return true;
      },
    });
    await until(() => isAsked);
    const purging = cache.purge('w', { all: true });
    answer.open();
    await purging;
    expect(await writing).toBe('refused');
    expect(await get('h')).toBeNull();
  });

  it('goes through any number of artifacts', async () => {
    const { putRows, cache, database } = await setUp();
    for (const count of [499, 500, 501, 1700]) {
      await putRows(count, 2);
      expect(await cache.purge('w', { all: true })).toEqual({ artifacts: count, bytes: 2 * count });
      expect(await database.artifacts.occupiedBytes()).toBe(0);
    }
  });

  it('succeeds when the bytes cannot be removed now: they are no artifact any more', async () => {
    let isAway = true;
    const fixture = await setUp({
      changeStore: (store) => ({
        remove: (ids) => (isAway ? Promise.reject(new StorageUnavailableError('EIO')) : store.remove(ids)),
      }),
    });
    await fixture.put('h', 10);
    expect(await fixture.cache.purge('w', { all: true })).toEqual({ artifacts: 1, bytes: 10 });
    expect(await fixture.get('h')).toBeNull();
    expect(fixture.blobs()).toBe(1);
    isAway = false;
    await fixture.restart();
    await until(() => fixture.blobs() === 0);
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
