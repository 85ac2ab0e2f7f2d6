import { DamagedArtifact } from './errors.js';
import {
  blockLength,
  decodeHeader,
  decodeSparseExtension,
  decodeSparseHeader,
  isZeros,
  paddingAfter,
  type Stretch,
  type TarHeader,
} from './tar-header.js';

export type TarEvent =
  | { kind: 'folder'; name: string }
  | { kind: 'link'; name: string; target: string }
  /** Begins a file of `size` bytes, holes included. Its content follows, then `end-of-file`. */
  | { kind: 'file'; name: string; mode: number; size: number }
  /** Bytes of the file that has begun last, and where in it they belong. They are only valid until the next event. */
  | { kind: 'content'; bytes: Buffer; position: number }
  | { kind: 'end-of-file' };

/** What Linux takes as the target of a link; no name is longer either (see entry-path.ts). */
const longestText = 4_096;

const nothing = Buffer.alloc(0);

/** As many stretches as a file of 1 GiB has that keeps each second block of 4 KiB. */
const mostStretches = 131_072;

/**
 * Reads a tar archive from chunks as they come, strictly: what it does not know it refuses. It knows what writes
 * artifacts, Rust's `tar` in Nx's built-in client and our own `encodeHeader`.
 *
 * A reader of our own because of what was seen with `tar-stream` 3.2: it takes the GNU sparse entries, as which the
 * built-in client stores files that have holes, for something else; it goes on reading behind the end; it does not notice
 * when the end is missing; and it takes twice the time for a small artifact, of which hundreds arrive at once.
 */
export class TarReader {
  #pending: Buffer = nothing;
  #expected: 'header' | 'sparse-extension' | { longText: 'L' | 'K'; size: number } = 'header';
  #name: string | undefined;
  #target: string | undefined;
  #file: FileInProgress | undefined;
  #padding = 0;
  #ended = false;

  /** @throws {DamagedArtifact} `malformed` or `unsupported-entry` */
  *push(chunk: Buffer): Generator<TarEvent, void, undefined> {
    const bytes = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    let at = 0;
    while (at < bytes.length) {
      if (this.#ended) {
        const rest = bytes.subarray(at, at + blockLength);
        if (!isZeros(rest)) throw malformed('has something behind its end');
        at += rest.length;
      } else if (this.#padding > 0) {
        const skipped = Math.min(this.#padding, bytes.length - at);
        this.#padding -= skipped;
        at += skipped;
      } else if (this.#file !== undefined && this.#expected === 'header') {
        const available = bytes.subarray(at, at + this.#file.remaining);
        yield* this.#file.place(available);
        at += available.length;
        if (this.#file.remaining === 0) yield* this.#endFile(this.#file);
      } else {
        const length = typeof this.#expected === 'object' ? this.#expected.size : blockLength;
        if (bytes.length - at < length) break;
        yield* this.#take(bytes.subarray(at, at + length));
        at += length;
      }
    }
    this.#pending = bytes.subarray(at);
  }

  /**
   * To be called when all has been pushed.
   * @throws {DamagedArtifact} `truncated`
   */
  end(): void {
    if (!this.#ended) throw new DamagedArtifact('truncated', 'It ends too early.');
  }

  *#take(bytes: Buffer): Generator<TarEvent, void, undefined> {
    if (typeof this.#expected === 'object') {
      this.#takeLongText(bytes, this.#expected.longText);
    } else if (this.#expected === 'sparse-extension') {
      const { stretches, isExtended } = decodeSparseExtension(bytes);
      yield* this.#takeStretches(stretches, isExtended);
    } else if (isZeros(bytes)) {
      if (this.#name !== undefined || this.#target !== undefined) throw malformed('has a name without an entry');
      this.#ended = true;
    } else {
      yield* this.#takeHeader(decodeHeader(bytes), bytes);
    }
  }

  *#takeHeader(header: TarHeader, block: Buffer): Generator<TarEvent, void, undefined> {
    if (header.type === 'L' || header.type === 'K') {
      if (header.size > longestText) throw new DamagedArtifact('unsafe-name', 'It holds a name that is too long.');
      if (header.size > 0) this.#expected = { longText: header.type, size: header.size };
      return;
    }
    const name = this.#name ?? header.name;
    const target = this.#target ?? header.target;
    this.#name = this.#target = undefined;
    switch (header.type) {
      case '0':
        yield { kind: 'file', name, mode: header.mode, size: header.size };
        this.#file = new FileInProgress(header.size, header.size, [{ offset: 0, length: header.size }]);
        if (header.size === 0) yield* this.#endFile(this.#file);
        return;
      case 'S': {
        const { realSize, stretches, isExtended } = decodeSparseHeader(block);
        yield { kind: 'file', name, mode: header.mode, size: realSize };
        this.#file = new FileInProgress(header.size, realSize, []);
        yield* this.#takeStretches(stretches, isExtended);
        return;
      }
      case '2':
      case '5':
        if (header.size > 0) throw malformed('has a folder or link with a content');
        yield header.type === '2' ? { kind: 'link', name, target } : { kind: 'folder', name };
        return;
      default:
        throw new DamagedArtifact('unsupported-entry', `It holds ${describeType(header.type)}, which no output is.`);
    }
  }

  #takeLongText(bytes: Buffer, of: 'L' | 'K'): void {
    const end = bytes.indexOf(0);
    const text = bytes.toString('utf8', 0, end === -1 ? bytes.length : end);
    if (of === 'L') this.#name = text;
    else this.#target = text;
    this.#expected = 'header';
    this.#padding = paddingAfter(bytes.length);
  }

  *#takeStretches(stretches: readonly Stretch[], isExtended: boolean): Generator<TarEvent, void, undefined> {
    if (this.#file === undefined) throw malformed('has the map of no file');
    this.#file.add(stretches);
    this.#expected = isExtended ? 'sparse-extension' : 'header';
    if (!isExtended) {
      this.#file.checkMap();
      if (this.#file.remaining === 0) yield* this.#endFile(this.#file);
    }
  }

  *#endFile(file: FileInProgress): Generator<TarEvent, void, undefined> {
    yield { kind: 'end-of-file' };
    this.#padding = paddingAfter(file.storedSize);
    this.#file = undefined;
  }
}

/** Where the content that comes next belongs, in a file with or without holes. */
class FileInProgress {
  readonly storedSize: number;
  /** Bytes that are still to come. */
  remaining: number;
  readonly #realSize: number;
  readonly #stretches: Stretch[];
  #current = 0;
  #within = 0;

  constructor(storedSize: number, realSize: number, stretches: Stretch[]) {
    this.storedSize = storedSize;
    this.remaining = storedSize;
    this.#realSize = realSize;
    this.#stretches = stretches;
  }

  add(stretches: readonly Stretch[]): void {
    this.#stretches.push(...stretches);
    if (this.#stretches.length > mostStretches) throw malformed('has a file with too many holes');
  }

  /** Stretches have to follow each other within the file, and to be as long as what is stored. */
  checkMap(): void {
    let end = 0;
    let stored = 0;
    for (const { offset, length } of this.#stretches) {
      if (offset < end) throw malformed('has a file whose holes overlap');
      end = offset + length;
      stored += length;
    }
    if (end > this.#realSize || stored !== this.storedSize) throw malformed('has a file whose holes do not fit');
  }

  *place(bytes: Buffer): Generator<TarEvent, void, undefined> {
    let at = 0;
    while (at < bytes.length) {
      const stretch = this.#stretches[this.#current];
      if (stretch === undefined) throw malformed('has more of a file than its map says');
      const part = bytes.subarray(at, at + stretch.length - this.#within);
      if (part.length > 0) yield { kind: 'content', bytes: part, position: stretch.offset + this.#within };
      at += part.length;
      this.#within += part.length;
      if (this.#within === stretch.length) {
        this.#current += 1;
        this.#within = 0;
      }
    }
    this.remaining -= bytes.length;
  }
}

function describeType(type: string): string {
  const names: Record<string, string> = { '1': 'a hard link', '3': 'a device', '4': 'a device', '6': 'a FIFO' };
  return names[type] ?? `an entry of the type ${JSON.stringify(type)}`;
}

function malformed(what: string): DamagedArtifact {
  return new DamagedArtifact('malformed', `It is not an artifact, or has been damaged: it ${what}.`);
}
