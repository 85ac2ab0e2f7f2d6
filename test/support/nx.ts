import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { expect } from 'vitest';
import { paths } from '../../src/protocol/paths.js';
import { isolatedEnv, programs, start } from './programs.js';
import { tempDir } from './temp-dir.js';

/** The node_modules with the Nx under test; `npm run test:nx-versions` names it, otherwise it is the repository's. */
const given = process.env['NXKEY_TEST_NX_MODULES'];

/** By `npm run test:nx-versions`. */
export const nxVersionIsGiven = given !== undefined;

const modules = given ?? fileURLToPath(new URL('../../node_modules', import.meta.url));

export const nxVersion = versionIn(join(modules, 'nx/package.json'));

/** In one of two places, since Nx 22 has moved it. */
const [nx = ''] = ['nx/dist/bin/nx.js', 'nx/bin/nx.js'].map((path) => join(modules, path)).filter(existsSync);

function versionIn(packageJson: string): string {
  const { version } = JSON.parse(readFileSync(packageJson, 'utf8')) as { version: string };
  return version;
}

/** A repository with two projects, `lib`, and `app` that needs it. */
export interface Repository {
  nxCloudId: string;
  nxCloudUrl: string;
  /** What is built. Another text gives other hashes, so that what one test stored does not help another. */
  source: string;
}

/** Somebody's clone of it: files like those of every other clone, and a local cache of its own. */
export interface Clone {
  root: string;
}

export function newClone({ nxCloudId, nxCloudUrl, source }: Repository): Clone {
  const root = tempDir();
  const write = (path: string, content: string | object) => {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), typeof content === 'string' ? content : JSON.stringify(content));
  };
  write('.gitignore', 'node_modules\n.nx\ntmp\ndist\n');
  write('package.json', { name: 'shop', private: true });
  write('nx.json', { nxCloudId, nxCloudUrl });
  write('build.cjs', buildScript);
  write('tmp/builds', '');
  for (const name of ['lib', 'app']) {
    const build = {
      command: `node build.cjs ${name}`,
      cache: true,
      dependsOn: ['^build'],
      outputs: [`{workspaceRoot}/dist/${name}.txt`],
    };
    write(`packages/${name}/source.txt`, source);
    write(`packages/${name}/project.json`, {
      name,
      implicitDependencies: name === 'app' ? ['lib'] : [],
      targets: { build },
    });
  }
  symlinkSync(modules, join(root, 'node_modules'));
  return { root };
}

/** Notes that it has run, since Nx prints what a build printed also when it comes from a cache. */
const buildScript = `
const { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } = require('node:fs');
const name = process.argv[2];
mkdirSync('dist', { recursive: true });
writeFileSync('dist/' + name + '.txt', readFileSync('packages/' + name + '/source.txt'));
appendFileSync('tmp/builds', name + '\\n');
if (process.env.PAUSED_BUILD === name) {
  const timer = setInterval(() => existsSync('tmp/go-on') && clearInterval(timer), 20);
}
console.log('compiled ' + name);
`;

/** How a build gets to the cache. */
export type Access =
  /** By the variables of Nx's built-in client, as somebody sets them in a CI's configuration. */
  | { by: 'variables'; serverUrl: string; nxCloudId: string; token: string }
  /** By `nxkey run`, which finds what it needs in a home folder and the environment. */
  | { by: 'nxkey run'; env: NodeJS.ProcessEnv };

export interface Built {
  code: number | null;
  /** All that was printed, without colors. */
  printed: string;
  /** The projects whose build really ran, this time. */
  ran: string[];
}

interface StartedBuild {
  finished: Promise<Built>;
  /** The build of the paused project runs. */
  started(): Promise<void>;
  goOn(): void;
}

/** `nx build <project>`, to its end. */
export function build(clone: Clone, access: Access, project: 'lib' | 'app' = 'lib'): Promise<Built> {
  return startBuild(clone, access, project).finished;
}

/** The same, with the build of one project waiting until it may go on. */
export function startBuild(clone: Clone, access: Access, project: 'lib' | 'app', paused?: 'lib' | 'app'): StartedBuild {
  const notes = join(clone.root, 'tmp/builds');
  const before = readFileSync(notes, 'utf8').length;
  const ran = () => readFileSync(notes, 'utf8').slice(before).trim().split('\n');
  const env = isolatedEnv(join(clone.root, 'tmp/home'), {
    NX_DAEMON: 'false',
    NX_TUI: 'false',
    // Half the time of a build: Nx starts no process of its own for each plugin.
    NX_ISOLATE_PLUGINS: 'false',
    NX_WORKSPACE_DATA_DIRECTORY: join(clone.root, '.nx/workspace-data'),
    ...(paused !== undefined && { PAUSED_BUILD: paused }),
    ...environmentOf(access),
  });
  const [program, args] = access.by === 'variables' ? [nx, []] : [programs.nxkey, ['run', '--', process.execPath, nx]];
  const running = start(program, [...args, 'build', project], { cwd: clone.root, env });
  running.process.stdin.end();
  return {
    finished: running.finished.then(({ code, stdout, stderr }): Built => {
      const printed = stripVTControlCharacters(`${stdout}\n${stderr}`).trim();
      return { code, printed, ran: ran().filter((name) => name !== '') };
    }),
    started: () => expect.poll(ran, { timeout: 30_000 }).toContain(paused),
    goOn: () => {
      writeFileSync(join(clone.root, 'tmp/go-on'), '');
    },
  };
}

function environmentOf(access: Access): NodeJS.ProcessEnv {
  if (access.by === 'nxkey run') return access.env;
  return {
    NX_SELF_HOSTED_REMOTE_CACHE_SERVER: access.serverUrl + paths.remoteCache(access.nxCloudId),
    NX_SELF_HOSTED_REMOTE_CACHE_ACCESS_TOKEN: access.token,
    NX_NO_CLOUD: 'true',
  };
}

/** What a clone's build has put out; `null` when there is nothing. */
export function outputOf(clone: Clone, project: 'lib' | 'app' = 'lib'): string | null {
  const path = join(clone.root, `dist/${project}.txt`);
  return existsSync(path) ? readFileSync(path, 'utf8') : null;
}
