import { existsSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withLock } from '../../src/credentials/lock-file.js';
import { tempDir } from '../support/temp-dir.js';
import { refusalOf } from './failure.js';

function lockIn(folder: string): string {
  return join(folder, 'file.lock');
}

function leaveBehind(path: string, ageSeconds: number): void {
  writeFileSync(path, '');
  const then = Date.now() / 1000 - ageSeconds;
  utimesSync(path, then, then);
}

describe('a lock', () => {
  it('lets one work at a time', async () => {
    const lock = lockIn(tempDir());
    let working = 0;
    let most = 0;
    const work = async () => {
      working += 1;
      most = Math.max(most, working);
      await new Promise((resolve) => setTimeout(resolve, 5));
      working -= 1;
    };
    await Promise.all(Array.from({ length: 5 }, () => withLock(lock, work)));
    expect(most).toBe(1);
  });

  it('is let go when the work fails', async () => {
    const folder = tempDir();
    await expect(withLock(lockIn(folder), () => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is kept from looking left behind while the work goes on', async () => {
    const lock = lockIn(tempDir());
    const work = async () => {
      leaveBehind(lock, 3600);
      await expect.poll(() => Date.now() - statSync(lock).mtimeMs).toBeLessThan(60_000);
    };
    await withLock(lock, work, { staleAfterMs: 40, patienceMs: 60 });
    expect(existsSync(lock)).toBe(false);
  });

  it('that a process left when it died is removed', async () => {
    const folder = tempDir();
    leaveBehind(lockIn(folder), 3600);
    expect(await withLock(lockIn(folder), () => Promise.resolve('done'))).toBe('done');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('that was left is removed by one only of those who wait, and they still work one at a time', async () => {
    const lock = lockIn(tempDir());
    leaveBehind(lock, 3600);
    let working = 0;
    const overlaps: number[] = [];
    const work = async () => {
      working += 1;
      overlaps.push(working);
      await new Promise((resolve) => setTimeout(resolve, 5));
      working -= 1;
    };
    await Promise.all(Array.from({ length: 8 }, () => withLock(lock, work)));
    expect(overlaps).toEqual([1, 1, 1, 1, 1, 1, 1, 1]);
  });

  it('that is held is waited for so long, then named with what to remove', async () => {
    const lock = lockIn(tempDir());
    leaveBehind(lock, 0);
    const worked = withLock(lock, () => Promise.resolve(), { staleAfterMs: 60_000, patienceMs: 60 });
    const { message, remedy } = await refusalOf(worked);
    expect(message).toContain(lock);
    expect(remedy).toContain(`rm -f ${lock} ${lock}.stale`);
    expect(existsSync(lock)).toBe(true);
  });
});
