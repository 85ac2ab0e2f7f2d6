import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../files/file-errors.js';
import type { RemoteCache, RemoteCacheV1 } from './nx.js';
import type { Operations } from './operations.js';

/** Where a version of Nx keeps the parts of a result in its cache folder. */
export interface Layout {
  /** The folder of the outputs in the entry of a result, which is a folder itself. */
  outputsIn: (entry: string) => string;
  /** Adds to an entry that is not in its place yet what belongs beside the outputs. */
  complete?: (entry: string, result: { terminalOutput: string; code: number }) => Promise<void>;
  /** Tells Nx that the entry is in its place. */
  commit?: (entry: string) => Promise<void>;
}

/** Nx 20 and later: only the outputs. The rest is in a database, into which Nx puts what `retrieve` answers. */
const outputsOnly: Layout = { outputsIn: (entry) => entry };

/**
 * Before Nx 20: `<hash>/{outputs/…,terminalOutput,code}`, the code as decimal text, and a file `<hash>.commit` beside it,
 * without which Nx does not look at the rest (`Cache` in nx/src/tasks-runner/cache.js).
 */
const withCommit: Layout = {
  outputsIn: (entry) => join(entry, 'outputs'),
  async complete(entry, { terminalOutput, code }) {
    await writeFile(join(entry, 'terminalOutput'), terminalOutput);
    await writeFile(join(entry, 'code'), String(code));
  },
  async commit(entry) {
    const path = `${entry}.commit`;
    // Never through a link, which a repository may have brought along in its cache folder.
    await rm(path, { force: true });
    await writeFile(path, 'true', { flag: 'wx' }).catch((error: unknown) => {
      // Another process has just done the same.
      if (errorCode(error) !== 'EEXIST') throw error;
    });
  },
};

export function createRemoteCache({ retrieve, store }: Operations): RemoteCache {
  return {
    retrieve: (hash, cacheDirectory) => retrieve(hash, cacheDirectory, outputsOnly),
    store: (hash, cacheDirectory, terminalOutput, code) =>
      store(hash, cacheDirectory, () => Promise.resolve({ folder: join(cacheDirectory, hash), terminalOutput, code })),
  };
}

export function createRemoteCacheV1({ retrieve, store }: Operations): RemoteCacheV1 {
  return {
    retrieve: async (hash, cacheDirectory) => (await retrieve(hash, cacheDirectory, withCommit)) !== null,
    store: (hash, cacheDirectory) =>
      store(hash, cacheDirectory, async () => {
        const entry = join(cacheDirectory, hash);
        const [terminalOutput, code] = await Promise.all(
          ['terminalOutput', 'code'].map((name) => readFile(join(entry, name), 'utf8')),
        );
        return { folder: join(entry, 'outputs'), terminalOutput: terminalOutput ?? '', code: Number(code) };
      }),
  };
}
