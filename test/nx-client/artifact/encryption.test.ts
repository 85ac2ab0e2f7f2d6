import { createCipheriv, createHash, hkdfSync, scryptSync } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { Whole } from '../../../src/nx-client/artifact/chunks.js';
import { createEncryption, type Seal } from '../../../src/nx-client/artifact/encryption.js';
import { DamagedArtifact } from '../../../src/nx-client/artifact/errors.js';
import { extractArtifact } from '../../../src/nx-client/artifact/extract.js';
import { packArtifact } from '../../../src/nx-client/artifact/pack.js';
import { tempDir } from '../../support/temp-dir.js';
import { artifactOf, contentOf, inChunks } from './archives.js';

const limits = { maxBytes: 1_000_000, maxEntries: 100 };
const key = 'correct horse battery staple';
const encryption = createEncryption(key);
const seal = encryption.sealFor('4711');
const segmentLength = 65_536;

/** Made from the documentation of the format with pyca/cryptography: salt 00 01 … 1f, prefix 64 … 6a, hash 4711. */
const knownArtifact = Buffer.from(
  '6e786b65792d656e63310a' +
    '28000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f6465666768696a' +
    '20d28ceef7503f1f65d6f8a5228d63f3ca7779' +
    '8b77f5f4002550cb9a09a0c186741328',
  'hex',
);

test('opens what another implementation of the format has sealed', async () => {
  expect((await open(seal, knownArtifact)).toString()).toBe('The quick brown fox');
});

test('opens what another implementation has sealed in several segments', async () => {
  const sealed = sealAsDocumented(pattern(200_000), knownArtifact.subarray(12, 44), knownArtifact.subarray(44, 51));
  // The same bytes as from pyca/cryptography.
  expect(createHash('sha256').update(sealed).digest('hex')).toBe(
    '8203922fa5600dd5a4a417f8928d2e39a14d32cba832fbd69dcd924f5ca6e5ff',
  );
  expect((await open(seal, sealed)).equals(pattern(200_000))).toBe(true);
});

test.each([0, 1, 65_479, 65_480, 65_481, 131_000, 131_001, 200_000])('opens its own %i bytes', async (length) => {
  const plain = pattern(length);
  const sealed = await buffer(seal.seal(inChunks(plain, 10_007)));
  // Header 51 bytes, and a tag of 16 for each segment; the first has 40 of the header within its 64 KiB.
  expect(sealed.length).toBe(51 + length + 16 * Math.max(1, Math.ceil((length + 40) / 65_520)));
  expect((await open(seal, sealed)).equals(plain)).toBe(true);
});

test('seals the same bytes differently each time', async () => {
  const sealed = await Promise.all([1, 2, 3].map(() => buffer(seal.seal(inChunks(Buffer.from('text'))))));
  const different = (start: number, end: number) => new Set(sealed.map((one) => one.toString('hex', start, end))).size;
  expect([different(0, 12), different(12, 44), different(44, 51), different(51, 55)]).toEqual([1, 3, 3, 3]);
});

test('has nothing of the outputs in it', async () => {
  const outputs = tempDir();
  const file = join(tempDir(), 'artifact');
  writeFileSync(join(outputs, 'name-of-a-file'), 'content of a file');
  await packArtifact({ folder: outputs, terminalOutput: 'terminal output', code: 0 }, file, seal);
  const sealed = readFileSync(file);
  for (const gzipOrText of [Buffer.of(0x1f, 0x8b, 8), 'name-of', 'content', 'terminal', key]) {
    expect(sealed.includes(gzipOrText)).toBe(false);
  }
});

describe('refuses', () => {
  test('a small artifact in which any single byte was changed', async () => {
    const sealed = await buffer(seal.seal(inChunks(await artifactOf({ name: 'dist/main.js', content: 'text' }))));
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Buffer.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
      const { error, folder } = await refusal(changed, seal);
      expect(error.reason, `byte ${at}`).toBe(at < 11 ? 'not-encrypted' : 'wrong-key');
      // Not even the names of what cannot be trusted have been looked at.
      expect(contentOf(folder)).toEqual({});
    }
  });

  test('a small artifact of which any number of bytes is missing, or one too many is there', async () => {
    const sealed = await buffer(seal.seal(inChunks(await artifactOf({ name: 'dist/main.js', content: 'text' }))));
    for (let length = 0; length < sealed.length; length += 1) {
      const { error } = await refusal(sealed.subarray(0, length), seal);
      expect(error.reason, `${length} bytes`).toBe(length < 11 ? 'truncated' : 'wrong-key');
    }
    const { error } = await refusal(Buffer.concat([sealed, Buffer.of(0)]), seal);
    expect(error.reason).toBe('wrong-key');
  });

  test('segments that were left out, moved, repeated, or taken from another artifact', async () => {
    const [one, other] = await Promise.all([1, 2].map(() => buffer(seal.seal(inChunks(pattern(3 * segmentLength))))));
    const [a, b, c, d] = segmentsOf(one);
    const [, foreign] = segmentsOf(other);
    expect((await open(seal, Buffer.concat([a, b, c, d]))).equals(pattern(3 * segmentLength))).toBe(true);
    for (const segments of [
      [a],
      [a, b],
      [a, b, c],
      [a, c, d],
      [a, c, b, d],
      [a, b, b, c, d],
      [a, foreign, c, d],
      [b, c],
    ]) {
      await expect(open(seal, Buffer.concat(segments))).rejects.toBeInstanceOf(DamagedArtifact);
    }
  });

  test('what was sealed for another hash, or with another key', async () => {
    for (const other of [encryption.sealFor('4712'), createEncryption(`${key}r`).sealFor('4711')]) {
      const { error } = await refusal(await buffer(seal.seal(inChunks(await artifactOf()))), other);
      expect(error.reason).toBe('wrong-key');
      expect(error.message).toBe('It cannot be decrypted: it was stored with another key, or somebody has altered it.');
      expect(error.remedy).toContain('NX_CLOUD_ENCRYPTION_KEY');
      expect(`${error.message} ${error.remedy ?? ''} ${error.stack ?? ''}`).not.toContain(key);
    }
  });

  test('what is plain, where there is a key: who keeps the cache could have put it there', async () => {
    const { error, folder } = await refusal(await artifactOf({ name: 'dist/main.js', content: 'text' }), seal);
    expect(error.reason).toBe('not-encrypted');
    expect(contentOf(folder)).toEqual({});
  });

  test('what is encrypted, where there is no key', async () => {
    const { error } = await refusal(await buffer(seal.seal(inChunks(await artifactOf()))), undefined);
    expect(error.reason).toBe('encrypted');
    expect(error.remedy).toContain('NX_CLOUD_ENCRYPTION_KEY');
  });
});

test('gives out nothing of a segment before it has been verified, and what was verified only as much as came before', async () => {
  const sealed = await buffer(seal.seal(inChunks(pattern(3 * segmentLength))));
  sealed[150_000] = (sealed[150_000] ?? 0) ^ 1;
  const given: Uint8Array[] = [];
  await expect(
    (async () => {
      for await (const chunk of seal.open(inChunks(sealed))) given.push(chunk);
    })(),
  ).rejects.toBeInstanceOf(DamagedArtifact);
  expect(Buffer.concat(given).equals(pattern(131_000))).toBe(true);
});

/** What the documentation says, without streams. */
function sealAsDocumented(plain: Buffer, salt: Buffer, prefix: Buffer): Buffer {
  const magic = Buffer.from('nxkey-enc1\n');
  const teamKey = scryptSync(key, 'nxkey artifact encryption v1', 32, { N: 2 ** 15, r: 8, p: 3, maxmem: 2 ** 26 });
  const artifactKey = Buffer.from(hkdfSync('sha256', teamKey, salt, Buffer.concat([magic, Buffer.from('4711')]), 32));
  const cuts = [0];
  for (let at = segmentLength - 40 - 16; at < plain.length; at += segmentLength - 16) cuts.push(at);
  const segments = cuts.map((from, number) => {
    const isLast = number === cuts.length - 1;
    const nonce = Buffer.concat([prefix, Buffer.of(0, 0, 0, number, isLast ? 1 : 0)]);
    const cipher = createCipheriv('aes-256-gcm', artifactKey, nonce);
    return Buffer.concat([cipher.update(plain.subarray(from, cuts[number + 1])), cipher.final(), cipher.getAuthTag()]);
  });
  return Buffer.concat([magic, Buffer.of(40), salt, prefix, ...segments]);
}

async function open(seal: Seal, sealed: Uint8Array): Promise<Buffer> {
  return buffer(seal.open(inChunks(sealed)));
}

async function refusal(
  artifact: Uint8Array,
  seal: Seal | undefined,
): Promise<{ error: DamagedArtifact; folder: string }> {
  const folder = join(tempDir(), 'staging');
  mkdirSync(folder);
  const outcome = (source: AsyncIterable<Uint8Array>, folder: string) =>
    extractArtifact(source, folder, { ...limits, seal }).then(
      () => undefined,
      (reason: unknown) => reason,
    );
  const error = await outcome(inChunks(artifact), folder);
  expect(await outcome(new Whole(Buffer.from(artifact)), tempDir())).toEqual(error);
  if (!(error instanceof DamagedArtifact)) throw new Error(`It was not refused, but: ${String(error)}`);
  return { error, folder };
}

function segmentsOf(sealed: Buffer | undefined): [Buffer, Buffer, Buffer, Buffer] {
  const cut = (number: number) => sealed?.subarray(11 + number * segmentLength, 11 + (number + 1) * segmentLength);
  const [a, b, c, d] = [0, 1, 2, 3].map((number) => cut(number) ?? Buffer.alloc(0));
  if (a === undefined || b === undefined || c === undefined || d === undefined) throw new Error('There are not four.');
  return [Buffer.concat([Buffer.from('nxkey-enc1\n'), a]), b, c, d];
}

function pattern(length: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, at) => at * 7 + Math.floor(at / 251)));
}
