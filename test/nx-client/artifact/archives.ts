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

/** GNU's entry with the name of the one that follows. */
export function longName(name: string): Buffer {
  const header = Buffer.alloc(512);
  header.write('././@LongLink', 0);
  header.write(`${(name.length + 1).toString(8).padStart(11, '0')}\0`, 124);
  header.write('L', 156);
  header.write('ustar  \0', 257);
  const content = Buffer.alloc(Math.ceil((name.length + 1) / 512) * 512);
  content.write(name);
  return Buffer.concat([fixChecksum(header), content]);
}

/** An artifact with one file in GNU's sparse format. */
export async function sparseFile(stretches: [number, number][], realSize: number, stored: string): Promise<Buffer> {
  const octal = (value: number) => `${value.toString(8).padStart(11, '0')}\0`;
  const tar = await tarOf([{ name: 'sparse', content: stored }, terminalOutput, code]);
  setText(tar, [156, 1], 'S');
  setText(tar, [257, 8], 'ustar  \0');
  setText(tar, [386, 96], stretches.flat().map(octal).join(''));
  setText(tar, [483, 12], octal(realSize));
  return gzipSync(fixChecksum(tar));
}

export function setText(tar: Buffer, [start, length]: [number, number], text: string): Buffer {
  tar.fill(0, start, start + length);
  tar.write(text, start, 'latin1');
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
