import { createReadStream, mkdirSync, readFileSync, readlinkSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createEncryption } from '../../../src/nx-client/artifact/encryption.js';
import { extractArtifact } from '../../../src/nx-client/artifact/extract.js';
import { packArtifact } from '../../../src/nx-client/artifact/pack.js';
import { tempDir } from '../../support/temp-dir.js';

const limits = { maxBytes: 1e9, maxEntries: 1e5 };

test.each(['plain', 'encrypted'])('gives back what it has packed, %s', async (form) => {
  const folder = tempDir();
  mkdirSync(join(folder, 'outputs/dist/empty'), { recursive: true });
  mkdirSync(join(folder, 'extracted'));
  writeFileSync(join(folder, 'outputs/dist/main.js'), 'text');
  writeFileSync(join(folder, 'outputs/dist/run'), 'x'.repeat(200_000), { mode: 0o755 });
  symlinkSync('main.js', join(folder, 'outputs/dist/link'));
  const seal = form === 'plain' ? undefined : createEncryption('key').sealFor('123');
  const file = join(folder, 'artifact');
  const { size } = await packArtifact({ folder: join(folder, 'outputs'), terminalOutput: 'é', code: 7 }, file, seal);
  expect(statSync(file).size).toBe(size);
  const options = seal === undefined ? limits : { ...limits, seal };
  expect(await extractArtifact(createReadStream(file), join(folder, 'extracted'), options)).toEqual({
    terminalOutput: 'é',
    code: 7,
  });
  expect(readFileSync(join(folder, 'extracted/dist/main.js'), 'utf8')).toBe('text');
  expect(statSync(join(folder, 'extracted/dist/run')).mode & 0o777).toBe(0o755);
  expect(readlinkSync(join(folder, 'extracted/dist/link'))).toBe('main.js');
  expect(statSync(join(folder, 'extracted/dist/empty')).isDirectory()).toBe(true);
});
