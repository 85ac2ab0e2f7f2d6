import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { tempDir, type AtTheEnd } from './temp-dir.js';

/** The folder of a disk of so many KiB, gone when the running test has finished. For suites that need `mounting`. */
export function smallDisk(kib: number): string {
  const folder = mountDisk(kib, onTestFinished);
  if (folder === undefined) throw new Error('The disk could not be mounted.');
  return folder;
}

function mountDisk(kib: number, atTheEnd: AtTheEnd): string | undefined {
  const folder = join(tempDir(atTheEnd), 'disk');
  mkdirSync(folder);
  const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${kib}k,mode=0700`, 'tmpfs', folder]);
  if (mount.status !== 0) return undefined;
  atTheEnd(() => void spawnSync('umount', [folder]));
  return folder;
}

function canMount(): boolean {
  const cleanUps: Parameters<AtTheEnd>[0][] = [];
  const disk = mountDisk(4, (cleanUp) => cleanUps.unshift(cleanUp));
  for (const cleanUp of cleanUps) void cleanUp();
  return disk !== undefined;
}

/** For `describeWith`. */
export const mounting = {
  name: 'the right to mount a tmpfs',
  present: canMount(),
  install: 'run it as root on Linux',
};
