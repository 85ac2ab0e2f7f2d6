import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { recordToken } from '../support/ledger.js';
import { logInWithToken, newPerson, type Person } from '../support/person.js';
import { isolatedEnv, programs, run, type Finished, type RunOptions } from '../support/programs.js';
import { startServer, type TestServer } from '../support/server.js';
import { atTheEndOfTheFile, tempDir } from '../support/temp-dir.js';

/** Somebody who types commands, in a folder of their own. */
interface Typist {
  type(args: string[], options?: RunOptions): Promise<Finished>;
  /** The same with `--json`, read. @throws when the command fails */
  ask(args: string[], options?: RunOptions): Promise<unknown>;
}

function typist({ home, env }: Person): Typist {
  const type: Typist['type'] = (args, options) => run(programs.nxkey, args, { env, cwd: home, ...options });
  return {
    type,
    async ask(args, options) {
      const { code, stdout, stderr } = await type([...args, '--json'], options);
      if (code !== 0) throw new Error(`nxkey ${args.join(' ')} ended with ${code ?? 'a signal'}: ${stderr}`);
      const answer: unknown = JSON.parse(stdout);
      return answer;
    },
  };
}

let server: TestServer;
/** An owner of acme, in a folder whose nx.json names the workspace "shop". */
let ada: Typist;
const atTheEnd = atTheEndOfTheFile();
beforeAll(async () => {
  server = await startServer({ atTheEnd });
  ada = typist(await loggedIn(server.person.email));
});

async function loggedIn(email: string): Promise<Person> {
  const home = tempDir(atTheEnd);
  const person = { home, env: isolatedEnv(home) };
  const input = await server.createPat(email);
  const args = ['login', server.url, '--with-token', '--storage', 'file'];
  const { code, stderr } = await run(programs.nxkey, args, { ...person, input, atTheEnd });
  if (code !== 0) throw new Error(`login failed: ${stderr}`);
  writeFileSync(join(home, 'nx.json'), JSON.stringify({ nxCloudUrl: server.url, nxCloudId: server.nxCloudId }));
  return person;
}

const artifact = (nxCloudId: string, hash: string) => `${server.url}/w/${nxCloudId}/v1/cache/${hash}`;

async function put(nxCloudId: string, hash: string, token: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/octet-stream' };
  return (await fetch(artifact(nxCloudId, hash), { method: 'PUT', headers, body: `what ${hash} made` })).status;
}

async function get(nxCloudId: string, hash: string, token: string): Promise<number> {
  return (await fetch(artifact(nxCloudId, hash), { headers: { authorization: `Bearer ${token}` } })).status;
}

/** A new workspace, so that no test sees what another one did. */
async function newWorkspace(name: string): Promise<string> {
  const { code, stdout, stderr } = await ada.type(['workspace', 'create', name]);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  expect(stdout).toMatch(/^[0-9a-f]{24}\n$/);
  expect(stderr).toContain(`"nxCloudId": "${stdout.trim()}"`);
  return stdout.trim();
}

async function newToken(nxCloudId: string, name: string, access = 'read-write'): Promise<string> {
  const args = ['ci-token', 'create', name, '--access', access, '--workspace', nxCloudId];
  const { code, stdout } = await ada.type(args, { printsToken: true });
  expect(code).toBe(0);
  expect(/^nxc_[A-Za-z0-9]{36}\n$/.test(stdout)).toBe(true);
  return stdout.trim();
}

describe('organizations and workspaces', () => {
  it('are made, listed and shown', async () => {
    expect(await ada.type(['org', 'create', 'globex', '--name', 'Globex'])).toMatchObject({
      code: 0,
      stdout: 'globex\n',
    });
    expect(await ada.ask(['org', 'list'])).toMatchObject({ organizations: [{ slug: 'acme' }, { slug: 'globex' }] });
    expect(await ada.ask(['org', 'show', 'globex'])).toMatchObject({ name: 'Globex', role: 'owner', workspaces: 0 });
    // Of several organizations it is that of this folder's workspace.
    expect(await ada.ask(['org', 'show'])).toMatchObject({ slug: 'acme' });
    const nxCloudId = await newWorkspace('made and listed');
    const listed = await ada.type(['workspace', 'list', '--org', 'acme']);
    expect(listed.stdout).toContain(`${nxCloudId}\tacme\tmade and listed\tanonymous none, members read-only\n`);
    expect(listed.stdout).toContain(`${server.nxCloudId}\tacme\tshop\t`);
    const empty = await ada.type(['workspace', 'list', '--org', 'globex']);
    expect(empty).toMatchObject({ code: 0, stdout: '' });
    expect(empty.stderr).toContain('npx nxkey workspace create');
  });

  it('are changed, which holds from the next request on, with a warning when strangers may write', async () => {
    const nxCloudId = await newWorkspace('changed');
    const set = (...args: string[]) => ada.type(['workspace', 'set', '--workspace', nxCloudId, ...args]);
    await put(nxCloudId, '1', await newToken(nxCloudId, 'main'));
    const anonymously = async () => (await fetch(artifact(nxCloudId, '1'))).status;
    expect(await anonymously()).toBe(404);
    const changed = await set('--anonymous', 'read-only', '--name', 'renamed');
    expect(changed.stdout).toContain('anonymous:\tread-only\n');
    expect(changed.stdout).toContain('workspace:\trenamed\n');
    expect(await anonymously()).toBe(200);

    const unasked = await set('--anonymous', 'read-write');
    expect(unasked).toMatchObject({ code: 2, stdout: '' });
    expect(unasked.stderr).toContain('add --yes');
    expect(await ada.ask(['workspace', 'show', '--workspace', nxCloudId])).toMatchObject({
      access: { patOptIn: true, anonymousLevel: 'read-only', patLevel: 'read-only' },
    });
    const open = await set('--anonymous', 'read-write', '--yes');
    expect(open.code).toBe(0);
    expect(open.stderr).toContain('recommended');
    expect((await set('--preset', 'recommended')).stdout).toContain('anonymous:\tnone\n');
    expect(await anonymously()).toBe(404);
    expect((await set('--opt-out')).stdout).toContain('members:\tnone (not opted in)\n');
  });
});

describe('CI access tokens', () => {
  it('are made, used, listed, rotated and revoked', async () => {
    const nxCloudId = await newWorkspace('tokens');
    const main = await newToken(nxCloudId, 'main');
    expect(await put(nxCloudId, '1', main)).toBe(200);

    const rotate = ['ci-token', 'rotate', 'main', '--grace', '1h', '--workspace', nxCloudId];
    const rotated = await ada.type(rotate, { printsToken: true });
    expect(rotated.code).toBe(0);
    expect(rotated.stderr).toContain('works until 20');
    const next = rotated.stdout.trim();
    expect(next === main).toBe(false);
    expect([await get(nxCloudId, '1', main), await get(nxCloudId, '1', next)]).toEqual([200, 200]);

    // Both have the name now.
    const unclear = await ada.type(['ci-token', 'revoke', 'main', '--yes', '--workspace', nxCloudId]);
    expect(unclear.code).toBe(2);
    expect(unclear.stderr).toContain('2 CI access tokens have that name');
    const { tokens } = (await ada.ask(['ci-token', 'list', '--workspace', nxCloudId])) as {
      tokens: { id: string; expiresAt: string | null }[];
    };
    const old = tokens.find(({ expiresAt }) => expiresAt !== null);
    expect(unclear.stderr).toContain(old?.id);
    const revoked = await ada.type(['ci-token', 'revoke', old?.id ?? '', '--yes', '--workspace', nxCloudId]);
    expect(revoked).toMatchObject({ code: 0, stdout: '' });
    expect([await get(nxCloudId, '1', main), await get(nxCloudId, '1', next)]).toEqual([401, 200]);

    expect(await ada.type(['ci-token', 'revoke', 'main', '--yes', '--workspace', nxCloudId])).toMatchObject({
      code: 0,
    });
    expect(await get(nxCloudId, '1', next)).toBe(401);
    const none = await ada.type(['ci-token', 'list', '--workspace', nxCloudId]);
    expect(none).toMatchObject({ code: 0, stdout: '' });
    expect(none.stderr).toContain('npx nxkey ci-token create');
  });

  it('end at once when they are rotated without grace, and keep their name, access and length of life', async () => {
    const nxCloudId = await newWorkspace('no grace');
    const args = ['ci-token', 'create', 'pull-requests', '--access', 'read-only', '--expires', '90d'];
    const created = await ada.type([...args, '--workspace', nxCloudId], { printsToken: true });
    const rotate = ['ci-token', 'rotate', 'pull-requests', '--grace', '0', '--workspace', nxCloudId];
    const rotated = await ada.type(rotate, { printsToken: true });
    expect(rotated.code).toBe(0);
    expect(await get(nxCloudId, '1', created.stdout.trim())).toBe(401);
    expect(await get(nxCloudId, '1', rotated.stdout.trim())).toBe(404);
    expect(rotated.stderr).toMatch(/A read-only CI access token "pull-requests"\. It ends 20/);
    // The expired one still has the name, and nobody means it.
    expect(await ada.type([...rotate.slice(0, 3), '--workspace', nxCloudId], { printsToken: true })).toMatchObject({
      code: 0,
    });
  });

  it('that a repository commits are imported from standard input, once', async () => {
    const nxCloudId = await newWorkspace('imported');
    const committed = Buffer.from(`${randomUUID()}|read-write`).toString('base64');
    recordToken(committed);
    const args = ['ci-token', 'import', '--name', 'nx.json', '--token-stdin', '--workspace', nxCloudId];
    expect(await ada.type(args, { input: `${committed}\n` })).toMatchObject({ code: 0 });
    expect(await put(nxCloudId, '1', committed)).toBe(200);
    const listed = await ada.type(['ci-token', 'list', '--workspace', nxCloudId]);
    expect(listed.stdout).toMatch(/\tread-write\t.*\tnx\.json \(imported\)\n$/);
    const again = await ada.type(args, { input: committed });
    expect(again.code).toBe(1);
    expect(again.stderr).toContain('imported');
    for (const input of ['', 'nonsense', await newToken(nxCloudId, 'made here')]) {
      expect(await ada.type(args, { input })).toMatchObject({ code: 1, stdout: '' });
    }
  });
});

describe('members', () => {
  it('are added by invitation, get roles, and are removed, which holds on the very next request', async () => {
    const email = 'grace@acme.example';
    const added = await ada.type(['member', 'add', email, '--name', 'Grace Hopper'], { printsToken: true });
    expect(added.code).toBe(0);
    expect(added.stdout.startsWith(`${server.url}/`)).toBe(true);
    expect(added.stderr).toContain('Grace Hopper <grace@acme.example> is a member of acme');
    expect((await ada.type(['member', 'list', '--org', 'acme'])).stdout).toMatch(
      /^grace@acme\.example\tmember\t.*\tmanual\tinvited\tGrace Hopper$/m,
    );

    const nxCloudId = await newWorkspace('for members');
    const main = await newToken(nxCloudId, 'main');
    await put(nxCloudId, '1', main);
    const pat = await server.createPat(email);
    expect(await get(nxCloudId, '1', pat)).toBe(200);

    const grace = typist(await loggedIn(email));
    const forbidden = await grace.type(['ci-token', 'create', 'mine', '--access', 'read-write']);
    expect(forbidden).toMatchObject({ code: 1, stdout: '' });
    expect(forbidden.stderr).toContain('status 403');
    expect(forbidden.stderr).toContain('npx nxkey member list');
    const promoted = await ada.type(['member', 'role', email, 'admin']);
    expect(promoted.stderr).toContain('had the role member in acme, and has admin now');
    expect((await grace.type(['audit', '--limit', '1'])).code).toBe(0);

    const unasked = await ada.type(['member', 'remove', email, '--org', 'acme']);
    expect(unasked.code).toBe(2);
    expect(await get(nxCloudId, '1', pat)).toBe(200);
    expect(await ada.type(['member', 'remove', email, '--org', 'acme', '--yes'])).toMatchObject({
      code: 0,
      stdout: '',
    });
    expect(await get(nxCloudId, '1', pat)).toBe(404);
    const gone = await grace.type(['workspace', 'show', '--workspace', nxCloudId]);
    expect(gone.code).toBe(1);
    expect(gone.stderr).toContain('npx nxkey workspace list');
    expect((await ada.type(['member', 'remove', email, '--yes'])).stderr).toContain('is not a member of acme');
  });

  it('include at least one owner', async () => {
    for (const args of [
      ['remove', server.person.email, '--yes'],
      ['role', server.person.email, 'member'],
    ]) {
      const refused = await ada.type(['member', ...args, '--org', 'acme']);
      expect(refused.code).toBe(1);
      expect(refused.stderr).toContain('npx nxkey member role <email> owner');
    }
  });
});

describe('the cache', () => {
  it('says who wrote what, and loses what one of them wrote', async () => {
    const nxCloudId = await newWorkspace('purged');
    const good = await newToken(nxCloudId, 'good');
    const bad = await newToken(nxCloudId, 'bad');
    const isolated = await newToken(nxCloudId, 'pull-requests', 'read-only');
    for (const hash of ['1', '2']) await put(nxCloudId, hash, good);
    for (const hash of ['3', '4', '5']) await put(nxCloudId, hash, bad);
    await put(nxCloudId, '6', isolated);
    const cache = (...args: string[]) => ada.type(['cache', ...args, '--workspace', nxCloudId]);

    const stats = await cache('stats');
    expect(stats.stdout).toContain('cache:\t6 artifacts, ');
    expect(stats.stdout).toContain('isolated:\t1 artifact, ');
    expect(stats.stdout).toMatch(/^bad\tci-token\t3\t/m);

    const unasked = await cache('purge', '--writer', 'bad');
    expect(unasked.code).toBe(2);
    expect(unasked.stderr).toContain('All that bad wrote (3 artifacts, ');
    expect((await cache('purge', '--writer', 'bad', '--yes')).stderr).toContain('Removed 3 artifacts, ');
    expect([await get(nxCloudId, '1', good), await get(nxCloudId, '3', good)]).toEqual([200, 404]);

    const unknown = await cache('purge', '--writer', 'nobody', '--yes');
    expect(unknown.code).toBe(1);
    expect(unknown.stderr).toContain('Those who have: good, pull-requests.');
    expect((await cache('purge', '--isolated', '--yes')).stderr).toContain('Removed 1 artifact, ');
    expect((await cache('purge', '--hash', '1', '--yes')).stderr).toContain('Removed 1 artifact, ');
    expect(await ada.ask(['cache', 'purge', '--all', '--yes', '--workspace', nxCloudId])).toMatchObject({
      artifacts: 1,
    });
    const empty = await cache('stats');
    expect(empty).toMatchObject({ code: 0, stdout: '' });
    expect(empty.stderr).toContain('The cache is empty');
  });
});

describe('the audit log', () => {
  it('has who did what, by workspace, action and time, one object a line', async () => {
    const nxCloudId = await newWorkspace('audited');
    await newToken(nxCloudId, 'first');
    await newToken(nxCloudId, 'second');
    const lines = async (...args: string[]) => {
      const { code, stdout } = await ada.type(['audit', '--json', '--workspace', nxCloudId, ...args]);
      expect(code).toBe(0);
      const events = stdout.split('\n').filter((line) => line !== '');
      return events.map((line) => JSON.parse(line) as { action: string; target: string; actor: { name: string } });
    };
    expect((await lines()).map(({ action }) => action)).toEqual([
      'ci-token.created',
      'ci-token.created',
      'workspace.created',
    ]);
    expect(await lines('--action', 'ci-token.created', '--limit', '1')).toMatchObject([
      { target: 'second', actor: { name: server.person.email } },
    ]);
    expect(await lines('--actor', 'grace')).toEqual([]);
    expect(await lines('--until', '24h')).toEqual([]);
    expect(await lines('--since', '24h')).toHaveLength(3);

    const shown = await ada.type(['audit', '--workspace', nxCloudId, '--action', 'workspace.created']);
    expect(shown.stdout).toMatch(/^20\S+ \S+\tworkspace\.created\tada@acme\.example\t127\.0\.0\.1\taudited\t/);
    const nothing = await ada.type(['audit', '--workspace', nxCloudId, '--actor', 'nobody']);
    expect(nothing).toMatchObject({ code: 0, stdout: '' });
  });

  it('is read page after page, as far as the limit goes', async () => {
    const { stdout } = await ada.type(['audit', '--org', 'acme', '--limit', '1000', '--json']);
    const ids = stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => (JSON.parse(line) as { id: string }).id);
    expect(ids.length).toBeGreaterThan(10);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('a command that cannot do its work', () => {
  it('says that nobody is logged in', async () => {
    const { home, env } = newPerson();
    for (const args of [['org', 'list'], ['workspace', 'show', '--workspace', server.nxCloudId], ['audit']]) {
      const { code, stderr } = await run(programs.nxkey, args, { env, cwd: home });
      expect(code).toBe(4);
      expect(stderr).toContain('npx nxkey login');
    }
  });

  it('says that no workspace is given', async () => {
    const person = newPerson();
    await logInWithToken(server, person);
    const { code, stderr } = await run(programs.nxkey, ['ci-token', 'list'], { env: person.env, cwd: person.home });
    expect(code).toBe(2);
    expect(stderr).toContain('npx nxkey workspace list');
  });

  it('does not tell a stranger that an organization or a workspace exists', async () => {
    const email = 'stranger@globex.example';
    const slug = `org-${randomUUID().slice(0, 8)}`;
    await ada.type(['org', 'create', slug]);
    await ada.type(['member', 'add', email, '--org', slug], { printsToken: true });
    const stranger = typist(await loggedIn(email));
    const strip = ({ stderr }: Finished, name: string) => stderr.replaceAll(name, 'it');
    const there = strip(await stranger.type(['org', 'show', 'acme']), 'acme');
    const nowhere = strip(await stranger.type(['org', 'show', 'nowhere']), 'nowhere');
    expect(there).toContain('status 404');
    expect(there).toBe(nowhere);
  });

  it('says that the server is down', async () => {
    const other = await startServer();
    const person = newPerson();
    await logInWithToken(other, person);
    await other.stop();
    const { code, stdout, stderr } = await run(programs.nxkey, ['org', 'list'], { env: person.env, cwd: person.home });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(other.url);
  });
});
