import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GithubConnectionInfo } from '../../src/protocol/github-wire-types.js';
import { startGithubServer, type GithubServer } from '../../server/test/support/github/github-server.js';
import type { TestUser } from '../../server/test/support/test-server.js';
import { isolatedEnv, programs, run, type Finished } from '../support/programs.js';
import { tempDir } from '../support/temp-dir.js';

/** Types commands as somebody who is logged in, in an empty folder. */
type Type = (...args: string[]) => Promise<Finished>;

/** The server may be at it by itself. */
const polling = { timeout: 30_000 };

let there: GithubServer;
/** Owns `acme` here and `acme-inc` at GitHub. */
let ada: Type;
beforeEach(async () => {
  there = await startGithubServer();
  ada = await typist(there.server.owner);
});
afterEach(() => there.close());

async function typist(user: TestUser): Promise<Type> {
  const home = tempDir();
  const person = { env: isolatedEnv(home), cwd: home };
  const input = await there.server.addToken(user);
  const login = ['login', there.server.url, '--with-token', '--storage', 'file'];
  const { code, stderr } = await run(programs.nxkey, login, { ...person, input });
  if (code !== 0) throw new Error(`login failed: ${stderr}`);
  return (...args) => run(programs.nxkey, args, person);
}

async function connection(): Promise<GithubConnectionInfo> {
  const { code, stdout, stderr } = await ada('org', 'github', '--json');
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as GithubConnectionInfo;
}

/** Four of five leave `acme-inc` at once, and are held. */
async function holdFour(): Promise<void> {
  const people = [];
  for (const login of ['grace', 'heidi', 'ivan', 'judy']) people.push(await there.addPerson(login));
  await there.connect();
  for (const { account } of people) there.github.world.removeMember(there.acmeInc, account);
  await there.reconcile();
}

describe('nxkey org connect-github', () => {
  it('connects, and shows what came of it', async () => {
    const { account } = await there.addPerson('grace');
    there.github.world.addToTeam(there.github.world.addTeam(there.acmeInc, 'platform'), account);
    const connected = await ada(
      'org',
      'connect-github',
      'acme-inc',
      '--team',
      'platform=admin',
      '--admins-as',
      'owner',
    );
    expect(connected).toMatchObject({ code: 0 });
    expect(connected.stderr).toContain('✓ acme is connected to the GitHub organization acme-inc.');
    expect(connected.stdout).toContain(`at GitHub:\t${there.github.url}/acme-inc\n`);
    expect(connected.stdout).toContain('roles:\towners owner, team platform admin, others member\n');
    expect(connected.stdout).toContain('confirmed:\tnot yet\n');
    await there.reconcile();

    const shown = await ada('org', 'github', '--org', 'acme');
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    expect(shown.stdout).toContain('members:\t2 people at GitHub, 2 with an account here\n');
    expect((await ada('member', 'list')).stdout).toMatch(
      /grace@acme\.example\tadmin\t2026-11-21\tgithub\tactive\tgrace\n/,
    );
  });

  it('changes the roles that are given, once there is a connection', async () => {
    const { account } = await there.addPerson('grace');
    there.github.world.addToTeam(there.github.world.addTeam(there.acmeInc, 'platform'), account);
    await there.connect({ adminRole: 'owner', teams: [{ slug: 'platform', role: 'admin' }] });
    // Without flags nothing changes.
    expect((await ada('org', 'connect-github', 'ACME-inc')).code).toBe(0);
    expect(await connection()).toMatchObject({ adminRole: 'owner', teams: [{ slug: 'platform', role: 'admin' }] });
    const changed = await ada('org', 'connect-github', 'acme-inc', '--without-teams', '--admins-as', 'member');
    expect(changed.stdout).toContain('roles:\towners member, others member\n');
    expect((await ada('member', 'list')).stdout).toContain('grace@acme.example\tmember\t');
  });

  it('is undone by disconnect-github, which asks', async () => {
    await there.addPerson('grace');
    await there.connect();
    const unasked = await ada('org', 'disconnect-github');
    expect(unasked).toMatchObject({ code: 2, stdout: '' });
    expect(unasked.stderr).toContain('1 membership that came from there will end.');
    expect(unasked.stderr).toContain('add --yes');
    expect(JSON.parse((await ada('org', 'disconnect-github', '--yes', '--json')).stdout)).toEqual({
      organization: 'acme',
      login: 'acme-inc',
      ended: 1,
    });
    const none = await ada('org', 'github');
    expect(none).toMatchObject({ code: 1, stdout: '' });
    expect(none.stderr).toContain('acme is not connected to a GitHub organization.');
    expect(none.stderr).toContain('npx nxkey org connect-github <github-organization> --org acme');
  });

  it('says where the GitHub App is installed', async () => {
    const refused = await ada('org', 'connect-github', 'nobody');
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toContain('The GitHub App is not installed in a GitHub organization nobody.');
    expect(refused.stderr).toContain(await there.connections.installationUrl());
  });

  it('says how an account is linked, and whom to ask who is no owner there', async () => {
    const user = await there.server.addUser({ email: 'linus@acme.example', role: 'owner' });
    const linus = await typist(user);
    const unlinked = await linus('org', 'connect-github', 'acme-inc');
    expect(unlinked).toMatchObject({ code: 1, stdout: '' });
    expect(unlinked.stderr).toContain('Your account here is not linked to one at GitHub.');
    expect(unlinked.stderr).toContain('Link it on the page /sign-in-methods of this server, and try again.');
    await there.link(user, there.github.world.addUser({ login: 'linus' }));
    const noOwner = await linus('org', 'connect-github', 'acme-inc');
    expect(noOwner.stderr).toContain('linus is not an owner of the GitHub organization acme-inc.');
    expect(noOwner.stderr).toContain('Ask one of its owners to connect it.');
  });

  it('does not take another GitHub organization in its place', async () => {
    await there.connect();
    const other = await ada('org', 'connect-github', 'other', '--admins-as', 'owner');
    expect(other).toMatchObject({ code: 1, stdout: '' });
    expect(other.stderr).toContain('acme is connected to the GitHub organization acme-inc already.');
    expect(other.stderr).toContain('npx nxkey org disconnect-github --org acme');
    expect(await connection()).toMatchObject({ login: 'acme-inc', adminRole: 'admin' });
  });

  it('is for owners', async () => {
    const admin = await typist(await there.server.addUser({ email: 'linus@acme.example', role: 'admin' }));
    for (const command of [
      ['connect-github', 'acme-inc'],
      ['github'],
      ['sync-github'],
      ['disconnect-github', '--yes'],
    ]) {
      const { code, stderr } = await admin('org', ...command);
      expect(code).toBe(1);
      expect(stderr).toContain('that is for its owners');
    }
  });
});

describe('nxkey org sync-github', () => {
  it('has GitHub asked for all members', async () => {
    await there.connect();
    await there.addPerson('grace');
    const asked = await ada('org', 'sync-github');
    expect(asked).toMatchObject({ code: 0, stdout: '' });
    expect(asked.stderr).toContain('GitHub is asked for all members of acme-inc now.');
    await there.connections.reconcileDue();
    const members = () => there.server.services.database.organizations.members(there.server.organizationId);
    await expect.poll(async () => (await members()).map(({ user }) => user.name), polling).toContain('grace');
  });
});

describe('nxkey org confirm-removals', () => {
  it('lists whom, asks, and removes them', async () => {
    await holdFour();
    const unasked = await ada('org', 'confirm-removals');
    expect(unasked).toMatchObject({ code: 2, stdout: '' });
    expect(unasked.stderr).toContain('  grace (grace@acme.example)\n  heidi (heidi@acme.example)\n');
    expect(unasked.stderr).toContain('4 people will be removed from acme');
    expect(await connection()).toMatchObject({ members: { held: 4 } });

    const done = await ada('org', 'confirm-removals', '--yes', '--json');
    expect(done).toMatchObject({ code: 0 });
    expect(JSON.parse(done.stdout)).toEqual({ organization: 'acme', removed: 4 });
    expect((await ada('member', 'list')).stdout.split('\n')).toHaveLength(2);
    const again = await ada('org', 'confirm-removals', '--yes');
    expect(again).toMatchObject({ code: 0, stdout: '' });
    expect(again.stderr).toContain('No removal from acme waits for you.');
    const audit = await ada('audit', '--action', 'github.removals-held', 'github.removals-confirmed');
    expect(audit.stdout).toMatch(/github\.removals-confirmed\tada@acme\.example\t.*acme-inc, people 4\n/);
    expect(audit.stdout).toMatch(
      /github\.removals-held\tacme-inc\t.*acme-inc, people 4, of 5, cause GitHub: more than half/,
    );
  });
});

describe('nxkey status', () => {
  it('warns owners, and nobody else', async () => {
    await holdFour();
    const warning = 'acme: 4 people are gone from acme-inc at once';
    const status = await ada('status');
    expect(status.code).toBe(0);
    expect(status.stderr).toContain(`  ! ${warning}`);
    expect(JSON.parse((await ada('status', '--json')).stdout)).toMatchObject({
      servers: [
        { warnings: [{ organization: 'acme', message: expect.stringContaining('4 people are gone') as string }] },
      ],
    });
    expect((await ada('org', 'show')).stderr).toContain('4 people are gone');
    const admin = await typist(await there.server.addUser({ email: 'linus@acme.example', role: 'admin' }));
    expect((await admin('status')).stderr).not.toContain('gone');
    expect(JSON.parse((await admin('status', '--json')).stdout)).toMatchObject({ servers: [{ warnings: [] }] });
  });
});

describe('nxkey member', () => {
  it('leaves to GitHub what came from there, and says so', async () => {
    await there.addPerson('grace');
    await there.connect();
    for (const command of [
      ['role', 'grace@acme.example', 'admin'],
      ['remove', 'grace@acme.example', '--yes'],
    ]) {
      const refused = await ada('member', ...command);
      expect(refused).toMatchObject({ code: 1, stdout: '' });
      expect(refused.stderr).toContain('because of the GitHub organization acme-inc');
      expect(refused.stderr).toContain('npx nxkey org github');
    }
  });

  it('says who came from GitHub, and whose membership is suspended', async () => {
    const { user } = await there.addPerson('grace');
    await there.connect();
    const key = { userId: user.id, organizationId: there.server.organizationId, source: 'github' } as const;
    await there.server.services.database.organizations.ofSource.suspend(key, there.server.now());
    expect((await ada('member', 'list')).stdout).toMatch(
      /grace@acme\.example\tmember\t2026-11-21\tgithub\tsuspended\tgrace\n/,
    );
  });
});
