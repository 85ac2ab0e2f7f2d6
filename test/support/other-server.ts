import { cpSync, createReadStream, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { archiveOf, contentHashOf, nxClientVersion, type ProgramFiles } from '../../scripts/nx-client-archive.js';
import { programs } from './programs.js';
import { tempDir, type AtTheEnd } from './temp-dir.js';

/** Another build of the server. */
export interface OtherServer {
  /** For `startServer` and `restart`. */
  program: string;
  /** The version of the client program that it hands out. */
  clientVersion: string;
}

/**
 * A copy of the built server that hands out a client program of another version, as the release before or after this
 * one does.
 * @param change of the files of this build's client program
 */
export async function serverWithOtherClient(
  version: string,
  change: (files: ProgramFiles) => ProgramFiles,
  atTheEnd?: AtTheEnd,
): Promise<OtherServer> {
  const folder = tempDir(atTheEnd);
  const server = dirname(dirname(programs.server));
  for (const path of ['bin', 'dist', 'package.json'])
    cpSync(join(server, path), join(folder, path), { recursive: true });
  symlinkSync(fileURLToPath(new URL('../../node_modules', import.meta.url)), join(folder, 'node_modules'));

  const files = change(await builtClientProgram());
  const contentHash = contentHashOf(files);
  const about = { version: nxClientVersion(version, contentHash), contentHash };
  writeFileSync(join(folder, 'dist/nx-client.tar.gz'), await archiveOf(files));
  writeFileSync(join(folder, 'dist/nx-client.json'), JSON.stringify(about));
  return { program: join(folder, 'bin/nxkey-server.js'), clientVersion: about.version };
}

/** The files of the client program that the build has made. */
export async function builtClientProgram(): Promise<ProgramFiles> {
  const archive = join(dirname(programs.server), '../dist/nx-client.tar.gz');
  const files = new Map<string, Uint8Array>();
  for await (const entry of createReadStream(archive).pipe(createGunzip()).pipe(extract())) {
    const content = await buffer(entry);
    if (entry.header.type === 'file') files.set(entry.header.name, content);
  }
  return files;
}
