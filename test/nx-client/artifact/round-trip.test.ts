import { createReadStream, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { extract } from 'tar-stream';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createEncryption } from '../../../src/nx-client/artifact/encryption.js';
import { UnsuitableArtifact } from '../../../src/nx-client/artifact/errors.js';
import { extractArtifact } from '../../../src/nx-client/artifact/extract.js';
import { packArtifact } from '../../../src/nx-client/artifact/pack.js';
import { tempDir } from '../../support/temp-dir.js';
import { contentOf } from './archives.js';

const limits = { maxBytes: 50_000_000, maxEntries: 10_000 };
const encryption = createEncryption('a key of the team');

describe.each(['plain', 'encrypted'])('an artifact, %s,', (form) => {
  const seal = form === 'plain' ? undefined : encryption.sealFor('4711');

  test('comes back as it was packed', async () => {
    const { outputs, extracted, file } = folders();
    const long = `${'folder-with-a-long-name/'.repeat(12)}file-with-a-long-name.js`;
    fill(outputs, {
      'dist/app/main.js': 'console.log(1);',
      'dist/app/empty.txt': '',
      'dist/app/Ünïcödé 漢字 🎉.txt': 'name',
      [`dist/${long}`]: 'long',
      'project/code': 'only at the top is it taken',
      'project/__proto__': 'a name like any other',
    });
    writeFileSync(join(outputs, 'dist/run.sh'), '#!/bin/sh\n', { mode: 0o755 });
    writeFileSync(join(outputs, 'dist/private'), 'mine', { mode: 0o600 });
    // Not compressible, and with its gzip and its segments over every limit between "at once" and "in pieces".
    const large = pseudoRandom(5_000_000);
    writeFileSync(join(outputs, 'dist/large.bin'), large);
    mkdirSync(join(outputs, 'dist/empty-folder/deeper'), { recursive: true });
    symlinkSync('main.js', join(outputs, 'dist/app/same-folder'));
    symlinkSync(`../${long}`, join(outputs, 'dist/app/long-target'));
    symlinkSync('../dist/app', join(outputs, 'project/folder'));
    symlinkSync('folder/same-folder', join(outputs, 'project/link-through-links'));

    const { size } = await packArtifact({ folder: outputs, terminalOutput: '✔ bu\r\nilt\u0000', code: 3 }, file, seal);

    expect(statSync(file)).toMatchObject({ size, mode: 0o100_600 });
    expect(await extractArtifact(createReadStream(file), extracted, { ...limits, seal })).toEqual({
      terminalOutput: '✔ bu\r\nilt\u0000',
      code: 3,
    });
    expect(contentOf(extracted)).toEqual(contentOf(outputs));
    expect(readFileSync(join(extracted, 'dist/large.bin')).equals(large)).toBe(true);
  });

  test.each([0, 1, 255, 2 ** 31 - 1, -1])('keeps the exit code %i', async (code) => {
    const { outputs, extracted, file } = folders();
    await packArtifact({ folder: outputs, terminalOutput: '', code }, file, seal);
    expect(await extractArtifact(createReadStream(file), extracted, { ...limits, seal })).toEqual({
      terminalOutput: '',
      code,
    });
    expect(contentOf(extracted)).toEqual({});
  });

  test('may have thousands of files', async () => {
    const { outputs, extracted, file } = folders();
    fill(outputs, Object.fromEntries(Array.from({ length: 3000 }, (_, n) => [`dist/${n % 30}/${n}.js`, `file ${n}`])));
    await packArtifact({ folder: outputs, terminalOutput: 'x'.repeat(200_000), code: 0 }, file, seal);
    const result = await extractArtifact(createReadStream(file), extracted, { ...limits, seal });
    expect(result.terminalOutput).toHaveLength(200_000);
    expect(contentOf(extracted)).toEqual(contentOf(outputs));
  });
});

test('is made of names and contents alone: the same outputs are the same bytes', async () => {
  const first = folders();
  const second = folders();
  fill(first.outputs, { 'dist/b': '1', 'dist/a': '2', 'dist/a-b/c': '3', z: '4' });
  fill(second.outputs, { z: '4', 'dist/a-b/c': '3', 'dist/a': '2', 'dist/b': '1' });
  for (const { outputs, file } of [first, second]) {
    await packArtifact({ folder: outputs, terminalOutput: 't', code: 0 }, file);
  }
  expect(readFileSync(first.file).equals(readFileSync(second.file))).toBe(true);
});

test('is a tar archive for other programs too', async () => {
  const { outputs, file } = folders();
  fill(outputs, { 'dist/main.js': 'text', [`dist/${'long/'.repeat(40)}name`]: 'long' });
  await packArtifact({ folder: outputs, terminalOutput: 'done', code: 258 }, file);
  const reader = extract();
  reader.end(gunzipSync(readFileSync(file)));
  const contents: Record<string, string> = {};
  for await (const entry of reader) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry as AsyncIterable<Buffer>) chunks.push(chunk);
    if (entry.header.type === 'file') contents[entry.header.name] = Buffer.concat(chunks).toString('latin1');
  }
  expect(contents).toEqual({
    'dist/main.js': 'text',
    [`dist/${'long/'.repeat(40)}name`]: 'long',
    terminalOutput: 'done',
    code: '\0\0\u0001\u0002',
  });
});

describe('cannot be packed when', () => {
  test.each([
    ['a link leads out of the outputs', 'dist/link', '../../elsewhere', 'a link that leads out of the outputs'],
    ['a link is absolute', 'dist/link', '/etc/hostname', 'a link that leads out of the outputs'],
    ['a link leads to nothing', 'dist/link', 'missing.js', 'a link that leads out of the outputs'],
    ['a link leads to the folder itself', 'dist/link', '..', 'a link that leads out of the outputs'],
  ])('%s', async (_, path, target, message) => {
    const { outputs, file } = folders();
    fill(outputs, { 'dist/main.js': 'text' });
    symlinkSync(target, join(outputs, path));
    await expectUnsuitable(outputs, file, message);
  });

  test.each(['code', 'terminalOutput', 'code/main.js', 'terminalOutput/log'])('an output is named %s', async (name) => {
    const { outputs, file } = folders();
    fill(outputs, { [name]: 'text' });
    await expectUnsuitable(outputs, file, 'is one that the format of the cache needs itself');
  });

  test('a name has a backslash, which no Windows could extract', async () => {
    const { outputs, file } = folders();
    fill(outputs, { 'dist/a\\b': 'text' });
    await expectUnsuitable(outputs, file, 'its name has a backslash');
  });

  test('a name is not UTF-8', async () => {
    const { outputs, file } = folders();
    writeFileSync(Buffer.concat([Buffer.from(`${outputs}/`), Buffer.of(0xe9)]), 'latin1');
    await expectUnsuitable(outputs, file, 'its name is not UTF-8');
  });

  test('an output is a socket', async () => {
    const { outputs, file } = folders();
    const server = createServer();
    onTestFinished(() => void server.close());
    await new Promise<void>((resolve) => server.listen(join(outputs, 'socket'), resolve));
    await expectUnsuitable(outputs, file, 'it is no file, folder or link');
  });
});

test('does not replace a file, and leaves nothing behind when it fails', async () => {
  const { outputs, file } = folders();
  writeFileSync(file, 'somebody else is writing this');
  await expect(packArtifact({ folder: outputs, terminalOutput: '', code: 0 }, file)).rejects.toThrow('EEXIST');
  expect(readFileSync(file, 'utf8')).toBe('somebody else is writing this');
  const missing = join(outputs, 'missing');
  const other = join(dirname(file), 'other');
  await expect(packArtifact({ folder: missing, terminalOutput: '', code: 0 }, other)).rejects.toThrow('ENOENT');
  expect(readdirSync(dirname(file))).not.toContain('other');
});

async function expectUnsuitable(outputs: string, file: string, message: string): Promise<void> {
  const packing = packArtifact({ folder: outputs, terminalOutput: '', code: 0 }, file);
  await expect(packing).rejects.toThrow(UnsuitableArtifact);
  await expect(packing).rejects.toThrow(message);
  expect(readdirSync(dirname(file))).not.toContain('artifact');
}

function folders(): { outputs: string; extracted: string; file: string } {
  const folder = tempDir();
  for (const name of ['outputs', 'extracted']) mkdirSync(join(folder, name));
  return { outputs: join(folder, 'outputs'), extracted: join(folder, 'extracted'), file: join(folder, 'artifact') };
}

function fill(folder: string, files: Record<string, string>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
}

function pseudoRandom(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = 1;
  for (let at = 0; at < length; at += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}
