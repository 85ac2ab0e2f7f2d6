import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, test, vi } from 'vitest';
import { Whole } from '../../../src/nx-client/artifact/chunks.js';
import { DamagedArtifact, type DamageReason } from '../../../src/nx-client/artifact/errors.js';
import { extractArtifact } from '../../../src/nx-client/artifact/extract.js';
import { tempDir } from '../../support/temp-dir.js';
import {
  artifactOf,
  code,
  contentOf,
  fixChecksum,
  inChunks,
  longName,
  setText,
  sparseFile,
  tarOf,
  terminalOutput,
  type HandMade,
} from './archives.js';

const limits = { maxBytes: 1_000_000, maxEntries: 100 };
const main: HandMade = { name: 'dist/main.js', content: 'text' };

describe('refuses', () => {
  const names: [string, string][] = [
    ['/etc/passwd', 'is an absolute path'],
    ['../escape', 'leads out of the folder'],
    ['dist/../../escape', 'leads out of the folder'],
    ['dist/..', 'leads out of the folder'],
    ['C:/escape', 'begins with a drive letter'],
    ['c:escape', 'begins with a drive letter'],
    ['..\\escape', 'has a backslash'],
    ['\\\\server\\share', 'has a backslash'],
  ];
  test.each(names)('the name %j', async (name, message) => {
    const error = await refusal(await artifactOf({ name, content: 'x' }));
    expect(error).toMatchObject({ reason: 'unsafe-name' });
    expect(error.message).toContain(message);
    for (const type of ['directory', 'symlink'] as const) {
      expect(await refusal(await artifactOf(main, { name, type, linkname: 'dist' }))).toMatchObject({
        reason: 'unsafe-name',
      });
    }
  });

  test('a name that is not UTF-8', async () => {
    const error = await refusal(withField(await artifactOf(main), [0, 100], 'dist/\xe9'));
    expect(error).toMatchObject({ reason: 'unsafe-name' });
    expect(error.message).toContain('is not UTF-8');
  });

  test('a name of more than 255 bytes', async () => {
    // What ustar keeps apart from the name belongs to it as well.
    const tar = fixChecksum(setText(await tarOf([main]), [345, 155], 'p'.repeat(150)));
    const together = Buffer.concat([longName(`dist/${'n'.repeat(256)}`), tar]);
    expect(await refusal(gzipSync(together))).toMatchObject({ reason: 'unsafe-name' });
    expect(await refusal(gzipSync(Buffer.concat([longName('n/'.repeat(2_000)), tar])))).toMatchObject({
      reason: 'unsafe-name',
    });
    expect(await refusal(gzipSync(Buffer.concat([longName('n'.repeat(70_000)), tar])))).toMatchObject({
      reason: 'unsafe-name',
    });
  });

  test.each([
    ['the same file twice', main, main],
    ['the same file twice, spelled differently', main, { ...main, name: './dist//main.js' }],
    ['a link where a file is', main, { name: 'dist/main.js', type: 'symlink', linkname: 'main.js' }],
    ['a folder where a file is', main, { name: 'dist/main.js/', type: 'directory' }],
    ['a file where a folder is', main, { name: 'dist', content: 'x' }],
    ['the same folder twice', { name: 'dist', type: 'directory' }, { name: 'dist/', type: 'directory' }],
    ['a file below a file', main, { name: 'dist/main.js/deeper', content: 'x' }],
    ['a file below a link', main, { name: 'l', type: 'symlink', linkname: 'dist' }, { name: 'l/x', content: 'x' }],
    ['a folder below a link', main, { name: 'l', type: 'symlink', linkname: '.' }, { name: 'l/x/', type: 'directory' }],
    ['a link below a link', main, { name: 'l', type: 'symlink', linkname: 'dist' }, { name: 'l/x', type: 'symlink' }],
    ['a file below terminalOutput', main, { name: 'terminalOutput/x', content: 'x' }],
    ['a folder named code', main, { name: 'code', type: 'directory' }],
    ['two exit codes', main, code],
    ['two terminal outputs', main, { ...terminalOutput, name: './terminalOutput' }],
  ] as [string, ...HandMade[]][])('%s', async (_, ...entries) => {
    expect(await refusal(await artifactOf(...entries))).toMatchObject({ reason: 'conflicting-entries' });
  });

  test.each([
    ['an absolute path', '/etc/passwd'],
    ['a place outside', '../../escape'],
    ['a place outside, by way of the inside', '../dist/../../escape'],
    ['nothing', 'missing.js'],
    ['nothing that is in the artifact, such as a hook of the workspace', '../.git/hooks'],
    ['the folder itself', '..'],
    ['itself', 'link'],
    ['the terminal output, which is not extracted', '../terminalOutput'],
    ['what is behind a file', 'main.js/..'],
    ['a drive', 'C:/Windows'],
    ['a path with backslashes', '..\\..\\escape'],
    ['no name at all', ''],
  ])('a link that leads to %s', async (_, linkname) => {
    const error = await refusal(await artifactOf(main, { name: 'dist/link', type: 'symlink', linkname }));
    expect(error).toMatchObject({ reason: 'unsafe-link' });
  });

  test('a link that leads out only by way of other links', async () => {
    // Text by text `deep/back/..` is `deep`; for the system it is where `back` leads, and one up from there.
    const entries: HandMade[] = [
      { name: 'deep/file', content: 'x' },
      { name: 'top/file', content: 'x' },
      { name: 'deep/back', type: 'symlink', linkname: '../top' },
      { name: 'deep/out', type: 'symlink', linkname: 'back/../../escape' },
    ];
    expect(await refusal(await artifactOf(...entries))).toMatchObject({ reason: 'unsafe-link' });
    const circle: HandMade[] = ['a', 'b', 'c'].map((name, index) => {
      return { name, type: 'symlink', linkname: ['b', 'c', 'a'][index] ?? '' };
    });
    expect(await refusal(await artifactOf(...circle))).toMatchObject({ reason: 'unsafe-link' });
  });

  test.each([
    ['a hard link', 'link', 'It holds a hard link, which no output is.'],
    ['a character device', 'character-device', 'It holds a device'],
    ['a block device', 'block-device', 'It holds a device'],
    ['a FIFO', 'fifo', 'It holds a FIFO'],
    ['a kind of file that nobody writes', 'contiguous-file', 'It holds an entry of the type "7"'],
  ] as const)('%s', async (_, type, message) => {
    const error = await refusal(await artifactOf(main, { name: 'dist/x', type, linkname: 'dist/main.js' }));
    expect(error).toMatchObject({ reason: 'unsupported-entry' });
    expect(error.message).toContain(message);
  });

  test.each([
    ['no exit code', [main, terminalOutput], 'has no exit code'],
    ['no terminal output', [main, code], 'has no terminal output'],
    [
      'an exit code that is not 4 bytes',
      [main, terminalOutput, { name: 'code', content: '0' }],
      'exit code of 1 bytes',
    ],
    ['an exit code without bytes', [terminalOutput, { name: 'code' }], 'exit code of 0 bytes'],
    [
      'a terminal output that is not UTF-8',
      [{ name: 'terminalOutput', content: Uint8Array.of(0xff) }, code],
      'has a terminal output that is not UTF-8',
    ],
  ] as [string, HandMade[], string][])('%s', async (_, entries, message) => {
    const error = await refusal(gzipSync(await tarOf(entries)));
    expect(error).toMatchObject({ reason: 'malformed' });
    expect(error.message).toContain(message);
  });

  test('an artifact that is cut off, wherever that is', async () => {
    const artifact = await artifactOf(main);
    for (let length = 0; length < artifact.length; length += 1) {
      expect(await refusal(artifact.subarray(0, length)), `${length} bytes`).toMatchObject({ reason: 'truncated' });
    }
    // Whole as gzip, but with a tar archive that was cut off before it was compressed: up to the blocks of its end.
    const tar = gunzipSync(artifact);
    const end = tar.length - 1024;
    for (let length = 0; length <= end; length += 128) {
      expect(await refusal(gzipSync(tar.subarray(0, length))), `${length} bytes`).toMatchObject({
        reason: 'truncated',
      });
    }
  });

  test.each([
    ['something that is not gzip', () => Buffer.from('<html>Sign in to continue</html>')],
    ['something that is not tar', () => gzipSync('<html>Sign in to continue</html>'.repeat(20))],
    ['a changed checksum of gzip', (artifact: Buffer) => flip(artifact, artifact.length - 6)],
    ['a changed header of tar', (artifact: Buffer) => gzipSync(flip(gunzipSync(artifact), 20))],
    [
      'an entry behind the end',
      (artifact: Buffer) => gzipSync(Buffer.concat([gunzipSync(artifact), gunzipSync(artifact)])),
    ],
    ['a byte behind the end', (artifact: Buffer) => gzipSync(Buffer.concat([gunzipSync(artifact), Buffer.of(0, 1)]))],
    ['a second artifact behind the first', (artifact: Buffer) => Buffer.concat([artifact, artifact])],
    ['bytes behind the gzip', (artifact: Buffer) => Buffer.concat([artifact, Buffer.from('more')])],
    ['a folder with a content', (artifact: Buffer) => withType(artifact, '5')],
    ['a link with a content', (artifact: Buffer) => withType(artifact, '2')],
    ['a size that is no number', (artifact: Buffer) => withField(artifact, [124, 12], '12345678x')],
    ['a size beyond all numbers', (artifact: Buffer) => withField(artifact, [124, 12], '\x80'.padEnd(12, '\x7f'))],
  ])('%s', async (_, damage: (artifact: Buffer) => Buffer) => {
    expect(await refusal(damage(await artifactOf(main)))).toMatchObject({ reason: 'malformed' });
  });

  test.each([
    [
      'overlap',
      [
        [0, 4],
        [2, 4],
      ],
      100,
    ],
    [
      'go beyond its end',
      [
        [0, 4],
        [98, 4],
      ],
      100,
    ],
    ['are shorter than what is stored', [[0, 4]], 100],
    [
      'are longer than what is stored',
      [
        [0, 8],
        [20, 8],
      ],
      100,
    ],
  ] as [string, [number, number][], number][])('a sparse file whose stretches %s', async (_, stretches, realSize) => {
    expect(await refusal(await sparseFile(stretches, realSize, 'eight by'))).toMatchObject({ reason: 'malformed' });
  });

  test('a sparse file whose holes alone are more than allowed', async () => {
    const artifact = await sparseFile([[0, 8]], 0o7777777777, 'eight by');
    expect(await refusal(artifact)).toMatchObject({ reason: 'too-large' });
  });

  test('more bytes than allowed, before they are written', async () => {
    const content = Buffer.alloc(limits.maxBytes + 1);
    const bomb = await artifactOf({ name: 'dist/zeros', content });
    expect(bomb.length).toBeLessThan(2_000);
    const folder = stagingFolder();
    expect(await refusal(bomb, folder)).toMatchObject({ reason: 'too-large' });
    expect(readdirSync(folder)).toEqual([]);
    const many = Array.from({ length: 30 }, (_, index) => ({ name: `dist/${index}`, content: Buffer.alloc(40_000) }));
    expect(await refusal(await artifactOf(...many))).toMatchObject({ reason: 'too-large' });
  });

  test('a bomb without reading on, however long it goes on', async () => {
    const block = gzipSync(Buffer.alloc(8_000_000), { level: 9 });
    let sent = 0;
    async function* endless(): AsyncGenerator<Uint8Array, void, undefined> {
      for (;;) {
        sent += 1;
        yield await Promise.resolve(block);
      }
    }
    await expect(extractArtifact(endless(), stagingFolder(), limits)).rejects.toMatchObject({ reason: 'too-large' });
    expect(sent).toBeLessThan(200);
  });

  test('more entries than allowed', async () => {
    const many = Array.from({ length: limits.maxEntries }, (_, index) => ({ name: `${index}`, content: 'x' }));
    expect(await refusal(await artifactOf(...many))).toMatchObject({ reason: 'too-large' });
  });

  test('more folders than allowed, although they only occur in the name of one file', async () => {
    const folder = stagingFolder();
    const deep = Buffer.concat([longName('f/'.repeat(limits.maxEntries)), await tarOf([main, terminalOutput, code])]);
    expect(await refusal(gzipSync(deep), folder)).toMatchObject({ reason: 'too-large' });
  });

  test('names and targets of links that are few enough, and together too long to be kept', async () => {
    // 240 characters for each of 60 entries, where 100 entries may have 128 each.
    const files = Array.from({ length: 60 }, (_, index) => {
      return { name: `${'p'.repeat(150)}/${'n'.repeat(87)}${index + 10}`, content: 'x' };
    });
    expect(await refusal(await artifactOf(...files))).toMatchObject({ reason: 'too-large' });
    const links: HandMade[] = Array.from({ length: 60 }, (_, index) => {
      return { name: `${'p'.repeat(150)}/${index}`, type: 'symlink', linkname: `../dist${'/.'.repeat(46)}` };
    });
    expect(await refusal(await artifactOf(main, ...links))).toMatchObject({ reason: 'too-large' });
    await expect(
      extractArtifact(inChunks(await artifactOf(main, ...links.slice(0, 40))), stagingFolder(), limits),
    ).resolves.toEqual({ terminalOutput: 'built', code: 0 });
  });

  test('a stream that nothing comes out of, however long it goes on', async () => {
    // Deflate's empty blocks: five bytes each, and not one behind the compression.
    const start = gzipSync('').subarray(0, 10);
    const blocks = Buffer.alloc(50_000, Buffer.of(0, 0, 0, 0xff, 0xff));
    let sent = 0;
    async function* endless(): AsyncGenerator<Uint8Array, void, undefined> {
      yield await Promise.resolve(start);
      for (; sent < 1_000; sent += 1) yield blocks;
    }
    await expect(extractArtifact(endless(), stagingFolder(), limits)).rejects.toMatchObject({ reason: 'too-large' });
    expect(sent).toBeLessThan(200);
  });
});

describe('what has come whole', () => {
  test('is extracted like what comes piece by piece, many at a time', async () => {
    const contents = ['one', 'another', '', 'x'.repeat(3_000)];
    const extracted = await Promise.all(
      contents.map(async (content) => {
        const folder = stagingFolder();
        const artifact = await artifactOf({ name: 'dist/main.js', content });
        const result = await extractArtifact(whole(artifact), folder, limits);
        return { result, content: contentOf(folder)['dist/main.js'] };
      }),
    );
    expect(extracted).toEqual(
      contents.map((content) => ({ result: { terminalOutput: 'built', code: 0 }, content: `644 ${content}` })),
    );
  });

  test.each([
    ['is large', randomBytes(100_000).toString('hex')],
    ['becomes large', 'x'.repeat(3_000_000)],
  ])('and %s is extracted, too', async (_, content) => {
    const folder = stagingFolder();
    const artifact = await artifactOf({ name: 'main.js', content });
    await extractArtifact(whole(artifact), folder, { ...limits, maxBytes: 4_000_000 });
    expect(contentOf(folder)).toEqual({ 'main.js': `644 ${content}` });
  });
});

describe('takes', () => {
  test('files with their permissions, but never setuid, setgid and sticky', async () => {
    const folder = stagingFolder();
    const artifact = await artifactOf(
      { name: 'run', mode: 0o7755, content: 'x' },
      { name: 'closed', mode: 0o040, content: 'x' },
      { name: 'folder', mode: 0o7000, type: 'directory' },
      { name: 'folder/inside', mode: 0o6644, content: 'x' },
    );
    await extractArtifact(inChunks(artifact), folder, limits);
    const modeOf = (path: string) => (statSync(join(folder, path)).mode & 0o7777).toString(8);
    expect(['run', 'closed', 'folder/inside'].map(modeOf)).toEqual(['755', '640', '644']);
    expect(statSync(join(folder, 'folder')).mode & 0o7700).toBe(0o700);
  });

  test('what Rust may write for the folder itself: an entry without a name, or ./', async () => {
    for (const name of ['', './', '.']) {
      const folder = stagingFolder();
      // tar-stream writes no empty name.
      const tar = await tarOf([{ name: 'x', type: 'directory' }, main, terminalOutput, code]);
      await extractArtifact(inChunks(gzipSync(fixChecksum(setText(tar, [0, 100], name)))), folder, limits);
      expect(contentOf(folder)).toEqual({ 'dist/': '', 'dist/main.js': '644 text' });
    }
  });

  test('a folder that comes after what is in it, and none at all', async () => {
    const folder = stagingFolder();
    const artifact = await artifactOf({ name: 'a/b/c', content: 'x' }, { name: 'a/b/', type: 'directory' });
    await extractArtifact(inChunks(artifact), folder, limits);
    expect(contentOf(folder)).toEqual({ 'a/': '', 'a/b/': '', 'a/b/c': '644 x' });
  });

  test('a sparse file, with its holes as zeros, also at its end', async () => {
    const folder = stagingFolder();
    const artifact = await sparseFile(
      [
        [2, 3],
        [10, 5],
        [16, 0],
      ],
      20,
      'abcdefgh',
    );
    await extractArtifact(inChunks(artifact, 100), folder, limits);
    expect(contentOf(folder)).toEqual({ sparse: `644 \0\0abc${'\0'.repeat(5)}defgh${'\0'.repeat(5)}` });
  });

  test('links that come before what they lead to', async () => {
    const folder = stagingFolder();
    const artifact = await artifactOf({ name: 'link', type: 'symlink', linkname: './dist/main.js' }, main);
    await extractArtifact(inChunks(artifact), folder, limits);
    expect(contentOf(folder)).toEqual({ 'dist/': '', 'dist/main.js': '644 text', link: '-> ./dist/main.js' });
  });

  test('zeros behind the end, and bytes that come one by one', async () => {
    const folder = stagingFolder();
    const tar = await tarOf([main, terminalOutput, code]);
    const artifact = gzipSync(Buffer.concat([tar, Buffer.alloc(10_240)]));
    expect(await extractArtifact(inChunks(artifact, 1), folder, limits)).toEqual({ terminalOutput: 'built', code: 0 });
    expect(contentOf(folder)).toEqual({ 'dist/': '', 'dist/main.js': '644 text' });
  });
});

describe('a source', () => {
  // Of a size that is inflated in pieces, and not compressible.
  const large = () => artifactOf({ name: 'dist/large', content: randomBytes(400_000) });

  test.each([100, 300_000])('may fail after %i bytes: what it says is passed on', async (length) => {
    const cut = new Error('the connection was cut');
    const artifact = await large();
    async function* broken(): AsyncGenerator<Uint8Array, void, undefined> {
      yield* inChunks(artifact.subarray(0, length));
      throw cut;
    }
    await expect(extractArtifact(broken(), stagingFolder(), limits)).rejects.toBe(cut);
  });

  test('is ended as soon as the artifact is refused', async () => {
    const artifact = await large();
    artifact[200_000] = (artifact[200_000] ?? 0) ^ 1;
    let isEnded = false;
    async function* endless(): AsyncGenerator<Uint8Array, void, undefined> {
      try {
        for (;;) yield* inChunks(artifact);
      } finally {
        isEnded = true;
      }
    }
    await expect(extractArtifact(endless(), stagingFolder(), limits)).rejects.toBeInstanceOf(DamagedArtifact);
    await vi.waitFor(() => {
      expect(isEnded).toBe(true);
    });
  });

  test('that falls silent keeps nobody waiting once the artifact is known to be damaged', async () => {
    async function* silent(): AsyncGenerator<Uint8Array, void, undefined> {
      yield await Promise.resolve(randomBytes(300_000));
      await new Promise(() => undefined);
    }
    await expect(extractArtifact(silent(), stagingFolder(), limits)).rejects.toMatchObject({ reason: 'malformed' });
  });

  test('may not go on behind the end of a large artifact', async () => {
    const artifact = await large();
    async function* longer(): AsyncGenerator<Uint8Array, void, undefined> {
      yield* inChunks(artifact);
      yield Buffer.from('more');
    }
    await expect(extractArtifact(longer(), stagingFolder(), limits)).rejects.toMatchObject({ reason: 'malformed' });
  });
});

/** Extracts what must be refused, as it comes and as what has come whole; nothing may have been made beside the folder. */
async function refusal(artifact: Uint8Array, folder = stagingFolder()): Promise<DamagedArtifact> {
  const error = await refusalOf(inChunks(artifact), folder);
  expect(await refusalOf(whole(artifact), stagingFolder())).toMatchObject({
    reason: error.reason,
    message: error.message,
  });
  return error;
}

async function refusalOf(source: AsyncIterable<Uint8Array>, folder: string): Promise<DamagedArtifact> {
  const error: unknown = await extractArtifact(source, folder, limits).then(
    (result) => result,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(DamagedArtifact);
  expect(readdirSync(dirname(folder))).toEqual(['staging']);
  if (!(error instanceof DamagedArtifact)) throw new Error('It was not refused.');
  const reason: DamageReason = error.reason;
  expect(error.message, reason).toMatch(/^It [^\n]+\.$/);
  return error;
}

function whole(artifact: Uint8Array): Whole {
  return new Whole(Buffer.from(artifact));
}

function stagingFolder(): string {
  const folder = join(tempDir(), 'staging');
  mkdirSync(folder);
  return folder;
}

/** The artifact with another text in a field of its first header. */
function withField(artifact: Buffer, position: [number, number], text: string): Buffer {
  return gzipSync(fixChecksum(setText(gunzipSync(artifact), position, text)));
}

function withType(artifact: Buffer, type: string): Buffer {
  return withField(artifact, [156, 1], type);
}

function flip(bytes: Buffer, at: number): Buffer {
  bytes[at] = (bytes[at] ?? 0) ^ 0x10;
  return bytes;
}
