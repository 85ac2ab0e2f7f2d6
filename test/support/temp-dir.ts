import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Runs a clean-up at the end: `onTestFinished` for what one test uses, `afterAll` for what a file shares. */
export type AtTheEnd = (cleanUp: () => void | Promise<void>) => void;

/** A folder of the running test's own, gone when it has finished. */
export function tempDir(atTheEnd: AtTheEnd = onTestFinished): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'nxkey-test-')));
  atTheEnd(() => {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  return folder;
}
