import { describe, expect, it } from 'vitest';
import { DatabaseUnavailableError } from '../../src/domain/database-unavailable.js';
import { day, kib, setUp, until } from './cache-fixture.js';

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
