import { randomUUID } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { recordToken } from '../support/ledger.js';
import { newPerson, type Person } from '../support/person.js';
import { programs, run } from '../support/programs.js';
import { startServer, type TestServer } from '../support/server.js';
import { atTheEndOfTheFile } from '../support/temp-dir.js';

let server: TestServer;
const atTheEnd = atTheEndOfTheFile();
beforeAll(async () => {
  server = await startServer({ atTheEnd });
});

function committedToken(level = 'read-write'): string {
  const token = Buffer.from(`${randomUUID()}|${level}`).toString('base64');
  recordToken(token);
  return token;
}

/** A workspace in somebody's home folder, with such a text as its nx.json. */
function workspaceWith(nxJson: string): Person & { nxJson: () => string } {
  const person = newPerson();
  const path = join(person.home, 'nx.json');
  writeFileSync(path, nxJson);
  return { ...person, nxJson: () => readFileSync(path, 'utf8') };
}

const nxJsonWith = (token: string, url = server.url) => `{
  // ours
  "nxCloudUrl": "${url}",
  "nxCloudAccessToken": "${token}", /* hm */
  "targetDefaults": {}
}
`;

describe('convert-to-nx-cloud-id', () => {
  it('asks the server for the id, rewrites nx.json, and changes nothing the second time', async () => {
    const token = committedToken();
    await server.importCiToken(token);
    const { home, env, nxJson } = workspaceWith(nxJsonWith(token));

    const first = await run(programs.convert, [], { cwd: home, env });
    expect(first.code).toBe(0);
    expect(nxJson()).toBe(nxJsonWith('x').replace('"nxCloudAccessToken": "x"', `"nxCloudId": "${server.nxCloudId}"`));
    expect(first.stderr).toContain('NX_CLOUD_ACCESS_TOKEN');
    expect(first.stderr).toContain('npx nxkey login');

    const { mtimeMs } = statSync(join(home, 'nx.json'));
    const second = await run(programs.nxkey, ['convert-to-nx-cloud-id', home], { env });
    expect(second.code).toBe(0);
    expect(second.stderr).toContain('nothing to do');
    expect(statSync(join(home, 'nx.json')).mtimeMs).toBe(mtimeMs);
  });

  it('shows with --dry-run what it would do, with the token masked, and writes nothing', async () => {
    const token = committedToken('read');
    await server.importCiToken(token);
    const { home, env, nxJson } = workspaceWith(nxJsonWith(token));
    const { code, stdout } = await run(programs.convert, ['--dry-run'], { cwd: home, env });
    expect(code).toBe(0);
    expect(stdout).toContain(`-  "nxCloudAccessToken": "${token.slice(0, 4)}…", /* hm */`);
    expect(stdout).toContain(`+  "nxCloudId": "${server.nxCloudId}", /* hm */`);
    expect(nxJson()).toBe(nxJsonWith(token));
  });

  it('hands the token to a file that only its owner can read', async () => {
    const token = committedToken();
    await server.importCiToken(token);
    const { home, env } = workspaceWith(nxJsonWith(token));
    const { code, stdout } = await run(programs.convert, ['--token-to', 'ci-token.txt', '--json'], { cwd: home, env });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      status: 'converted',
      tokens: [{ nxCloudId: server.nxCloudId, line: 4 }],
    });
    expect(readFileSync(join(home, 'ci-token.txt'), 'utf8').trim()).toBe(token);
    expect(statSync(join(home, 'ci-token.txt')).mode & 0o777).toBe(0o600);
  });

  it.each([
    { what: 'a token that the server does not know', text: () => nxJsonWith(committedToken()), says: '4:25' },
    {
      what: 'a server that is down',
      text: () => nxJsonWith(committedToken(), 'http://127.0.0.1:9'),
      says: 'http://127.0.0.1:9',
    },
    { what: 'a token of an unknown shape', text: () => nxJsonWith('hello'), says: '4:25' },
    { what: 'invalid JSON', text: () => '{\n  "nxCloudAccessToken": \n}\n', says: '3:1' },
    {
      what: 'the same key twice',
      text: () => `{\n  "nxCloudAccessToken": "${committedToken()}",\n  "nxCloudAccessToken": "${committedToken()}"\n}`,
      says: '3:3',
    },
  ])('writes nothing and says where and why for $what', async ({ text, says }) => {
    const before = text();
    const { home, env, nxJson } = workspaceWith(before);
    const { code, stdout, stderr } = await run(
      programs.convert,
      ['--server', before.includes(':9"') ? 'http://127.0.0.1:9' : server.url],
      {
        cwd: home,
        env,
      },
    );
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toContain(says);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(nxJson()).toBe(before);
  });

  it('is done without any server when the id is given', async () => {
    const { home, env, nxJson } = workspaceWith(nxJsonWith(committedToken(), 'http://127.0.0.1:9'));
    const args = ['--nx-cloud-id', '63f1a2b3c4d5e6f708192a3b'];
    expect(await run(programs.convert, args, { cwd: home, env })).toMatchObject({ code: 0 });
    expect(nxJson()).toContain('"nxCloudId": "63f1a2b3c4d5e6f708192a3b"');
  });

  it('has nothing to do for a workspace without a token, and no idea what to do outside of one', async () => {
    const { home, env } = workspaceWith('{ "targetDefaults": {} }');
    expect(await run(programs.convert, [], { cwd: home, env })).toMatchObject({ code: 0, stdout: '' });
    const nobody = newPerson();
    const outside = await run(programs.convert, [], { cwd: nobody.home, env: nobody.env });
    expect(outside.code).not.toBe(0);
    expect(outside.stderr).toContain('nx.json');
  });
});
