import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { nxUnderTest } from '../support/nx-installation.js';
import { repositoryFiles } from '../support/nx-repository.js';
import { authoritiesOfTheRegistry, isolatedEnv } from '../support/programs.js';
import type { TestServer } from '../support/server.js';

const npmSetting = (name: string) =>
  execFileSync('npm', ['config', 'get', name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();

/** For npm, git and Nx's own tooling: nobody is asked, and what npm has downloaded before is taken. */
export function toolEnv(home: string): NodeJS.ProcessEnv {
  return isolatedEnv(home, {
    ...authoritiesOfTheRegistry(),
    CI: 'true',
    npm_config_registry: npmSetting('registry'),
    npm_config_cache: npmSetting('cache'),
    npm_config_prefer_offline: 'true',
    npm_config_ignore_scripts: 'true',
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    NX_DAEMON: 'false',
    // Up to Nx 16, a package that it loads first fails at every `import()` on Node 20.
    DISABLE_V8_COMPILE_CACHE: '1',
    GIT_AUTHOR_NAME: 'Ada Lovelace',
    GIT_AUTHOR_EMAIL: 'ada@acme.example',
    GIT_COMMITTER_NAME: 'Ada Lovelace',
    GIT_COMMITTER_EMAIL: 'ada@acme.example',
  });
}

/** Runs a program in a folder, to its end. @throws when it fails */
export async function runTool(cwd: string, env: NodeJS.ProcessEnv, [program = '', ...args]: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(program, args, { cwd, env, maxBuffer: 2 ** 26 });
  return stdout;
}

/** A repository that Nx's own tooling has made, with the project `lib` and a CI file, all of it committed. */
export async function newWorkspace(folder: string, env: NodeJS.ProcessEnv, source: string): Promise<string> {
  const { version, major } = nxUnderTest;
  const root = join(folder, 'shop');
  if (major < 20) {
    const without = major < 17 ? 'false' : 'skip';
    const answers = ['--preset=npm', `--nxCloud=${without}`, '--packageManager=npm', '--no-interactive'];
    await runTool(folder, env, ['npx', '--yes', `create-nx-workspace@${version}`, 'shop', ...answers]);
  } else {
    // The registry has no create-nx-workspace of 24. `nx init` makes a workspace of a repository with packages.
    mkdirSync(root);
    const packageJson = { name: 'shop', private: true, workspaces: ['packages/*'] };
    writeFileSync(join(root, 'package.json'), `${JSON.stringify(packageJson, null, 2)}\n`);
    await runTool(root, env, ['git', 'init', '--quiet', '--initial-branch=main']);
    await runTool(root, env, ['npx', '--yes', `nx@${version}`, 'init', '--interactive=false', '--nxCloud=false']);
  }
  for (const [path, content] of projectFiles(source)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  appendFileSync(join(root, '.gitignore'), '\nnode_modules\n.nx\ntmp\ndist\n');
  await commitAll(root, env, 'Make a workspace');
  return root;
}

function projectFiles(source: string): [path: string, content: string][] {
  const files = repositoryFiles({ nxCloudId: '', nxCloudUrl: '', source }, nxUnderTest);
  const project = Object.entries(files)
    .filter(([path]) => path === 'build.cjs' || path.startsWith('packages/lib/'))
    .map(([path, content]): [string, string] => [
      path,
      typeof content === 'string' ? content : JSON.stringify(content),
    ]);
  return [...project, [workflowPath, workflow]];
}

export const workflowPath = '.github/workflows/ci.yml';
const workflow = `on: push
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: npm ci
      - run: npx nx build lib
`;

export async function commitAll(root: string, env: NodeJS.ProcessEnv, message: string): Promise<void> {
  await runTool(root, env, ['git', 'add', '--all']);
  await runTool(root, env, ['git', 'commit', '--quiet', '--message', message]);
}

/**
 * Connects the workspace as people did before there were ids: this version's own tooling asks the cloud for an access
 * token and writes it into nx.json, in the shape that it has for it. A service that answers as Nx Cloud did then stands
 * where the server will be, since ours gives no token to be committed.
 */
export async function connect(root: string, env: NodeJS.ProcessEnv, server: TestServer, token: string): Promise<void> {
  await server.stop();
  const cloud = createServer((request, response) => {
    const isAsked = request.method === 'POST' && request.url === '/nx-cloud/create-org-and-workspace';
    response.writeHead(isAsked ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(isAsked ? { token, url: `${server.url}/claim` } : {}));
  });
  cloud.listen(Number(new URL(server.url).port), '127.0.0.1');
  await once(cloud, 'listening');
  for (const command of connectCommands()) await runTool(root, { ...env, NX_CLOUD_API: server.url }, command);
  cloud.closeAllConnections();
  cloud.close();
  await once(cloud, 'close');
  await server.restart();
  await commitAll(root, env, 'Connect to the remote cache');
}

function connectCommands(): string[][] {
  const { major } = nxUnderTest;
  if (major < 17) {
    // What `nx connect` does there when its question is answered with yes, with the package of that time.
    return [
      ['npm', 'install', '--save-dev', '@nrwl/nx-cloud@15.3.5'],
      ['npx', 'nx', 'generate', '@nrwl/nx-cloud:init', '--no-analytics'],
    ];
  }
  // Since 20, `nx connect` opens a browser. This is the part of it that writes.
  if (major >= 20) return [['npx', 'nx', 'generate', 'nx:connect-to-nx-cloud', '--generateToken']];
  return [['npx', 'nx', 'connect']];
}
