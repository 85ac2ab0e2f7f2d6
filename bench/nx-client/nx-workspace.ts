import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { output } from '../support/program.js';

const modules = fileURLToPath(new URL('../../node_modules', import.meta.url));
/** In one of two places, since Nx 22 has moved it. */
const nx = ['nx/dist/bin/nx.js', 'nx/bin/nx.js'].map((path) => join(modules, path)).find(existsSync) ?? '';

/** A workspace whose tasks each put out one file of random bytes, which no compression makes smaller. */
export interface NxWorkspace {
  nxVersion: string;
  /** Builds everything. @returns milliseconds @throws {Error} when it fails, or when not `runs` tasks really ran */
  build(env: NodeJS.ProcessEnv, expected: { runs: number }): Promise<number>;
  /** What the tasks put out, here and in the local cache, is gone; the client program stays. */
  forget(): Promise<void>;
  /** The same for the outputs alone. */
  clean(): Promise<void>;
}

export async function makeNxWorkspace(
  root: string,
  options: { nxCloudUrl: string; nxCloudId: string; tasks: number; outputBytes: number },
): Promise<NxWorkspace> {
  const { nxCloudUrl, nxCloudId, tasks, outputBytes } = options;
  const write = async (path: string, content: string | Buffer | object) => {
    await mkdir(join(root, path, '..'), { recursive: true });
    const isPlain = typeof content === 'string' || Buffer.isBuffer(content);
    await writeFile(join(root, path), isPlain ? content : JSON.stringify(content));
  };
  await write('.gitignore', 'node_modules\n.nx\ntmp\ndist\n');
  await write('package.json', { name: 'bench', private: true });
  await write('nx.json', { nxCloudUrl, nxCloudId });
  await write('tmp/ran', '');
  for (let index = 0; index < tasks; index++) {
    const name = `lib-${index}`;
    await write(`packages/${name}/source.bin`, randomBytes(outputBytes));
    const command = `mkdir -p dist && cp packages/${name}/source.bin dist/${name}.bin && echo ${name} >> tmp/ran`;
    const build = { command, cache: true, outputs: [`{workspaceRoot}/dist/${name}.bin`] };
    await write(`packages/${name}/project.json`, { name, targets: { build } });
  }
  await symlink(modules, join(root, 'node_modules'));
  const { version } = JSON.parse(await readFile(join(modules, 'nx/package.json'), 'utf8')) as { version: string };

  // Moved away rather than deleted: ext4 looks at every inode that was deleted within the last minute before it gives out
  // a new one, which made a file cost up to ten times as much, the more the longer the measurement went on.
  const away = `${root}-former`;
  let moved = 0;
  await mkdir(away);
  const remove = async (path: string) => {
    if (existsSync(join(root, path))) await rename(join(root, path), join(away, String(++moved)));
  };
  const ran = async () => (await readFile(join(root, 'tmp/ran'), 'utf8')).split('\n').length - 1;
  return {
    nxVersion: version,
    async build(env, { runs }) {
      const before = await ran();
      const start = performance.now();
      await output(process.execPath, [nx, 'run-many', '-t', 'build'], {
        cwd: root,
        env: { NX_DAEMON: 'false', NX_TUI: 'false', CI: 'false', HOME: join(root, 'tmp/home'), ...env },
      });
      const took = performance.now() - start;
      const really = (await ran()) - before;
      if (really !== runs) throw new Error(`${really} tasks ran instead of ${runs}`);
      if ((await readdir(join(root, 'dist'))).length !== tasks) throw new Error('an output is missing');
      return took;
    },
    clean: () => remove('dist'),
    async forget() {
      await remove('dist');
      const cache = await readdir(join(root, '.nx/cache')).catch(() => []);
      for (const entry of cache) if (entry !== 'cloud') await remove(join('.nx/cache', entry));
      const data = await readdir(join(root, '.nx/workspace-data')).catch(() => []);
      for (const entry of data) if (entry.includes('.db')) await remove(join('.nx/workspace-data', entry));
    },
  };
}
