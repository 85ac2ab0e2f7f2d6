import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { expect } from 'vitest';
import { paths } from '../../src/protocol/paths.js';
import { nxUnderTest, packagesIn, type NxInstallation } from './nx-installation.js';
import { repositoryFiles, type Repository } from './nx-repository.js';
import { isolatedEnv, programs, start } from './programs.js';
import { tempDir, type AtTheEnd } from './temp-dir.js';

/** Somebody's clone of a repository: files like those of every other clone, and a local cache of its own. */
export interface Clone {
  root: string;
  /** The program that is `npx nx` in it. */
  nx: string;
  /** The one that knows `login`. */
  loginProgram: string;
}

export function newClone(
  repository: Repository,
  installation: NxInstallation = nxUnderTest,
  atTheEnd?: AtTheEnd,
): Clone {
  const root = tempDir(atTheEnd);
  for (const [path, content] of Object.entries(repositoryFiles(repository, installation))) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), typeof content === 'string' ? content : JSON.stringify(content));
  }
  mkdirSync(join(root, 'node_modules'));
  for (const name of packagesIn(installation.modules)) {
    symlinkSync(join(installation.modules, name), join(root, 'node_modules', name));
  }
  // Up to Nx 16, what git does not know of is not in the hash of a project.
  if (installation.major < 17) {
    for (const args of [
      ['init', '--quiet'],
      ['add', '.'],
    ])
      execFileSync('git', args, { cwd: root });
  }
  const { nx, loginProgram } = installation;
  return { root, nx, loginProgram };
}

/** How a build gets to the cache. */
export type Access =
  /** By the variables of Nx's built-in client, as somebody sets them in a CI's configuration. */
  | { by: 'variables'; serverUrl: string; nxCloudId: string; token: string; env?: NodeJS.ProcessEnv }
  /** By `nxkey run`, which finds what it needs in a home folder and the environment. */
  | { by: 'nxkey run'; env: NodeJS.ProcessEnv }
  /** By nx.json alone: Nx downloads the client program, which finds what it needs like `nxkey run`. */
  | { by: 'client program'; env: NodeJS.ProcessEnv };

export function byClientProgram(env: NodeJS.ProcessEnv): Access {
  return { by: 'client program', env };
}

export interface Built {
  code: number | null;
  /** All that was printed, without colors. */
  printed: string;
  /** What of it was printed to standard error. */
  stderr: string;
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
export function build(clone: Clone, access: Access, project = 'lib'): Promise<Built> {
  return startNx(clone, access, ['build', project]).finished;
}

interface NxOptions {
  /** The build of this project waits until it may go on. */
  paused?: 'lib' | 'app';
  /** The current folder, in the clone. */
  from?: string;
}

/** `nx <args>` */
export function startNx(clone: Clone, access: Access, args: string[], options: NxOptions = {}): StartedBuild {
  const { paused, from = '.' } = options;
  const notes = join(clone.root, 'tmp/builds');
  const before = readFileSync(notes, 'utf8').length;
  const ran = () => readFileSync(notes, 'utf8').slice(before).trim().split('\n');
  const env = isolatedEnv(join(clone.root, 'tmp/home'), {
    NX_DAEMON: 'false',
    NX_TUI: 'false',
    // Half the time of a build: Nx starts no process of its own for each plugin.
    NX_ISOLATE_PLUGINS: 'false',
    NX_WORKSPACE_DATA_DIRECTORY: join(clone.root, '.nx/workspace-data'),
    // Up to Nx 16, a package that it loads first fails at every `import()` on Node 20, with or without us.
    DISABLE_V8_COMPILE_CACHE: '1',
    ...(paused !== undefined && { PAUSED_BUILD: paused }),
    ...environmentOf(access),
  });
  const byRun = ['run', '--', process.execPath, clone.nx];
  const [program, words] = access.by === 'nxkey run' ? [programs.nxkey, byRun] : [clone.nx, []];
  const running = start(program, [...words, ...args], { cwd: join(clone.root, from), env });
  running.process.stdin.end();
  return {
    finished: running.finished.then(({ code, stdout, stderr }): Built => {
      const plain = (text: string) => stripVTControlCharacters(text).trim();
      const printed = plain(`${stdout}\n${stderr}`);
      return { code, printed, stderr: plain(stderr), ran: ran().filter((name) => name !== '') };
    }),
    started: () => expect.poll(ran, { timeout: 30_000 }).toContain(paused),
    goOn: () => {
      writeFileSync(join(clone.root, 'tmp/go-on'), '');
    },
  };
}

function environmentOf(access: Access): NodeJS.ProcessEnv {
  if (access.by !== 'variables') return access.env;
  return {
    ...access.env,
    NX_SELF_HOSTED_REMOTE_CACHE_SERVER: access.serverUrl + paths.remoteCache(access.nxCloudId),
    NX_SELF_HOSTED_REMOTE_CACHE_ACCESS_TOKEN: access.token,
    NX_NO_CLOUD: 'true',
  };
}

/**
 * The lines with which a person is told that something is not as it should be, by us or by Nx, wherever they stand: in a
 * run in which all is well there are none.
 */
export function complaints({ printed }: Built): string[] {
  return printed.split('\n').filter((line) => complaint.test(line) && !nxOnItsOwn.test(line));
}

const complaint =
  /warn|error|fail|unable|unavailable|could not|cannot|not (be )?used|outdated|offline|unauthorized|forbidden/i;

/** Several Nx 22 that are started at once disturb each other in the system's temporary folder. */
const nxOnItsOwn = /Failed to copy native module to cache/;

/** What a clone's build has put out; `null` when there is nothing. */
export function outputOf(clone: Clone, project = 'lib'): string | null {
  const path = join(clone.root, `dist/${project}.txt`);
  return existsSync(path) ? readFileSync(path, 'utf8') : null;
}
