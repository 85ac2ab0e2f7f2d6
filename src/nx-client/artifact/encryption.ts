import { createCipheriv, createDecipheriv, hkdfSync, randomBytes, scrypt } from 'node:crypto';
import { endSource, openChunks } from './chunks.js';
import { DamagedArtifact } from './errors.js';

/**
 * Encryption of artifacts on the client, so that whoever gets at what the server keeps can neither read nor alter them.
 *
 * The format is streaming AEAD as in Tink (AES-GCM-HKDF, https://developers.google.com/tink/streaming-aead/aes_gcm_hkdf_streaming;
 * the construction is STREAM of Hoang, Reyhanitabar, Rogaway and Vizár, CRYPTO 2015), behind a magic of our own:
 *
 *     "nxkey-enc1\n"                           11 bytes
 *     header   length 40 | salt 32 | prefix 7  40 bytes
 *     segment  ciphertext | tag 16             65,536 bytes with the header in the first, the last one shorter or equal
 *     …
 *
 *     key of the artifact  HKDF-SHA-256(key of the team, salt, info: magic | hash)  32 bytes
 *     nonce of a segment   prefix | number of the segment, big-endian, 4 | 1 for the last, otherwise 0
 *
 * Why so, and not one GCM message under the team's key: a tag is only known to be right when all has been read, and until
 * then inflating and tar would work on bytes that anybody may have made. Here not a byte leaves before its segment has been
 * verified. The number in the nonce finds segments that were moved, the last byte an artifact that was cut off, and the
 * hash in `info` one that was filed under another hash.
 *
 * Limits of NIST SP 800-38D: at most 2^32 messages with random nonces under one key (§8.3), and 2^36 - 31 bytes in each
 * (§5.2.1.1). Each artifact has a key of its own from 256 random bits, each segment has 64 KiB, and there are at
 * most 2^32 of them; no number of artifacts that a team could make comes near.
 */
export interface Seal {
  /** Encrypts a stream. */
  seal: (plain: AsyncIterable<Uint8Array>) => AsyncIterable<Buffer>;
  /**
   * Decrypts a stream; what it gives out has been verified.
   * @throws {DamagedArtifact} `wrong-key`
   */
  open: (sealed: AsyncIterable<Uint8Array>) => AsyncIterable<Buffer>;
}

export interface Encryption {
  /** For the artifact of one task. The hash is authenticated with it. */
  sealFor: (hash: string) => Seal;
}

const magic = Buffer.from('nxkey-enc1\n');
const saltLength = 32;
const prefixLength = 7;
const headerLength = 1 + saltLength + prefixLength;
const tagLength = 16;
const segmentLength = 65_536;

/**
 * The artifact behind `source`, decrypted where it is to be. With a key plain ones are refused too: otherwise who keeps
 * the cache could put any artifact of their own in place of an encrypted one.
 * @throws {DamagedArtifact} `encrypted`, `not-encrypted`, `wrong-key` or `truncated`
 */
export async function* openSealed(
  source: AsyncIterable<Uint8Array>,
  seal: Seal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const iterator = source[Symbol.asyncIterator]();
  try {
    const { start, all } = await openChunks(iterator, magic.length);
    checkSealed(start, seal !== undefined);
    yield* seal === undefined ? all() : seal.open(all());
  } finally {
    endSource(iterator);
  }
}

/**
 * Whether an artifact that begins so is encrypted where it has to be, and not where it must not be.
 * @throws {DamagedArtifact} `encrypted`, `not-encrypted` or `truncated`
 */
export function checkSealed(start: Buffer, hasKey: boolean): void {
  if (start.length < magic.length) throw new DamagedArtifact('truncated', 'It ends too early.');
  const isSealed = magic.equals(start.subarray(0, magic.length));
  if (isSealed && !hasKey) {
    throw new DamagedArtifact('encrypted', 'It is encrypted, and no key is set here.', {
      remedy: 'Set NX_CLOUD_ENCRYPTION_KEY to the key that the rest of the team uses.',
    });
  }
  if (!isSealed && hasKey) {
    throw new DamagedArtifact('not-encrypted', 'It is not encrypted, and with a key only what is encrypted is used.', {
      remedy: 'Give all of the team, and CI, the same NX_CLOUD_ENCRYPTION_KEY. Nx without our client cannot encrypt.',
    });
  }
}

/**
 * From the text of `NX_CLOUD_ENCRYPTION_KEY` or `nxCloudEncryptionKey`: any length, used as it stands (UTF-8).
 *
 * That text may be weak, so it is stretched with scrypt (RFC 7914) at N=2^15, r=8, p=3, one of the settings that OWASP
 * recommends. Measured: 0.3 s in the thread pool and 32 MiB; at the first artifact and once per process, not at start.
 * The salt is fixed, because all clients of a team have to get the same key from nothing but the text. So two teams with
 * the same text have the same key, and a list of guesses can be prepared once for all: a key worth the name is random.
 */
export function createEncryption(key: string): Encryption {
  let teamKey: Promise<Buffer> | undefined;
  const getTeamKey = () => (teamKey ??= stretch(key));
  return {
    sealFor: (hash) => ({
      seal: (plain) => sealSegments(plain, hash, getTeamKey),
      open: (sealed) => openSegments(sealed, hash, getTeamKey),
    }),
  };
}

function stretch(key: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(key, 'nxkey artifact encryption v1', 32, { N: 2 ** 15, r: 8, p: 3, maxmem: 2 ** 26 }, (error, derived) => {
      if (error === null) resolve(derived);
      else reject(error);
    });
  });
}

async function* sealSegments(
  plain: AsyncIterable<Uint8Array>,
  hash: string,
  getTeamKey: () => Promise<Buffer>,
): AsyncGenerator<Buffer> {
  const salt = randomBytes(saltLength);
  const prefix = randomBytes(prefixLength);
  const key = deriveArtifactKey(await getTeamKey(), salt, hash);
  yield Buffer.concat([magic, Buffer.from([headerLength]), salt, prefix]);
  const length = segmentLength - tagLength;
  for await (const { piece, number, isLast } of cut(plain, length - headerLength, length)) {
    const cipher = createCipheriv('aes-256-gcm', key, nonceOf(prefix, number, isLast));
    yield Buffer.concat([cipher.update(piece), cipher.final(), cipher.getAuthTag()]);
  }
}

async function* openSegments(
  sealed: AsyncIterable<Uint8Array>,
  hash: string,
  getTeamKey: () => Promise<Buffer>,
): AsyncGenerator<Buffer> {
  const start = magic.length + headerLength;
  let key: Buffer | undefined;
  let prefix: Buffer = Buffer.alloc(0);
  for await (const { piece, number, isLast } of cut(sealed, magic.length + segmentLength, segmentLength)) {
    let segment = piece;
    if (key === undefined) {
      const header = piece.subarray(magic.length, start);
      if (header[0] !== headerLength) throw cannotDecrypt();
      prefix = header.subarray(1 + saltLength);
      key = deriveArtifactKey(await getTeamKey(), header.subarray(1, 1 + saltLength), hash);
      segment = piece.subarray(start);
    }
    if (segment.length < tagLength) throw cannotDecrypt();
    yield openSegment(segment, key, nonceOf(prefix, number, isLast));
  }
}

function openSegment(segment: Buffer, key: Buffer, nonce: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, nonce);
  decipher.setAuthTag(segment.subarray(-tagLength));
  const plain = decipher.update(segment.subarray(0, -tagLength));
  try {
    decipher.final();
  } catch (error) {
    throw cannotDecrypt(error);
  }
  return plain;
}

function deriveArtifactKey(teamKey: Buffer, salt: Uint8Array, hash: string): Buffer {
  return Buffer.from(hkdfSync('sha256', teamKey, salt, Buffer.concat([magic, Buffer.from(hash)]), 32));
}

function nonceOf(prefix: Uint8Array, number: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.set(prefix);
  nonce.writeUInt32BE(number, prefixLength);
  nonce[11] = isLast ? 1 : 0;
  return nonce;
}

/**
 * Pieces of `length` bytes, the first of `firstLength`. The last one is marked and may be shorter; it is empty only when
 * there is nothing else.
 */
async function* cut(
  source: AsyncIterable<Uint8Array>,
  firstLength: number,
  length: number,
): AsyncGenerator<{ piece: Buffer; number: number; isLast: boolean }> {
  let pending: Uint8Array[] = [];
  let size = 0;
  let number = 0;
  let next = firstLength;
  for await (const chunk of source) {
    pending.push(chunk);
    size += chunk.length;
    if (size <= next) continue;
    const bytes = Buffer.concat(pending);
    let from = 0;
    // What fills a piece exactly stays: only the end of the source tells whether it is the last one.
    while (bytes.length - from > next) {
      yield { piece: bytes.subarray(from, from + next), number, isLast: false };
      from += next;
      next = length;
      number += 1;
    }
    pending = [bytes.subarray(from)];
    size = bytes.length - from;
  }
  yield { piece: Buffer.concat(pending), number, isLast: true };
}

function cannotDecrypt(cause?: unknown): DamagedArtifact {
  return new DamagedArtifact(
    'wrong-key',
    'It cannot be decrypted: it was stored with another key, or somebody has altered it.',
    { remedy: 'Give all of the team, and CI, the same NX_CLOUD_ENCRYPTION_KEY.', cause },
  );
}
