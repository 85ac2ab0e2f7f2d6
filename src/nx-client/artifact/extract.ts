import { ArtifactTree } from './artifact-tree.js';
import { Whole } from './chunks.js';
import { checkSealed, openSealed, type Seal } from './encryption.js';
import { describeName, parseEntryPath } from './entry-path.js';
import { DamagedArtifact } from './errors.js';
import { inflate, inflateAtOnce } from './inflate.js';
import { freeNow } from './memory.js';
import { Pause } from './pause.js';
import { FolderWriter } from './folder-writer.js';
import { TarReader, type TarEvent } from './tar-reader.js';

export interface ExtractOptions {
  /** What may come out of the compression, and how large all files may be together, holes included. */
  maxBytes: number;
  /** Entries, and folders that only occur in the names of others. */
  maxEntries: number;
  /** With it, only what was sealed with the same key and for the same hash is taken; without it, only what is plain. */
  seal?: Seal | undefined;
}

/**
 * Characters that names, and targets of links, may have for each entry that is allowed, since they are kept in memory
 * until the end. The paths in a `node_modules` folder with 15,000 files have 37 on average.
 */
const charactersPerEntry = 128;

/** The format of Nx's built-in client: a terminal output as large as this fits into a string, and into nobody's terminal. */
const longestTerminalOutput = 256 * 1024 * 1024;

/**
 * Extracts an artifact of Nx's built-in client (`http_remote_cache.rs`) or of `packArtifact` into `folder`, which has to
 * exist, be empty, and be the caller's alone: to be renamed when this has succeeded, and deleted when it has thrown.
 *
 * The bytes may come from anybody. Nothing is written outside of `folder`, and no link in it leads out.
 * @throws {DamagedArtifact} the artifact must not be used
 * @throws what `source` throws, and what the file system says (a full disk)
 */
export async function extractArtifact(
  source: AsyncIterable<Uint8Array>,
  folder: string,
  options: ExtractOptions,
): Promise<{ terminalOutput: string; code: number }> {
  const extraction = new Extraction(folder, options);
  const reader = new TarReader();
  const pause = new Pause();
  const atOnce = openAtOnce(source, options);
  try {
    for await (const chunk of atOnce ?? open(source, options)) {
      for (const event of reader.push(chunk)) {
        extraction.take(event);
        if (pause.isDue()) await pause.take();
      }
    }
    reader.end();
    // What has to be there is looked for first: links are the last that is written.
    const result = extraction.result();
    for (const link of extraction.links()) {
      link.make();
      if (pause.isDue()) await pause.take();
    }
    return result;
  } finally {
    extraction.close();
    if (atOnce !== undefined) freeNow(atOnce[0]);
    if (source instanceof Whole) source.release();
  }
}

/** What is in a plain and small artifact that has come whole; `undefined` where it has to be read piece by piece. */
function openAtOnce(source: AsyncIterable<Uint8Array>, { seal, maxBytes }: ExtractOptions): [Buffer] | undefined {
  if (!(source instanceof Whole) || seal !== undefined) return undefined;
  checkSealed(source.bytes, false);
  return inflateAtOnce(source.bytes, maxBytes);
}

function open(source: AsyncIterable<Uint8Array>, { seal, maxBytes }: ExtractOptions): AsyncIterable<Buffer> {
  return inflate(openSealed(source, seal), maxBytes);
}

class Extraction {
  readonly #writer: FolderWriter;
  readonly #tree = new ArtifactTree();
  readonly #markers = new Map<string, Buffer>();
  readonly #limits: ExtractOptions;
  #entries = 0;
  #characters = 0;
  #bytes = 0;
  #marker: { name: string; content: Buffer } | undefined;

  constructor(folder: string, limits: ExtractOptions) {
    this.#writer = new FolderWriter(folder);
    this.#limits = limits;
  }

  take(event: TarEvent): void {
    switch (event.kind) {
      case 'file':
        this.#beginFile(event.name, event.mode, event.size);
        return;
      case 'content':
        if (this.#marker === undefined) this.#writer.write(event.bytes, event.position);
        else event.bytes.copy(this.#marker.content, event.position);
        return;
      case 'end-of-file':
        if (this.#marker === undefined) this.#writer.endFile();
        else this.#markers.set(this.#marker.name, this.#marker.content);
        this.#marker = undefined;
        return;
      case 'folder': {
        const path = this.#count(event.name);
        this.#makeFolders(path, this.#tree.addFolder(path));
        return;
      }
      case 'link': {
        const path = this.#count(event.name, event.target.length);
        this.#makeFolders(path, this.#tree.addLink(path, event.target));
      }
    }
  }

  /** @throws {DamagedArtifact} `malformed` */
  result(): { terminalOutput: string; code: number } {
    const code = this.#markers.get('code');
    const terminalOutput = this.#markers.get('terminalOutput');
    if (code === undefined || terminalOutput === undefined) {
      throw malformed(`has no ${code === undefined ? 'exit code' : 'terminal output'}`);
    }
    return { terminalOutput: decodeText(terminalOutput), code: code.readInt32BE() };
  }

  /** @throws {DamagedArtifact} `unsafe-link` */
  *links(): Generator<{ make: () => void }, void, undefined> {
    for (const { path, target, leadsInside } of this.#tree.links()) {
      if (!leadsInside) {
        const message = `It holds a link, ${describeName(path)}, that leads to nothing in it: ${describeName(target)}.`;
        throw new DamagedArtifact('unsafe-link', message);
      }
      yield {
        make: () => {
          this.#writer.makeLink(path, target);
        },
      };
    }
  }

  close(): void {
    this.#writer.close();
  }

  #beginFile(name: string, mode: number, size: number): void {
    const path = this.#count(name);
    this.#bytes += size;
    if (this.#bytes > this.#limits.maxBytes) throw tooLarge(`more than ${this.#limits.maxBytes} bytes`);
    if (path !== 'code' && path !== 'terminalOutput') {
      this.#makeFolders(path, this.#tree.addFile(path));
      this.#writer.beginFile(path, mode, size);
      return;
    }
    if (path === 'code' && size !== 4) throw malformed(`has an exit code of ${size} bytes and not 4`);
    if (size > longestTerminalOutput) throw tooLarge('too long a terminal output');
    this.#makeFolders(path, this.#tree.addFile(path, 'marker'));
    this.#marker = { name: path, content: Buffer.alloc(size) };
  }

  #makeFolders(path: string, added: readonly string[] | undefined): void {
    if (added === undefined) {
      const message = `It holds ${describeName(path)} twice, or as something else than a folder and as one.`;
      throw new DamagedArtifact('conflicting-entries', message);
    }
    for (const folder of added) {
      if (folder !== path) this.#countOne();
      this.#writer.makeFolder(folder);
    }
  }

  #count(name: string, targetLength = 0): string {
    this.#countOne();
    this.#characters += name.length + targetLength;
    if (this.#characters > this.#limits.maxEntries * charactersPerEntry) throw tooLarge('too many long names');
    return parseEntryPath(name);
  }

  #countOne(): void {
    this.#entries += 1;
    if (this.#entries > this.#limits.maxEntries) throw tooLarge(`more than ${this.#limits.maxEntries} entries`);
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodeText(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch (error) {
    throw malformed('has a terminal output that is not UTF-8', error);
  }
}

function tooLarge(what: string): DamagedArtifact {
  return new DamagedArtifact('too-large', `It holds ${what}.`);
}

function malformed(what: string, cause?: unknown): DamagedArtifact {
  return new DamagedArtifact('malformed', `It is not an artifact of Nx, or has been damaged: it ${what}.`, { cause });
}
