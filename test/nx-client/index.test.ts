/** The built client program itself, as Nx requires it. */
import { spawn } from 'node:child_process';
import { createReadStream, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { createGunzip } from 'node:zlib';
import { transform } from 'esbuild';
import { extract } from 'tar-stream';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { isolatedEnv, watch, type Finished } from '../support/programs.js';
import { atTheEndOfTheFile, tempDir } from '../support/temp-dir.js';

const archive = fileURLToPath(new URL('../../server/dist/nx-client.tar.gz', import.meta.url));

let program: string;
const atTheEnd = atTheEndOfTheFile();
beforeAll(async () => {
  program = tempDir(atTheEnd);
  const entries = extract();
  createReadStream(archive).pipe(createGunzip()).pipe(entries);
  for await (const entry of entries) {
    const { type, name } = entry.header;
    const content = await buffer(entry);
    if (type !== 'file') continue;
    mkdirSync(dirname(join(program, name)), { recursive: true });
    writeFileSync(join(program, name), content);
  }
});

interface UseOptions {
  /** What this Node says that it is. */
  node?: string;
  cwd?: string;
  env?: Record<string, string>;
}

const pretendNode = (version: string) =>
  `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } });`;

/** Runs a script that has the program as `program`. */
async function use(script: string, { node, cwd, env = {} }: UseOptions = {}): Promise<Finished> {
  const whole = `${node === undefined ? '' : pretendNode(node)} const program = require(${JSON.stringify(program)}); ${script}`;
  const child = spawn(process.execPath, ['--eval', whole], { cwd, env: { ...isolatedEnv(tempDir()), ...env } });
  const { finished, process: running } = watch(child, `the client program: ${script}`);
  running.stdin.end();
  return finished;
}

const retrieveAll = 'for (const task of tasks) console.log(task, await remoteCache.retrieve(task, "."));';

/** A workspace whose Nx has a runner that asks the remote cache for artifacts, as Nx before 20 does. */
function workspaceWithRunner(body = retrieveAll): string {
  const root = tempDir();
  const nx = join(root, 'node_modules/nx');
  mkdirSync(join(nx, 'tasks-runners'), { recursive: true });
  writeFileSync(join(root, 'nx.json'), '{}');
  writeFileSync(join(nx, 'package.json'), '{}');
  const runner = `exports.default = async (tasks, { remoteCache }) => { ${body} };`;
  writeFileSync(join(nx, 'tasks-runners/default.js'), runner);
  return root;
}

describe('the client program', () => {
  it.each(['index.js', 'entry.js'])('has nothing in %s that Node 14 could not read', async (file) => {
    const source = readFileSync(join(program, file), 'utf8');
    // What is newer than its target esbuild writes in older words, or refuses.
    const [asItIs, forOldNode] = await Promise.all(
      ['esnext', 'node14'].map((target) => transform(source, { target, legalComments: 'none' })),
    );
    expect(forOldNode?.code === asItIs?.code).toBe(true);
  });

  it('exports what Nx 13 to 24 look for', async () => {
    const script =
      "console.log(Object.keys(program).sort().join(), typeof program.configureLightClientRequire()(['a']))";
    const exported = 'commands,configureLightClientRequire,getRemoteCache,nxCloudTasksRunner,runCLI';
    expect(await use(script)).toEqual({ code: 0, stdout: `${exported} undefined\n`, stderr: '' });
  });

  it('answers a whole command line with an exit code (Nx 24)', async () => {
    const { code, stdout, stderr } = await use(
      "program.runCLI(['lgoin', '--verbose']).then((code) => process.exit(code))",
    );
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('Did you mean login?');
  });

  it('ends the process by itself where Nx would print what went wrong once more (Nx 13 to 23)', async () => {
    const asNx = `process.argv.push('nx-cloud', 'whoami', 'http://127.0.0.1:9');
      program.commands.whoami().then(() => process.exit(0), (error) => { console.error(error); process.exit(1); });`;
    const { code, stdout, stderr } = await use(asNx);
    expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
    expect(stderr).toMatch(/^error: You are not logged in to http:\/\/127\.0\.0\.1:9\.\n.*\n$/);
  });
});

describe('where its cache cannot be loaded', () => {
  it('lets the build go on without one, and warns once', async () => {
    // In place of a runtime that does not have what the cache needs. The loader looks at the length.
    const part = join(program, 'run-cache.js');
    const whole = readFileSync(part, 'utf8');
    onTestFinished(() => {
      writeFileSync(part, whole);
    });
    writeFileSync(part, "throw new Error('something is missing here');".padEnd(Buffer.byteLength(whole)));
    const script = `const cache = program.getRemoteCache(), results = [cache.retrieve('1', '.'), cache.store('2', '.', '', 0)];
      (async () => console.log(await Promise.all(results), await cache.retrieve('3', '.')))();`;
    expect(await use(script)).toEqual({
      code: 0,
      stdout: '[ null, false ] null\n',
      stderr: 'warning: No remote cache for this run. nxkey could not be loaded: something is missing here.\n',
    });
  });
});

describe('on a Node that is too old for it', () => {
  const tooOld = 'nxkey needs Node 20.19 or later; this is Node 18.20.8.';

  it('says so for each command, and ends it with 1', async () => {
    const script = "process.argv.push('nx', 'login'); program.commands.login().then(() => process.exit(0))";
    expect(await use(script, { node: '18.20.8' })).toEqual({ code: 1, stdout: '', stderr: `${tooOld}\n` });
  });

  it('lets a pipeline go on', async () => {
    const script = `const commands = [['start-ci-run'], ['record', '--', 'echo', 'recorded']];
      (async () => { for (const command of commands) console.error(await program.runCLI(command)); })();`;
    const { code, stdout, stderr } = await use(script, { node: '18.20.8' });
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'recorded\n' });
    expect(stderr).toMatch(/^nx-cloud start-ci-run: .*\n0\nnx-cloud record: .*\n0\n$/);
  });

  it('runs the tasks, without a cache, and warns once', async () => {
    const script = "program.nxCloudTasksRunner(['lib', 'app'], {}, {})";
    const cwd = workspaceWithRunner();
    expect(await use(script, { node: '18.20.8', cwd })).toEqual({
      code: 0,
      stdout: 'lib false\napp false\n',
      stderr: `warning: No remote cache for this run. ${tooOld}\n`,
    });
  });

  it('warns once for a run and the runs that its tasks start', async () => {
    const inner = 'require(process.env.PROGRAM).nxCloudTasksRunner([], {}, {})';
    const script = `const { execFileSync } = require('child_process');
      const task = { NX_WORKSPACE_ROOT: process.cwd(), NX_TASK_TARGET_PROJECT: 'app', NX_TASK_TARGET_TARGET: 'e2e' };
      program.nxCloudTasksRunner([{ id: 'app:e2e' }], {}, {});
      const env = { ...process.env, ...task, PROGRAM: ${JSON.stringify(program)} };
      const args = ['--eval', ${JSON.stringify(`${pretendNode('18.20.8')} ${inner}`)}];
      for (let run = 0; run < 2; run++) execFileSync(process.execPath, args, { env, stdio: 'inherit' });`;
    const cwd = workspaceWithRunner("if (tasks.length === 0) await remoteCache.retrieve('1', '.')");
    expect(await use(script, { cwd })).toEqual({
      code: 0,
      stdout: '',
      stderr: `warning: No remote cache for this run. ${tooOld}\nA run of Nx within app:e2e says so.\n`,
    });
  });

  it('has nothing for Nx 20 and later either, and takes nothing', async () => {
    const script = `const cache = program.getRemoteCache();
      (async () => console.log(await cache.retrieve('1', '.'), await cache.store('1', '.', '', 0)))();`;
    const { stdout, stderr } = await use(script, { node: '20.18.3' });
    expect(stdout).toBe('null false\n');
    expect(stderr).toContain('this is Node 20.18.3');
  });
});
