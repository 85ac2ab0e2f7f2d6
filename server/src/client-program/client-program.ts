import { readFile } from 'node:fs/promises';

/** What Nx downloads from this server and loads (src/nx-client). It comes with the server, and is upgraded with it. */
export interface ClientProgram {
  /** Differs whenever the content does. */
  version: string;
  /** SHA-256 in hex over the extracted folder, as Nx computes it. */
  contentHash: string;
  /** A gzip tar. */
  archive: Uint8Array<ArrayBuffer>;
}

/**
 * @param folder where the build has put it
 * @returns `null` where the server runs from sources that were not built
 */
export async function loadClientProgram(folder: URL): Promise<ClientProgram | null> {
  let about: string;
  try {
    about = await readFile(new URL('nx-client.json', folder), 'utf8');
  } catch {
    return null;
  }
  const { version, contentHash } = narrow(JSON.parse(about));
  return { version, contentHash, archive: new Uint8Array(await readFile(new URL('nx-client.tar.gz', folder))) };
}

function narrow(value: unknown): Pick<ClientProgram, 'version' | 'contentHash'> {
  if (typeof value === 'object' && value !== null && 'version' in value && 'contentHash' in value) {
    const { version, contentHash } = value;
    if (typeof version === 'string' && typeof contentHash === 'string') return { version, contentHash };
  }
  throw new TypeError('nx-client.json is not what the build writes');
}
