import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { nxCloudEnvOf } from '../../src/nx-workspace/nx-cloud-env.js';
import { tempDir } from '../support/temp-dir.js';

test('gives the variables in nx-cloud.env, and none where there is no such file', async () => {
  const root = tempDir();
  expect(await nxCloudEnvOf(root)).toEqual({});
  writeFileSync(join(root, 'nx-cloud.env'), 'NX_CLOUD_NO_TIMEOUTS=true\n');
  expect(await nxCloudEnvOf(root)).toEqual({ NX_CLOUD_NO_TIMEOUTS: 'true' });
});

test.each([
  ['a pipe that nobody writes to', (path: string) => execFileSync('mkfifo', [path])],
  [
    'a folder',
    (path: string) => {
      mkdirSync(path);
    },
  ],
])('does not wait for an nx-cloud.env that is %s, but says so', async (_, make) => {
  const path = join(tempDir(), 'nx-cloud.env');
  make(path);
  await expect(nxCloudEnvOf(join(path, '..'))).rejects.toThrow(`${path} is no ordinary file, so it was not read.`);
});
