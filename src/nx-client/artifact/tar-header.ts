import { DamagedArtifact } from './errors.js';

/** Headers and contents fill whole blocks. */
export const blockLength = 512;

const zeros = Buffer.alloc(blockLength);

/** Whether there are only zeros, in a block or less: what an archive ends with. */
export function isZeros(bytes: Buffer): boolean {
  return zeros.subarray(0, bytes.length).equals(bytes);
}

/** How many bytes follow a content of `size` bytes up to the next block. */
export function paddingAfter(size: number): number {
  return (blockLength - (size % blockLength)) % blockLength;
}

/** A stretch of a file that is stored; what lies between stretches is zeros. */
export interface Stretch {
  offset: number;
  length: number;
}

/** One header block, as it stands. */
export interface TarHeader {
  name: string;
  /** The type flag as a character; NUL, of headers older than POSIX, is `0`, a file. */
  type: string;
  mode: number;
  /** Bytes of content that follow in the archive. */
  size: number;
  /** Where a link leads; empty for everything else. */
  target: string;
}

/**
 * Reads the formats that occur: those older than POSIX (Rust's `Header::new_old`), ustar, and GNU.
 * @throws {DamagedArtifact} `malformed`: the checksum is wrong, or a number is none
 */
export function decodeHeader(block: Buffer): TarHeader {
  if (readNumber(block, field.checksum) !== checksumOf(block)) {
    throw new DamagedArtifact('malformed', 'It is not a tar archive, or has been damaged: a checksum is wrong.');
  }
  const name = readText(block, field.name);
  const prefix = block.toString('latin1', 257, 263) === 'ustar\0' ? readText(block, field.prefix) : '';
  const type = block.toString('latin1', 156, 157);
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    type: type === '\0' ? '0' : type,
    mode: readNumber(block, field.mode),
    size: readNumber(block, field.size),
    target: readText(block, field.target),
  };
}

/** GNU's header of a sparse file (type `S`): its size with the holes, and the first stretches. */
export function decodeSparseHeader(block: Buffer): { realSize: number; stretches: Stretch[]; isExtended: boolean } {
  return {
    realSize: readNumber(block, [483, 12]),
    stretches: readStretches(block, 386, 4),
    isExtended: block[482] !== 0,
  };
}

/** The block that goes on with the stretches of a sparse file. */
export function decodeSparseExtension(block: Buffer): { stretches: Stretch[]; isExtended: boolean } {
  return { stretches: readStretches(block, 0, 21), isExtended: block[504] !== 0 };
}

/**
 * A header in the GNU format, which is what Rust's `tar` writes, with one or two blocks and the text itself in front
 * where a name does not fit. Time and owner are left out: they would make the same outputs different artifacts.
 */
export function encodeHeader(header: TarHeader): Buffer {
  const name = Buffer.from(header.name);
  const target = Buffer.from(header.target);
  return Buffer.concat([
    ...(name.length > field.name[1] ? longText('L', name) : []),
    ...(target.length > field.target[1] ? longText('K', target) : []),
    encodeBlock(name, header.type, header.mode, header.size, target),
  ]);
}

/** An entry whose content is the name, with NUL at its end, of the entry that follows. */
function longText(type: 'L' | 'K', text: Buffer): Buffer[] {
  const size = text.length + 1;
  const header = encodeBlock(Buffer.from('././@LongLink'), type, 0o644, size, Buffer.alloc(0));
  return [header, text, Buffer.alloc(1 + paddingAfter(size))];
}

function encodeBlock(name: Buffer, type: string, mode: number, size: number, target: Buffer): Buffer {
  const block = Buffer.alloc(blockLength);
  name.copy(block, field.name[0], 0, field.name[1]);
  target.copy(block, field.target[0], 0, field.target[1]);
  block.write(type, 156, 'latin1');
  block.write('ustar  \0', 257, 'latin1');
  writeNumber(block, field.mode, mode);
  writeNumber(block, field.uid, 0);
  writeNumber(block, field.gid, 0);
  writeNumber(block, field.size, size);
  writeNumber(block, field.mtime, 0);
  writeNumber(block, field.checksum, checksumOf(block));
  return block;
}

/** Position and length of each field (POSIX.1-2017, pax, "ustar Interchange Format"). */
const field = {
  name: [0, 100],
  mode: [100, 8],
  uid: [108, 8],
  gid: [116, 8],
  size: [124, 12],
  mtime: [136, 12],
  checksum: [148, 8],
  target: [157, 100],
  prefix: [345, 155],
} as const;

/** The sum of all bytes, those of the checksum itself taken as spaces. */
function checksumOf(block: Buffer): number {
  const [start, length] = field.checksum;
  let sum = length * 32;
  // By index: an iterator would take a good part of the time of reading an archive.
  for (let at = 0; at < start; at += 1) sum += block[at] ?? 0;
  for (let at = start + length; at < blockLength; at += 1) sum += block[at] ?? 0;
  return sum;
}

/** Up to NUL or the end of the field. What is not UTF-8 becomes U+FFFD, which no entry may have in its name. */
function readText(block: Buffer, [start, length]: readonly [number, number]): string {
  const bytes = block.subarray(start, start + length);
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end === -1 ? length : end);
}

/** Octal digits with spaces or NUL around them, or GNU's binary form for what has more than 33 bits. */
function readNumber(block: Buffer, [start, length]: readonly [number, number]): number {
  const bytes = block.subarray(start, start + length);
  if (bytes[0] === 0x80) return readBinaryNumber(bytes.subarray(1));
  const text = bytes.toString('latin1');
  const digits = /^ *([0-7]*)[ \0]*$/.exec(text)?.[1];
  if (digits === undefined) throw new DamagedArtifact('malformed', 'It is not a tar archive: a number is none.');
  return digits === '' ? 0 : Number.parseInt(digits, 8);
}

function readBinaryNumber(bytes: Buffer): number {
  const number = BigInt(`0x${bytes.toString('hex')}`);
  if (number > BigInt(Number.MAX_SAFE_INTEGER)) throw new DamagedArtifact('malformed', 'It has an impossible size.');
  return Number(number);
}

function writeNumber(block: Buffer, [start, length]: readonly [number, number], value: number): void {
  const digits = value.toString(8);
  if (digits.length < length) {
    block.write(digits.padStart(length - 1, '0'), start, 'latin1');
    return;
  }
  block[start] = 0x80;
  block.write(value.toString(16).padStart((length - 1) * 2, '0'), start + 1, 'hex');
}

function readStretches(block: Buffer, start: number, count: number): Stretch[] {
  const stretches: Stretch[] = [];
  for (let at = start; at < start + count * 24 && block[at] !== 0; at += 24) {
    stretches.push({ offset: readNumber(block, [at, 12]), length: readNumber(block, [at + 12, 12]) });
  }
  return stretches;
}
