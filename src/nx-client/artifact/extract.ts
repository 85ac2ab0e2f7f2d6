import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract } from 'tar-stream';
import type { Seal } from './encryption.js';
import { DamagedArtifact } from './errors.js';
import { parseEntryPath } from './entry-path.js';
import { inflate } from './inflate.js';

export async function extractArtifact(
  source: AsyncIterable<Uint8Array>,
  folder: string,
  options: { maxBytes: number; maxEntries: number; seal?: Seal },
): Promise<{ terminalOutput: string; code: number }> {
  const plain = options.seal === undefined ? source : options.seal.open(source);
  // Rust's old headers have no magic. (The package's types lack this option; more than one property satisfies them.)
  const reading = { allowUnknownFormat: true, highWaterMark: 65_536 };
  const tar = extract(reading);
  const feeding = pipeline(Readable.from(inflate(plain, options.maxBytes)), tar);
  feeding.catch(() => undefined);
  let terminalOutput: string | undefined;
  let code: number | undefined;
  for await (const entry of tar) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry as AsyncIterable<Buffer>) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    const path = parseEntryPath(entry.header.name);
    if (path === 'code') code = bytes.readUInt32BE();
    else if (path === 'terminalOutput') terminalOutput = bytes.toString();
    else {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      if (entry.header.type === 'file')
        await writeFile(join(folder, path), bytes, { mode: entry.header.mode, flag: 'wx' });
      else if (entry.header.type === 'symlink') await symlink(entry.header.linkname, join(folder, path));
      else await mkdir(join(folder, path), { recursive: true });
    }
  }
  await feeding;
  if (code === undefined || terminalOutput === undefined) {
    throw new DamagedArtifact('truncated', 'It has no exit code or no terminal output.');
  }
  return { terminalOutput, code };
}
