import { spawn, type ChildProcess } from 'node:child_process';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recordOutput, recordToken } from '../../../test/support/ledger.js';
import { tempDir } from '../../../test/support/temp-dir.js';
import { initFlags, initialized, nxkeyServer, ownerPassword as password } from '../support/command-line.js';
import { Person } from '../support/person.js';

describe('nxkey-server init', () => {
  it('makes the first owner, an organization and a workspace, and keeps the folder to this user', async () => {
    const data = join(tempDir(), 'data');
    const { stdout, stderr } = await nxkeyServer([...initFlags(data), '--json'], `${password}\n`);
    const { nxCloudId } = JSON.parse(stdout) as { nxCloudId: string };
    expect(stderr).toContain('Anonymous access is read-write');
    const close = `workspace set --data ${data} --workspace ${nxCloudId} --preset recommended`;
    expect(stderr).toContain(`Choose that with: nxkey-server ${close}\n`);
    expect(await nxkeyServer(close.split(' '))).toMatchObject({ exitCode: 0, stderr: '' });
    expect(nxCloudId).toMatch(/^[0-9a-f]{24}$/);
    expect(statSync(data).mode & 0o777).toBe(0o700);
  });

  it.each([
    ['the e-mail address', { org: 'other' }, 'There already is a user with the e-mail address ada@acme.example.'],
    ['the organization', { email: 'eve@acme.example' }, 'There already is an organization acme.'],
  ])('changes nothing when %s is taken', async (_what, change, message) => {
    const { data } = await initialized();
    const again = await nxkeyServer(initFlags(data, change), password);
    expect(again).toMatchObject({ exitCode: 1, stdout: '' });
    expect(again.stderr).toContain(message);
    // Nothing half written: what would have been made first does not stand in the way of a second try.
    const fresh = await nxkeyServer(initFlags(data, { email: 'eve@acme.example', org: 'other' }), password);
    expect(fresh.exitCode).toBe(0);
  });

  it('without a terminal names every flag that is missing', async () => {
    const { exitCode, stderr } = await nxkeyServer(['init', '--data', join(tempDir(), 'data'), '--name', 'Ada']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('--email, --password-stdin, --org, --workspace are missing');
  });

  it.each([
    [{ email: 'ada' }, '', 2, 'It has to be an e-mail address.'],
    [{ org: 'Acme Inc' }, '', 2, 'lower-case letters'],
    [{ preset: 'recomended' }, '', 2, 'Allowed choices are default, recommended, open-source'],
    [{}, 'too short', 1, 'at least 12 characters'],
    [{}, '', 1, 'No password came on standard input'],
    [{}, 'two\nlines of it', 1, 'several lines'],
  ])('refuses %o with a sentence', async (change, input, exitCode, message) => {
    const result = await nxkeyServer(initFlags(join(tempDir(), 'data'), change), input);
    expect(result).toMatchObject({ exitCode, stdout: '' });
    expect(result.stderr).toContain(message);
  });
});

describe('the commands on an initialized folder', () => {
  let data: string;
  let nxCloudId: string;
  beforeEach(async () => {
    ({ data, nxCloudId } = await initialized());
  });
  const legacy = Buffer.from('7d8c0f5e-1111-4222-8333-444455556677|read-write').toString('base64');

  it('make CI access tokens and import committed ones, each once', async () => {
    recordToken(legacy);
    const create = ['ci-token', 'create', '--data', data, '--workspace', nxCloudId, '--name', 'main'];
    const created = await nxkeyServer([...create, '--access', 'read-only']);
    recordToken(created.stdout.trim());
    expect(created.stdout).toMatch(/^nxc_[A-Za-z0-9]{36}\n$/);

    const imports = ['ci-token', 'import', '--data', data, '--workspace', nxCloudId, '--name', 'nx.json'];
    expect(await nxkeyServer([...imports, '--token-stdin', '--json'], `${legacy}\n`)).toMatchObject({
      exitCode: 0,
      stdout: `${JSON.stringify({ nxCloudId, accessLevel: 'read-write' })}\n`,
    });
    const again = await nxkeyServer([...imports, '--token-stdin'], legacy);
    expect(again).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('imported before') as string });
    const other = await nxkeyServer([...imports, '--token-stdin'], 'something else');
    expect(other).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('no token in the form') as string });
    expect((await nxkeyServer(imports)).exitCode).toBe(2);
  });

  it('say what they do not find', async () => {
    const missing: [string[], string][] = [
      [['pat', 'create', '--data', data, '--email', 'eve@evil.example'], 'There is no user with'],
      [
        [
          'user',
          'add',
          '--data',
          data,
          '--email',
          'a@b',
          '--name',
          'A',
          '--org',
          'none',
          '--public-url',
          'https://a.example',
        ],
        'There is no organization none',
      ],
      [
        ['ci-token', 'create', '--data', data, '--workspace', 'x', '--name', 'n', '--access', 'read-only'],
        'There is no workspace',
      ],
      [['workspace', 'set', '--data', data, '--workspace', 'x', '--anonymous', 'none'], 'There is no workspace'],
      [['ci-token', 'list', '--data', data, '--workspace', 'x'], 'There is no workspace'],
      [['ci-token', 'revoke', '--data', data, '--id', 'x'], 'There is no CI access token with that id'],
      [['user', 'reset-password', '--data', data, '--email', 'eve@evil.example'], 'There is no user with'],
      [['user', 'reset-password', '--data', data, '--email', 'ada@acme.example'], 'has never been started'],
      [
        ['pat', 'create', '--data', join(data, 'typo'), '--email', 'ada@acme.example'],
        'There is no nxkey-server database in',
      ],
      [
        ['user', 'add', '--data', data, '--email', 'a@b', '--name', 'A', '--org', 'acme'],
        'has never been started on this folder',
      ],
    ];
    for (const [argv, message] of missing) {
      const result = await nxkeyServer(argv);
      expect(result).toMatchObject({ exitCode: 1, stdout: '', stderr: expect.stringContaining(message) as string });
    }
  });

  it('invite a person anew until they have a password', async () => {
    const add = ['user', 'add', '--data', data, '--email', 'grace@acme.example', '--name', 'Grace', '--org', 'acme'];
    const links = [];
    for (let time = 0; time < 2; time++) {
      const { stdout } = await nxkeyServer([...add, '--public-url', 'https://nxkey.acme.example/']);
      recordToken(stdout.trim());
      links.push(stdout);
    }
    expect(links[0]).toMatch(/^https:\/\/nxkey\.acme\.example\/invitations\/[\w-]{43}\n$/);
    expect(links[1]).not.toBe(links[0]);
    const owner = await nxkeyServer([
      'user',
      'add',
      '--data',
      data,
      '--email',
      'ada@acme.example',
      '--name',
      'Ada',
      '--org',
      'acme',
      '--public-url',
      'https://a.example',
    ]);
    expect(owner).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('already is a member of acme') as string,
    });
  });
});

describe('nxkey-server start', () => {
  const startAndStop = (data: string) =>
    nxkeyServer(['start', '--data', data, '--port', '0'], '', { signal: AbortSignal.abort() });

  it('says what to type on a folder that nobody can sign in to yet, and nothing on any other', async () => {
    const fresh = join(tempDir(), 'data');
    const first = await startAndStop(fresh);
    expect(first).toMatchObject({ exitCode: 0, stdout: '' });
    expect(first.stderr).toContain(`nxkey-server init --data ${fresh}`);
    expect((await startAndStop((await initialized()).data)).stderr).not.toContain('init');
  });
});

describe('the command line', () => {
  it.each([
    [['strat'], 'Did you mean start?'],
    [['pat', 'creat'], 'Did you mean create?'],
    [['start'], "required option '--data <folder>' not specified"],
    [['start', '--data', 'x', '--port', '65536'], 'a whole number from 0 to 65535'],
    [['start', '--data', 'x', '--public-url', 'http://nxkey.acme.example'], 'it has to begin with https://'],
    [['start', '--data', 'x', '--public-url', 'https://acme.example/nxkey'], 'it has to end after the host'],
    [['start', '--data', 'x', '--prot', '1'], 'Did you mean --port?'],
    // Without it people would get links to 127.0.0.1, or passwords would cross the network in the clear.
    [['start', '--data', 'x', '--host', '0.0.0.0'], 'Give it with --public-url'],
    [['start', '--data', 'x', '--host', '192.0.2.1'], 'Give it with --public-url'],
    [['start', '--data', 'x', '--logins-per-address', '0'], 'a whole number from 1'],
    [
      ['start', '--data', 'x', '--max-cache-size', '512MiB'],
      'a smaller --max-artifact-size or a larger --max-cache-size',
    ],
    [['workspace', 'set', '--data', 'x', '--workspace', 'x'], 'Nothing to change is given'],
    [
      ['workspace', 'set', '--data', 'x', '--workspace', 'x', '--pat', 'none'],
      'Allowed choices are read-only, read-write',
    ],
  ])('%j is a wrong command line', async (argv, message) => {
    const result = await nxkeyServer(argv);
    expect(result).toMatchObject({ exitCode: 2, stdout: '' });
    expect(result.stderr).toContain(message);
  });

  it('has help with examples for every command', async () => {
    for (const command of [
      [],
      ['init'],
      ['start'],
      ['user', 'add'],
      ['user', 'reset-password'],
      ['pat', 'create'],
      ['workspace', 'list'],
      ['workspace', 'set'],
      ['ci-token', 'create'],
      ['ci-token', 'import'],
      ['ci-token', 'list'],
      ['ci-token', 'revoke'],
      ['ci-token', 'rotate'],
      ['workspace', 'create'],
      ['org', 'create'],
      ['member', 'list'],
      ['member', 'role'],
      ['member', 'remove'],
      ['audit'],
    ]) {
      const { exitCode, stdout } = await nxkeyServer([...command, '--help']);
      expect(stdout).not.toContain('(default: false)');
      expect(exitCode).toBe(0);
      expect(stdout).toMatch(/Examples?:\n {2}\$ nxkey-server/);
    }
  });
});

describe('a running server, in a process of its own', () => {
  const program = fileURLToPath(new URL('../../bin/nxkey-server.js', import.meta.url));
  let server: ChildProcess;
  let exited: Promise<number | null>;
  let url: string;
  let data: string;
  let log = '';

  function start(argv: string[]): ChildProcess {
    return spawn(process.execPath, [program, ...argv], { stdio: ['ignore', 'pipe', 'pipe'] });
  }

  beforeEach(async () => {
    ({ data } = await initialized());
    server = start(['start', '--data', data, '--port', '0', '--json', '--no-connect']);
    exited = new Promise((resolve) => server.once('exit', resolve));
    server.stderr?.on('data', (chunk: Buffer) => (log += chunk.toString('utf8')));
    url = await new Promise((resolve, reject) => {
      server.once('exit', () => {
        reject(new Error(log));
      });
      server.stdout?.once('data', (chunk: Buffer) => {
        resolve((JSON.parse(chunk.toString('utf8')) as { url: string }).url);
      });
    });
  });
  afterEach(async () => {
    server.kill('SIGTERM');
    expect(await exited).toBe(0);
    recordOutput('nxkey-server start', log);
  });

  it('knows at once what commands beside it have made', async () => {
    const pat = await nxkeyServer(['pat', 'create', '--data', data, '--email', 'ada@acme.example', '--json']);
    const { token } = JSON.parse(pat.stdout) as { token: string };
    recordToken(token);
    const me = await fetch(`${url}/api/v1/me`, { headers: { authorization: `Bearer ${token}` } });
    expect(await me.json()).toMatchObject({
      user: { name: 'Ada' },
      token: { origin: { client: 'nxkey-server', hostName: 'test-machine' } },
      organizations: [{ slug: 'acme', role: 'owner' }],
    });

    const added = await nxkeyServer([
      'user',
      'add',
      '--data',
      data,
      '--email',
      'grace@acme.example',
      '--name',
      'Grace',
      '--org',
      'acme',
    ]);
    const link = added.stdout.trim();
    recordToken(link);
    // The link is for the address that the server was started with.
    expect(link.startsWith(`${url}/invitations/`)).toBe(true);
    const grace = new Person(url);
    const page = await grace.submit(await grace.get(new URL(link).pathname), { password, password_again: password });
    expect(page).toMatchObject({ status: 200, path: '/tokens' });
    expect((await new Person(url).signIn({ email: 'ada@acme.example', password })).path).toBe('/tokens');
  });

  it('makes no workspaces for nx connect with --no-connect, and says whom to ask', async () => {
    const answer = await fetch(`${url}/nx-cloud/v2/create-org-and-workspace`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ workspaceName: 'shop' }),
    });
    expect(await answer.json()).toEqual({ message: expect.stringContaining('Ask an owner or admin') as string });
  });

  it('keeps its port and its folder against a second one and a file', async () => {
    const second = await nxkeyServer(['start', '--data', join(tempDir(), 'data'), '--port', new URL(url).port]);
    expect(second).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('is taken by another program') as string,
    });
    const file = join(tempDir(), 'file');
    writeFileSync(file, '');
    const onFile = await nxkeyServer(['start', '--data', file, '--port', '0']);
    expect(onFile).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('cannot be used: it is a file') as string,
    });
  });
});
