import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { recordOutput, recordToken } from '../../../test/support/ledger.js';
import { describeWith } from '../../../test/support/system-parts.js';
import { tempDir } from '../../../test/support/temp-dir.js';
import { printNewToken } from '../../src/cli/output.js';
import { openSqliteDatabase } from '../../src/database/sqlite.js';
import { readPublicUrl } from '../../src/domain/settings.js';
import { UserError } from '../../src/errors.js';
import { initialized, nxkeyServer } from '../support/command-line.js';

const program = fileURLToPath(new URL('../../bin/nxkey-server.js', import.meta.url));

/** The program in a process of its own: what a stream does when it cannot be written is the system's to say. */
function start(args: string[], stdout: number | 'pipe' = 'pipe'): ChildProcess {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', stdout, 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

async function finished(child: ChildProcess): Promise<{ code: unknown; stderr: string }> {
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const [code] = (await once(child, 'close')) as unknown[];
  recordOutput(`nxkey-server ${child.spawnargs.slice(2).join(' ')}`, stderr);
  return { code, stderr };
}

/** Its standard output is closed before it has written anything. */
function withoutReader(args: string[]): Promise<{ code: unknown; stderr: string }> {
  const child = start(args);
  child.stdout?.destroy();
  return finished(child);
}

function onFullDisk(args: string[]): Promise<{ code: unknown; stderr: string }> {
  const full = openSync('/dev/full', 'w');
  const child = start(args, full);
  closeSync(full);
  return finished(child);
}

let data: string;
let nxCloudId: string;
beforeEach(async () => {
  ({ data, nxCloudId } = await initialized());
});

const createPat = () => ['pat', 'create', '--data', data, '--email', 'ada@acme.example'];
const createCiToken = () => {
  const flags = ['--data', data, '--workspace', nxCloudId, '--name', 'main', '--access', 'read-only'];
  return ['ci-token', 'create', ...flags];
};
const addUser = () => {
  const person = ['--email', 'grace@acme.example', '--name', 'Grace', '--org', 'acme'];
  return ['user', 'add', '--data', data, ...person, '--public-url', 'https://a.example'];
};

async function liveTokens(): Promise<number> {
  const database = await openSqliteDatabase(data);
  try {
    const user = await database.users.findByEmail('ada@acme.example');
    const found = await database.workspaces.findByNxCloudId(nxCloudId);
    const personal = await database.personalAccessTokens.ofUser(user?.id ?? '', Date.now());
    return personal.length + (await database.ciAccessTokens.ofWorkspace(found?.workspace.id ?? '')).length;
  } finally {
    await database.close();
  }
}

describe('a reader that does not read', () => {
  it.each([[['--version']], [['--help']], [['pat', 'create', '--help']]])('is no error for %j', async (args) => {
    expect(await withoutReader(args)).toEqual({ code: 0, stderr: '' });
  });

  it('is none for the result of a command either', async () => {
    expect(await withoutReader(['workspace', 'list', '--data', data])).toEqual({ code: 0, stderr: '' });
  });

  it.each([
    ['personal', createPat],
    ['CI', createCiToken],
  ])('leaves no %s access token behind that nobody has seen', async (_kind, args) => {
    const { code, stderr } = await withoutReader(args());
    expect(code).toBe(1);
    expect(stderr).toMatch(/error: standard output could not be written: broken pipe\.\n.* removed again\.\n$/);
    expect(await liveTokens()).toBe(0);
  });

  it('leaves a CI access token as it was that should have been replaced, so that it can be rotated again', async () => {
    const { stdout } = await nxkeyServer([...createCiToken(), '--json']);
    const old = JSON.parse(stdout) as { id: string; token: string };
    recordToken(old.token);
    const rotate = ['ci-token', 'rotate', '--data', data, '--id', old.id, '--grace', '0'];
    const { code, stderr } = await withoutReader(rotate);
    expect(code).toBe(1);
    expect(stderr).toMatch(/has been removed again, and the old one works on as before\.\n$/);
    const listed = await nxkeyServer(['ci-token', 'list', '--data', data, '--workspace', nxCloudId, '--json']);
    expect(JSON.parse(listed.stdout)).toMatchObject({ tokens: [{ id: old.id, expiresAt: null }] });
    const again = await nxkeyServer(rotate);
    recordToken(again.stdout.trim());
    expect(again.exitCode).toBe(0);
  });
});

const fullDevice = { name: '/dev/full', present: existsSync('/dev/full'), install: 'run it on Linux' };

describeWith(fullDevice, 'standard output on a full disk', () => {
  const sentence = 'error: standard output could not be written: no space left on device.\n';

  it('makes every command fail with a sentence', async () => {
    expect(await onFullDisk(['--help'])).toEqual({ code: 1, stderr: sentence });
    expect(await onFullDisk(['workspace', 'list', '--data', data])).toEqual({ code: 1, stderr: sentence });
    const added = await onFullDisk(addUser());
    expect(added.code).toBe(1);
    expect(added.stderr.endsWith(sentence)).toBe(true);
    const started = await onFullDisk(['start', '--data', data, '--port', '0', '--json']);
    expect(started).toEqual({ code: 1, stderr: sentence });
  });

  it.each([
    ['personal', createPat],
    ['CI', createCiToken],
  ])('leaves no %s access token behind that nobody has seen', async (_kind, args) => {
    const { code, stderr } = await onFullDisk(args());
    expect(code).toBe(1);
    expect(stderr.endsWith(`${sentence}Nobody has seen the token, so it has been removed again.\n`)).toBe(true);
    expect(await liveTokens()).toBe(0);
  });
});

it('says what to do about a token that could be neither printed nor removed', async () => {
  const stdout = new Writable({
    write: (_chunk, _encoding, done) => {
      done(new Error('it is gone'));
    },
  });
  stdout.on('error', () => undefined);
  const context = {
    stdin: process.stdin,
    stdout,
    stderr: stdout,
    interactive: false,
    clock: Date.now,
    environment: {},
    builtFolder: new URL('../../dist/', import.meta.url),
    hostName: () => 'test-machine',
    userName: () => 'root',
    signal: new AbortController().signal,
  };
  const token = {
    secret: 'a secret',
    value: {},
    remove: () => Promise.reject(new Error('locked')),
    removeByHand: 'Look for it in the list.',
  };
  await expect(printNewToken(context, false, token)).rejects.toEqual(
    new UserError('standard output could not be written: it is gone.', {
      remedy: 'Nobody has seen the token, and it could not be removed again. Look for it in the list.',
    }),
  );
});

describe('a running server', () => {
  it('serves on when nobody reads its output and its log any more', async () => {
    const server = start(['start', '--data', data, '--port', '0', '--json']);
    const exited = once(server, 'exit');
    if (server.stdout === null) throw new Error('no pipe');
    const [line] = (await once(createInterface({ input: server.stdout }), 'line')) as unknown[];
    const { url } = JSON.parse(String(line)) as { url: string };
    server.stdout.destroy();
    server.stderr?.destroy();
    // Each of them is logged, so the second would find nobody after the first.
    for (let request = 0; request < 3; request++) expect((await fetch(`${url}/healthz`)).status).toBe(200);
    server.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
  });

  it('begins to serve without a reader of its output', async () => {
    const fresh = join(tempDir(), 'data');
    const server = start(['start', '--data', fresh, '--port', '0', '--json']);
    server.stdout?.destroy();
    const ended = finished(server);
    // On a new folder it says what to do next, after it has tried to print its address.
    if (server.stderr !== null) await once(server.stderr, 'data');
    const database = await openSqliteDatabase(fresh);
    const url = await readPublicUrl(database);
    await database.close();
    expect((await fetch(`${url ?? ''}/healthz`)).status).toBe(200);
    server.kill('SIGTERM');
    expect(await ended).toMatchObject({ code: 0 });
  });
});
