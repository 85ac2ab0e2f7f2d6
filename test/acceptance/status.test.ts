import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { anyToken } from '../credentials/credential-store-contract.js';
import { recordToken } from '../support/ledger.js';
import { logInWithToken, newPerson } from '../support/person.js';
import { programs, run } from '../support/programs.js';
import { startServer } from '../support/server.js';

describe('nxkey status', () => {
  it('shows who, where and since when, and in a workspace what one may do there and why', async () => {
    const server = await startServer();
    const { home, env } = newPerson();
    writeFileSync(join(home, 'nx.json'), `{ "nxCloudUrl": "${server.url}", "nxCloudId": "${server.nxCloudId}" }`);

    const before = await run(programs.nxkey, ['status', '--json'], { env, cwd: home });
    expect(before.code).toBe(4);
    expect(JSON.parse(before.stdout)).toMatchObject({
      servers: [{ serverUrl: server.url, configured: true, state: 'not-logged-in', token: null }],
      workspace: { nxCloudId: server.nxCloudId, access: { level: 'none' } },
    });

    const token = await logInWithToken(server, { home, env });
    const after = await run(programs.nxkey, ['status'], { env, cwd: home });
    expect(after.code).toBe(0);
    expect(after.stdout).toBe('');
    expect(after.stderr).toContain('Logged in as Ada Lovelace <ada@acme.example>');
    expect(after.stderr).toContain(`${token.slice(0, 8)}…`);
    expect(after.stderr).toContain(`kept in ${join(home, '.config/nxkey/credentials.json')} since 20`);
    expect(after.stderr).toContain(`nxCloudId ${server.nxCloudId}`);
    expect(after.stderr).toMatch(/Cache access: read, because .+/);
  });

  it('tells "not logged in", "no longer valid" and "could not find out" apart', async () => {
    const server = await startServer();
    const person = newPerson();
    const { env } = person;
    const nowhere = await run(programs.nxkey, ['status'], { env });
    expect(nowhere).toMatchObject({ code: 4, stdout: '' });
    expect(nowhere.stderr).toContain('not logged in');

    const token = await logInWithToken(server, person);
    await server.stop();
    const down = await run(programs.nxkey, ['status'], { env });
    expect(down.code).toBe(1);
    expect(down.stderr).toContain(`! Could not reach ${server.url}`);
    const downForScripts = await run(programs.nxkey, ['status', '--json'], { env });
    expect(downForScripts.code).toBe(1);
    expect(downForScripts.stderr).toContain('could not be found out');

    await server.restart();
    const headers = { authorization: `Bearer ${token}` };
    const { token: info } = (await (await fetch(`${server.url}/api/v1/me`, { headers })).json()) as {
      token: { id: string };
    };
    const revocation = await fetch(`${server.url}/api/v1/me/tokens/${info.id}`, { method: 'DELETE', headers });
    expect(revocation.status).toBe(204);
    const invalid = await run(programs.nxkey, ['status', '--json'], { env });
    expect(invalid.code).toBe(4);
    expect(invalid.stderr).toContain('no longer valid');
    expect(JSON.parse(invalid.stdout)).toMatchObject({ servers: [{ state: 'token-invalid' }], workspace: null });
  });

  it('tells a problem once, though it is one of the server and of the workspace', async () => {
    const { home, env } = newPerson();
    const url = 'http://127.0.0.1:1';
    const nxJson = { nxCloudUrl: url, nxCloudId: '0a1b2c3d4e5f60718293a4b5' };
    writeFileSync(join(home, 'nx.json'), JSON.stringify(nxJson));
    const loggedOut = await run(programs.nxkey, ['status'], { env, cwd: home });
    expect(loggedOut.code).toBe(4);
    expect(loggedOut.stderr.match(/not logged in/gi)).toHaveLength(1);

    const token = anyToken();
    recordToken(token);
    const withToken = { ...env, NX_CLOUD_PERSONAL_ACCESS_TOKEN: token };
    const { code, stdout, stderr } = await run(programs.nxkey, ['status'], { env: withToken, cwd: home });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr.match(/Could not reach/g)).toHaveLength(1);
    expect(stderr).toMatch(
      /^Workspace .*\n {2}nxCloudId 0a1b2c3d4e5f60718293a4b5\n {2}Cache access: not known, see above\n$/m,
    );
  });

  it('shows the token of the environment to the configured server only', async () => {
    const configured = await startServer();
    const other = await startServer();
    const person = newPerson();
    await logInWithToken(other, person);
    const token = await configured.createPat();
    const env = { ...person.env, NX_CLOUD_API: configured.url, NX_CLOUD_PERSONAL_ACCESS_TOKEN: token };
    const { code, stdout } = await run(programs.nxkey, ['status', '--json'], { env });
    expect(code).toBe(0);
    const { servers } = JSON.parse(stdout) as { servers: { serverUrl: string; token: { keptIn: string } }[] };
    const keptIn = Object.fromEntries(servers.map((status) => [status.serverUrl, status.token.keptIn]));
    expect(keptIn[configured.url]).toBe('the variable NX_CLOUD_PERSONAL_ACCESS_TOKEN');
    expect(keptIn[other.url]).toContain('credentials.json');
  });

  it('is of one mind with whoami and token about that: elsewhere they use the stored token', async () => {
    const server = await startServer();
    const person = newPerson();
    const stored = await logInWithToken(server, person);
    const env = { ...person.env, NX_CLOUD_PERSONAL_ACCESS_TOKEN: await server.createPat() };
    const printed = await run(programs.nxkey, ['token'], { env, cwd: person.home, printsToken: true });
    expect(printed.stdout.trim()).toBe(stored);
    const named = await run(programs.nxkey, ['token', server.url], { env, cwd: person.home, printsToken: true });
    expect(named.stdout.trim()).toBe(env.NX_CLOUD_PERSONAL_ACCESS_TOKEN);
  });
});
