import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, onTestFinished } from 'vitest';

/** Runs a clean-up at the end: `onTestFinished` for what one test uses, `atTheEndOfTheFile()` for what all share. */
export type AtTheEnd = (cleanUp: () => void | Promise<void>) => void;

/**
 * For what the tests of a file share. To be called at the top of the file: vitest ignores an `afterAll()` that is called
 * inside `beforeAll()`, and servers went on running.
 */
export function atTheEndOfTheFile(): AtTheEnd {
  const cleanUps: (() => void | Promise<void>)[] = [];
  afterAll(async () => {
    for (const cleanUp of cleanUps.reverse()) await cleanUp();
  });
  return (cleanUp) => {
    cleanUps.push(cleanUp);
  };
}

/** A folder of the running test's own, gone when it has finished. */
export function tempDir(atTheEnd: AtTheEnd = onTestFinished): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'nxkey-test-')));
  atTheEnd(() => {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  return folder;
}
