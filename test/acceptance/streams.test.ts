import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readWriteToken } from '../nx-workspace/convert-text.js';
import { codePattern, newPerson } from '../support/person.js';
import { isolatedEnv, programs, run, watch, type Finished, type RunOptions } from '../support/programs.js';
import { startServer, type TestServer } from '../support/server.js';
import { describeWith } from '../support/system-parts.js';
import { atTheEndOfTheFile, tempDir } from '../support/temp-dir.js';

const stackTrace = /^\s+at |node:internal|node:events/m;

/** In a home folder that has a login and is a workspace, so that each command has something to print. */
let somebody: { env: NodeJS.ProcessEnv; cwd: string };
let server: TestServer;
const atTheEnd = atTheEndOfTheFile();
beforeAll(async () => {
  server = await startServer({ atTheEnd });
  const home = tempDir(atTheEnd);
  somebody = { env: isolatedEnv(home), cwd: home };
  const args = ['login', server.url, '--with-token', '--storage', 'file'];
  await run(programs.nxkey, args, { ...somebody, input: await server.createPat(), atTheEnd });
  writeFileSync(join(home, 'nx.json'), JSON.stringify({ nxCloudUrl: server.url, nxCloudId: server.nxCloudId }));
});

const withoutLogin = [
  { program: 'nxkey', args: ['--version'] },
  { program: 'nxkey', args: ['--help'] },
  { program: 'nxkey', args: ['login', '--help'] },
  { program: 'nxkey', args: ['help'] },
  { program: 'convert', args: ['--help'] },
  { program: 'server', args: ['--version'] },
  { program: 'server', args: ['pat', '--help'] },
] as const;

const withLogin = [
  { program: 'nxkey', args: ['whoami'] },
  { program: 'nxkey', args: ['token'] },
  { program: 'nxkey', args: ['status', '--json'] },
  { program: 'nxkey', args: ['convert-to-nx-cloud-id', '--json'] },
] as const;

/** Runs a program through a line of shell in which `"$@"` stands for it. */
function through(shell: string, program: string, args: readonly string[], options: RunOptions): Promise<Finished> {
  const child = spawn('sh', ['-c', shell, 'sh', process.execPath, program, ...args], options);
  child.stdin.end();
  return watch(child, `${shell}: ${program} ${args.join(' ')}`).finished;
}

describe('a reader that does not read', () => {
  it.each([...withoutLogin, ...withLogin])('is no error for $program $args', async ({ program, args }) => {
    const child = spawn(process.execPath, [programs[program], ...args], somebody);
    child.stdout.destroy();
    child.stdin.end();
    expect(await watch(child, `with nobody reading: ${args.join(' ')}`, somebody).finished).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    });
  });
});

const fullDevice = { name: '/dev/full', present: existsSync('/dev/full'), install: 'run it on Linux' };

describeWith(fullDevice, 'standard output on a full disk', () => {
  it.each([...withoutLogin, ...withLogin])('makes $program $args fail with a sentence', async ({ program, args }) => {
    const full = openSync('/dev/full', 'w');
    const child = spawn(process.execPath, [programs[program], ...args], { ...somebody, stdio: ['pipe', full, 'pipe'] });
    closeSync(full);
    let stderr = '';
    child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect(code).toBe(1);
    expect(stderr).toMatch(/standard output/);
    expect(stderr).not.toMatch(stackTrace);
  });
});

describe('closed streams', () => {
  it.each(withLogin)('on all three sides do not trouble $program $args', async ({ program, args }) => {
    expect(await through('"$@" <&- >&- 2>&-', programs[program], args, somebody)).toMatchObject({ code: 0 });
  });

  it('leave the exit code of a failure as it is', async () => {
    const { home, env } = newPerson();
    expect(await through('"$@" >&- 2>&-', programs.nxkey, ['whoami'], { env, cwd: home })).toMatchObject({ code: 4 });
  });

  it('let login wait for an approval in a browser, and --with-token say that nothing came', async () => {
    const { home, env } = newPerson();
    const command = ['login', server.url, '--storage', 'file'];
    const child = spawn('sh', ['-c', 'exec "$@" <&-', 'sh', process.execPath, programs.nxkey, ...command], {
      env,
      cwd: home,
    });
    const login = watch(child, 'login with its standard input closed');
    await login.waitFor(codePattern);
    child.kill('SIGINT');
    expect(await login.finished).toMatchObject({ code: 130 });

    const { code, stderr } = await through('"$@" <&-', programs.nxkey, [...command, '--with-token'], {
      env,
      cwd: home,
    });
    expect(code).toBe(1);
    expect(stderr).toContain('no token on standard input');
  });
});

describe('a conversion of many workspaces', () => {
  it('begins no more of them when nobody learns what has become of the first', async () => {
    const cwd = tempDir();
    const names = Array.from({ length: 40 }, (_, index) => `repository-${index}`);
    for (const name of names) {
      mkdirSync(join(cwd, name));
      writeFileSync(join(cwd, name, 'nx.json'), `{ "nxCloudAccessToken": "${readWriteToken}" }\n`);
    }
    const hash = createHash('sha256').update(readWriteToken).digest('hex');
    writeFileSync(join(cwd, 'ids.tsv'), `${hash}\t63f1a2b3c4d5e6f708192a3b\n`);
    const args = ['convert-to-nx-cloud-id', ...['-r', '.', '--map', 'ids.tsv', '--jobs', '4', '--json']];
    const env = isolatedEnv(tempDir());

    const { code, stderr } = await through('"$@" > /dev/full', programs.nxkey, args, { cwd, env });
    expect(code).toBe(1);
    expect(stderr.match(/standard output could not be written: the disk is full/g)).toHaveLength(1);
    expect(stderr).toContain('What was done could not be printed, so no more workspaces were begun.');
    const converted = names.filter((name) => readFileSync(join(cwd, name, 'nx.json'), 'utf8').includes('nxCloudId'));
    expect(converted.length).toBeLessThanOrEqual(8);

    const again = await run(programs.nxkey, args, { cwd, env });
    expect(again.code).toBe(0);
    expect(again.stderr).toContain(
      `40 workspaces: ${40 - converted.length} converted, ${converted.length} converted before.`,
    );
  });
});
