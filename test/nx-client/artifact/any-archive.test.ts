import { mkdirSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Whole } from '../../../src/nx-client/artifact/chunks.js';
import { DamagedArtifact } from '../../../src/nx-client/artifact/errors.js';
import { extractArtifact } from '../../../src/nx-client/artifact/extract.js';
import { tempDir } from '../../support/temp-dir.js';
import { code, contentOf, fixChecksum, inChunks, tarOf, terminalOutput, type HandMade } from './archives.js';

const limits = { maxBytes: 100_000, maxEntries: 50 };

const part = fc.constantFrom('a', 'b', 'dist', 'outside', 'secret', 'staging', '..', '..', '.', '', 'C:', 'é', 'code');
const path = fc.tuple(fc.constantFrom('', '', '', '/'), fc.array(part, { maxLength: 5 }), fc.constantFrom('', '', '/'));
const name = path.map(([before, parts, after]) => before + parts.join('/') + after);
const type = fc.constantFrom('file', 'file', 'file', 'directory', 'symlink', 'symlink', 'link', 'fifo');
const entry: fc.Arbitrary<HandMade> = fc
  .record({ name, type, linkname: name, mode: fc.integer({ min: 0, max: 0o7777 }), content: fc.string() })
  .map(({ type, linkname, content, ...rest }) => {
    if (type === 'file') return { ...rest, type, content };
    return { ...rest, type: type as 'directory', linkname: type === 'directory' ? '' : linkname };
  });
/** One that nothing is wrong with by itself; many of them together may still get in each other's way. */
const tameEntry: fc.Arbitrary<HandMade> = fc.record({
  name: fc.uniqueArray(fc.constantFrom('a', 'b', 'dist', 'é'), { minLength: 1 }).map((parts) => parts.join('/')),
  type: fc.constant('file' as const),
  mode: fc.constantFrom(0o644, 0o755),
  content: fc.string(),
});

/** Bytes to change, and whether the header that a change is in gets its checksum right again. */
const changes = fc.array(fc.record({ at: fc.nat(), byte: fc.nat(255), isHidden: fc.boolean() }), { maxLength: 4 });

/** Of three archives, one is wild and unchanged, one is wild and changed, and one is as a build makes it. */
const archives = fc.oneof(
  fc.record({ entries: fc.array(entry, { maxLength: 6 }), changed: fc.constant([]) }),
  fc.record({ entries: fc.array(entry, { maxLength: 6 }), changed: changes }),
  fc.record({ entries: fc.array(tameEntry, { maxLength: 3 }), changed: fc.constant([]) }),
);

test('writes nothing outside of its folder, whatever the archive says, and leaves no link that leads out', async () => {
  const parent = tempDir();
  const folder = join(parent, 'staging');
  mkdirSync(join(parent, 'outside'));
  writeFileSync(join(parent, 'outside/secret'), 'untouched');
  const outcomes = { extracted: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(archives, fc.boolean(), async ({ entries, changed }, isWhole) => {
      mkdirSync(folder);
      try {
        const artifact = gzipSync(change(await tarOf([...entries, terminalOutput, code]), changed));
        const source = isWhole ? new Whole(artifact) : inChunks(artifact, 300);
        await extractArtifact(source, folder, limits).then(
          () => {
            outcomes.extracted += 1;
            for (const link of linksOf(folder)) expect(realpathSync(join(folder, link))).toContain(folder + sep);
          },
          (error: unknown) => {
            outcomes.refused += 1;
            expect(error).toBeInstanceOf(DamagedArtifact);
          },
        );
        expect(readdirSync(parent)).toEqual(['outside', 'staging']);
        expect(contentOf(join(parent, 'outside'))).toEqual({ secret: '644 untouched' });
      } finally {
        rmSync(folder, { recursive: true });
      }
    }),
    { numRuns: 400 },
  );
  // Otherwise the archives would be of one kind only, and the property would say little. About 75 of 400 are extracted.
  expect(outcomes.extracted).toBeGreaterThan(20);
  expect(outcomes.refused).toBeGreaterThan(20);
});

test('says what is wrong with any bytes at all', async () => {
  const folder = tempDir();
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 2_000 }), fc.boolean(), async (bytes, isGzip) => {
      const artifact = isGzip ? gzipSync(bytes) : bytes;
      for (const source of [inChunks(artifact), new Whole(Buffer.from(artifact))]) {
        await expect(extractArtifact(source, folder, limits)).rejects.toBeInstanceOf(DamagedArtifact);
      }
    }),
  );
  expect(readdirSync(folder)).toEqual([]);
});

function change(archive: Buffer, changed: readonly { at: number; byte: number; isHidden: boolean }[]): Buffer {
  for (const { at, byte, isHidden } of changed) {
    // Most of an archive is zeros, so the changes go to the first bytes of a block, where names and numbers are.
    const block = Math.floor(at / 512) % (archive.length / 512);
    archive[block * 512 + (at % 160)] = byte;
    if (isHidden) fixChecksum(archive, block * 512);
  }
  return archive;
}

function linksOf(folder: string): string[] {
  return Object.entries(contentOf(folder))
    .filter(([, content]) => content.startsWith('-> '))
    .map(([path]) => path);
}
