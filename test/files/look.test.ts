import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bytesOf, isWithin, textOf } from '../../src/files/look.js';
import { tempDir } from '../support/temp-dir.js';

describe('bytesOf', () => {
  it('gives the content, and nothing where there is nothing', () => {
    const folder = tempDir();
    writeFileSync(join(folder, 'file'), 'content');
    writeFileSync(join(folder, 'empty'), '');
    symlinkSync('nowhere', join(folder, 'broken'));
    expect(bytesOf(join(folder, 'file'))?.toString()).toBe('content');
    expect(bytesOf(join(folder, 'empty'))?.toString()).toBe('');
    for (const name of ['gone', 'broken', 'file/below']) expect(bytesOf(join(folder, name))).toBeUndefined();
  });

  it('refuses what is larger than it was asked for, without reading it', () => {
    const path = join(tempDir(), 'sparse');
    writeFileSync(path, '');
    truncateSync(path, 64 * 1024 ** 3);
    expect(() => bytesOf(path)).toThrow(`${path} is larger than 1 MiB, so it was not read.`);
    expect(textOf(path, 64 * 1024 * 1024)).toBeUndefined();
  });

  it.runIf(process.platform === 'linux')('never waits for a pipe, nor reads a device without end', () => {
    const folder = tempDir();
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    symlinkSync('/dev/zero', join(folder, 'zero'));
    mkdirSync(join(folder, 'folder'));
    for (const name of ['pipe', 'zero', 'folder']) {
      const path = join(folder, name);
      expect(() => bytesOf(path), name).toThrow(`${path} is no ordinary file, so it was not read.`);
      expect(textOf(path)).toBeUndefined();
    }
  });

  it.runIf(process.platform === 'linux')('reads no further than the size that the system tells', () => {
    expect(bytesOf('/proc/self/status')?.length).toBe(0);
  });
});

describe('isWithin', () => {
  it('follows links on the way', () => {
    const [folder, outside] = [tempDir(), tempDir()];
    mkdirSync(join(folder, '..inside'));
    symlinkSync(outside, join(folder, 'out'));
    writeFileSync(join(outside, 'file'), '');
    expect(isWithin(folder, join(folder, '..inside'))).toBe(true);
    expect(isWithin(folder, join(folder, 'out', 'file'))).toBe(false);
    expect(() => isWithin(folder, join(folder, 'gone'))).toThrow('ENOENT');
  });
});
