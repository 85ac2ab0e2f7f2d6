import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { CachePurge } from '../../../src/protocol/wire-types.js';
import { StorageUnavailableError } from '../../src/artifacts/artifact-store.js';
import type { Writer } from '../../src/domain/model.js';
import { gate } from '../support/gate.js';
import { ciToken, setUp, until } from './cache-fixture.js';

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
