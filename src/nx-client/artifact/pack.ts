import { createReadStream, createWriteStream } from 'node:fs';
import { lstat, readdir, readlink, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack } from 'tar-stream';
import type { Seal } from './encryption.js';
import { UnsuitableArtifact } from './errors.js';

export async function packArtifact(
  content: { folder: string; terminalOutput: string; code: number },
  file: string,
  seal?: Seal,
): Promise<{ size: number }> {
  const tar = pack();
  const adding = addAll(tar, content).catch((error: unknown) => {
    tar.destroy(error instanceof Error ? error : new Error(String(error)));
  });
  const gzip = createGzip({ level: 6 });
  const output = createWriteStream(file, { flags: 'wx', mode: 0o600 });
  try {
    if (seal === undefined) await pipeline(tar, gzip, output);
    else await pipeline(tar, gzip, (plain: AsyncIterable<Buffer>) => seal.seal(plain), output);
    await adding;
  } catch (error) {
    await unlink(file).catch(() => undefined);
    throw error;
  }
  return { size: (await stat(file)).size };
}

async function addAll(tar: ReturnType<typeof pack>, content: { folder: string; terminalOutput: string; code: number }) {
  await addFolder(tar, content.folder, '');
  await addEntry(tar, 'terminalOutput', Buffer.from(content.terminalOutput));
  const code = Buffer.alloc(4);
  code.writeUInt32BE(content.code);
  await addEntry(tar, 'code', code);
  tar.finalize();
}

function addEntry(tar: ReturnType<typeof pack>, name: string, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    tar.entry({ name, mtime: new Date(0) }, bytes, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}

async function addFolder(tar: ReturnType<typeof pack>, folder: string, prefix: string): Promise<void> {
  for (const name of (await readdir(folder)).sort()) {
    const path = join(folder, name);
    const entry = prefix + name;
    if (entry === 'code' || entry === 'terminalOutput')
      throw new UnsuitableArtifact(`It has an output named ${entry}.`);
    const stats = await lstat(path);
    const mode = stats.mode & 0o777;
    const mtime = new Date(0);
    if (stats.isDirectory()) {
      tar.entry({ name: entry, type: 'directory', mode, mtime });
      await addFolder(tar, path, `${entry}/`);
    } else if (stats.isSymbolicLink()) {
      tar.entry({ name: entry, type: 'symlink', linkname: await readlink(path), mode, mtime });
    } else if (stats.isFile()) {
      await pipeline(createReadStream(path), tar.entry({ name: entry, size: stats.size, mode, mtime }));
    } else throw new UnsuitableArtifact(`It has an output that is no file, folder or link: ${entry}.`);
  }
}
