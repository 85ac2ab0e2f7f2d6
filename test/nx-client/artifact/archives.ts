import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { pack, type Header } from 'tar-stream';

/**
 * Archives made by hand, with `tar-stream`: an implementation that shares nothing with the one under test, and that
 * writes whatever name it is given.
 */
export type HandMade = { name: string } & Partial<Omit<Header, 'name' | 'size'>> & { content?: string | Uint8Array };

export const terminalOutput: HandMade = { name: 'terminalOutput', content: 'built' };
export const code: HandMade = { name: 'code', content: Uint8Array.of(0, 0, 0, 0) };

export async function tarOf(entries: readonly HandMade[]): Promise<Buffer> {
  const tar = pack();
  for (const { content = '', ...header } of entries) {
    tar.entry(header, Buffer.from(content));
  }
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** An artifact with these entries beside the two that have to be there. */
export async function artifactOf(...entries: HandMade[]): Promise<Buffer> {
  return gzipSync(await tarOf([...entries, terminalOutput, code]));
}

/** Makes the checksum of the header at `start` right again. */
export function fixChecksum(tar: Buffer, start = 0): Buffer {
  const header = tar.subarray(start, start + 512);
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return tar;
}

export async function* inChunks(bytes: Uint8Array, length = 16_384): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield await Promise.resolve(bytes.subarray(at, at + length));
}

/** Everything below a folder: contents and permissions of files, targets of links. */
export function contentOf(folder: string, below = ''): Record<string, string> {
  return Object.fromEntries(
    readdirSync(join(folder, below)).flatMap((name): [string, string][] => {
      const path = below === '' ? name : `${below}/${name}`;
      const stats = lstatSync(join(folder, path));
      if (stats.isDirectory()) return [[`${path}/`, ''], ...Object.entries(contentOf(folder, path))];
      if (stats.isSymbolicLink()) return [[path, `-> ${readlinkSync(join(folder, path))}`]];
      return [[path, `${(stats.mode & 0o7777).toString(8)} ${readFileSync(join(folder, path), 'latin1')}`]];
    }),
  );
}
