/**
 * `nx login` and `npx nx-cloud` of unmodified Nx, in a clone that has nothing of ours: what Nx downloads from the built
 * server has to behave like `nxkey` itself. Each start of Nx takes two seconds, so what can run at once does.
 */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, existsSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { answerDeviceRequest, FormClient } from '../../tour/form-client.js';
import { anyToken } from '../credentials/credential-store-contract.js';
import { recordOutput } from '../support/ledger.js';
import { newClone, type Clone } from '../support/nx.js';
import { nxUnderTest } from '../support/nx-installation.js';
import { codePattern, newPerson, storedToken, tokenWorks, type Person } from '../support/person.js';
import { programs, run, start, type Finished, type RunOptions } from '../support/programs.js';
import { startServer, type TestServer } from '../support/server.js';
import { describeWith } from '../support/system-parts.js';
import { atTheEndOfTheFile } from '../support/temp-dir.js';
import { onTerminal, terminalPart } from '../support/terminal.js';

// Several programs at once, on two cores that other tests use as well.
vi.setConfig({ testTimeout: 120_000 });

let server: TestServer;
let clone: Clone;
let nxCloud: string;
const atTheEnd = atTheEndOfTheFile();
beforeAll(async () => {
  server = await startServer({ atTheEnd });
  const { nxCloudId, url: nxCloudUrl } = server;
  clone = newClone({ nxCloudId, nxCloudUrl, source: randomUUID() }, nxUnderTest, atTheEnd);
  // On a terminal Nx asks whether it may collect data until nx.json says it.
  writeFileSync(join(clone.root, 'nx.json'), JSON.stringify({ nxCloudId, nxCloudUrl, analytics: false }));
  nxCloud = join(clone.root, 'node_modules/.bin/nx-cloud');
});

function inClone({ env }: Person): RunOptions & { cwd: string; env: NodeJS.ProcessEnv } {
  const dataDirectory = join(clone.root, '.nx/workspace-data');
  return { cwd: clone.root, env: { ...env, NX_DAEMON: 'false', NX_WORKSPACE_DATA_DIRECTORY: dataDirectory } };
}

const runNx = (person: Person, args: string[]) => run(clone.nx, args, inClone(person));
const runNxCloud = (person: Person, args: string[], options: RunOptions = {}) =>
  run(nxCloud, args, { ...inClone(person), ...options });

describe(`Nx ${nxUnderTest.version}, in a clone that has nothing of ours`, () => {
  it('logs in by `nx login`, knows who that is, and logs out by `nx logout`', async () => {
    const ada = newPerson();
    const login = start(clone.nx, ['login', server.url, '--storage', 'file'], inClone(ada));
    const [code] = await login.waitFor(codePattern);
    await answerDeviceRequest(server.url, server.person, code);
    expect(await login.finished).toMatchObject({ code: 0, stdout: '' });

    const token = await storedToken(server, ada);
    const [whoAmI, status, printed] = await Promise.all([
      runNxCloud(ada, ['whoami']),
      runNxCloud(ada, ['status']),
      runNxCloud(ada, ['token'], { printsToken: true }),
    ]);
    expect(whoAmI).toMatchObject({ code: 0, stdout: `${server.person.name}\n` });
    expect(status).toMatchObject({ code: 0, stdout: '' });
    expect(status.stderr).toContain(`Logged in as ${server.person.name} <${server.person.email}>`);
    expect(status.stderr).toContain('Cache access: read');
    expect(printed).toMatchObject({ code: 0, stderr: '' });
    expect(printed.stdout === `${token}\n`).toBe(true);

    const logout = await runNx(ada, ['logout', '--all', '--verbose']);
    expect(logout).toMatchObject({ code: 0 });
    expect(logout.stderr).toContain(`Logged out of ${server.url}`);
    expect(await tokenWorks(server, token)).toBe(false);
    expect(await runNxCloud(ada, ['whoami'])).toMatchObject({ code: 4, stdout: '' });
  });

  it('keeps a token by `nx-cloud configure`, and says that a command line is a poor place for one', async () => {
    const [ada, grace] = [newPerson(), newPerson()];
    const [given, piped] = [await server.createPat(), await server.createPat()];
    const storage = ['--storage', 'file'];
    const [fromFlag, fromInput] = await Promise.all([
      runNxCloud(ada, ['configure', `--personalAccessToken=${given}`, `--nx-cloud-url=${server.url}`, ...storage]),
      runNxCloud(grace, ['configure', ...storage], { input: piped }),
    ]);
    const loggedIn = `Logged in to ${server.url} as ${server.person.name}`;
    expect(fromFlag).toMatchObject({ code: 0, stdout: '' });
    expect(fromFlag.stderr).toMatch(/^! A command line is a poor place for a token: .* < token\.txt\n/);
    expect(fromFlag.stderr).toContain(loggedIn);
    expect((await storedToken(server, ada)) === given).toBe(true);
    expect(fromInput).toMatchObject({ code: 0, stdout: '' });
    expect(fromInput.stderr).toMatch(new RegExp(`^✓ ${loggedIn}`));
    expect((await storedToken(server, grace)) === piped).toBe(true);
  });

  it('goes on where a pipeline speaks to agents that there are not: one line, exit code 0', async () => {
    const ci = newPerson({ CI: 'true' });
    const nothingDone = (name: string) => ({
      code: 0,
      stdout: '',
      stderr: `nx-cloud ${name}: nothing was done. This server is a remote cache and has no such feature.\n`,
    });
    const [cloudStart, agent, nxStart, complete, emptyRecord] = await Promise.all([
      runNxCloud(ci, ['start-ci-run', '--distribute-on=3 linux-medium-js', '--stop-agents-after=e2e']),
      runNxCloud(ci, ['start-agent', '--help']),
      runNx(ci, ['start-ci-run', '--verbose=false']),
      runNx(ci, ['complete-ci-run']),
      runNxCloud(ci, ['record']),
    ]);
    expect(cloudStart).toEqual(nothingDone('start-ci-run'));
    expect(agent).toEqual(nothingDone('start-agent'));
    expect(nxStart).toEqual(nothingDone('start-ci-run'));
    // An alias, which Nx resolves.
    expect(complete).toEqual(nothingDone('stop-all-agents'));
    expect(emptyRecord).toEqual(nothingDone('record'));
  });

  it('runs what `record` is to record, with its output and its exit code', async () => {
    const ci = newPerson({ CI: 'true' });
    const script = 'console.log(process.argv.slice(1).join()); process.exitCode = 7';
    const [program, missing, inShell] = await Promise.all([
      runNx(ci, ['record', '--verbose=false', '--', process.execPath, '-e', script, '--', 'a b', '--verbose']),
      runNxCloud(ci, ['record', '--', 'no-such-program']),
      runNxCloud(ci, ['record', '--', 'echo one && exit 3']),
    ]);
    expect(program).toMatchObject({ code: 7, stdout: 'a b,--verbose\n' });
    expect(program.stderr).toMatch(/^nx-cloud record: nothing is recorded\. .*\n$/);
    expect(missing).toMatchObject({ code: 127, stdout: '' });
    expect(missing.stderr).toContain('error: There is no program "no-such-program".');
    expect(inShell).toMatchObject({ code: 3, stdout: 'one\n' });
  });

  it.each<{ asked: string; args: string[]; code: number }>([
    { asked: 'for help', args: ['--help'], code: 0 },
    { asked: 'for help with a command', args: ['configure', '--help'], code: 0 },
    { asked: 'nothing', args: [], code: 2 },
    { asked: 'for a command that it does not know', args: ['lgoin'], code: 2 },
    { asked: 'who is logged in where nobody is', args: ['whoami'], code: 4 },
  ])('answers like nxkey when it is asked $asked', async ({ args, code }) => {
    const nobody = newPerson();
    const [byNx, byNxkey] = await Promise.all([
      runNxCloud(nobody, args),
      run(programs.nxkey, args, { env: nobody.env, cwd: clone.root }),
    ]);
    expect(named(byNx)).toEqual(named(byNxkey));
    expect(byNx.code).toBe(code);
  });

  it('answers `nx login --help` like nxkey', async () => {
    const nobody = newPerson();
    const byNxkey = await run(programs.nxkey, ['login', '--help'], { env: nobody.env });
    expect(byNxkey).toMatchObject({ code: 0, stderr: '' });
    expect(named(await runNx(nobody, ['login', '--help']))).toEqual(named(byNxkey));
  });
});

describe('nxkey configure', () => {
  it.each<{ what: string; token: string; says: string }>([
    { what: 'a CI access token', token: legacyCiToken(), says: 'is a CI access token' },
    { what: 'a damaged token', token: anyToken().slice(0, -1), says: 'is damaged' },
    { what: 'a password', token: 'correct horse', says: 'is no personal access token' },
    { what: 'nothing', token: '', says: 'There is no token in --personal-access-token' },
  ])('refuses $what for a token, and does not repeat it', async ({ token, says }) => {
    const nobody = newPerson({ NXKEY_DEBUG: '1' });
    const args = ['configure', '--personal-access-token', token, '--nx-cloud-url', server.url, '--storage', 'file'];
    const { code, stdout, stderr } = await run(programs.nxkey, args, { env: nobody.env });
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toContain(says);
    if (token !== '') expect(stderr).not.toContain(token);
  });

  it('recommends itself where nothing is piped into it', async () => {
    const args = ['configure', '--nx-cloud-url', server.url, '--storage', 'file'];
    const { code, stderr } = await run(programs.nxkey, args, { env: newPerson().env, input: '' });
    expect(code).toBe(1);
    expect(stderr).toBe(
      'error: There is no token on standard input.\n' +
        'A personal access token starts with nxp_. Pass one like this:  npx nxkey configure < token.txt\n',
    );
  });
});

/** What is told to be typed is `nx-cloud` where Nx has downloaded the program, and `nxkey` where it is installed. */
function named({ code, stdout, stderr }: Finished): Finished {
  return { code, stdout: stdout.replaceAll('nx-cloud', 'nxkey'), stderr: stderr.replaceAll('nx-cloud', 'nxkey') };
}

function legacyCiToken(): string {
  return Buffer.from(`${randomUUID()}|read-write`).toString('base64');
}

describeWith(terminalPart, `Nx ${nxUnderTest.version} on a terminal`, () => {
  it('ends `nx login` on Ctrl-C with 130, and its code can be approved no more', async () => {
    const { env, cwd } = inClone(newPerson());
    const login = onTerminal(['login', '--storage', 'file'], env, cwd, clone.nx);
    const [code] = await login.waitFor(codePattern);
    await login.waitFor(/Waiting for your approval/);
    login.type('\x03');
    const { code: exitCode, stderr } = await login.finished;
    expect(exitCode).toBe(130);
    expect(stderr).toContain('Cancelled.');

    const { email, password } = server.person;
    const browser = new FormClient(server.url);
    const enterCode = await browser.submit(await browser.open('/device'), { email, password });
    const answer = await browser.submit(enterCode, { user_code: code });
    expect(answer.html.querySelector('[value="approve"]')).toBeNull();
  });
});

const fullDevice = { name: '/dev/full', present: existsSync('/dev/full'), install: 'run it on Linux' };

describeWith(fullDevice, 'nx-cloud with its standard output on a full disk', () => {
  it('fails with a sentence', async () => {
    const full = openSync('/dev/full', 'w');
    const { env, cwd } = inClone(newPerson());
    const child = spawn(process.execPath, [nxCloud, '--help'], { env, cwd, stdio: ['ignore', full, 'pipe'] });
    closeSync(full);
    let stderr = '';
    child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const code = await new Promise((resolve) => child.once('close', resolve));
    recordOutput('nx-cloud --help on a full disk', stderr);
    expect(code).toBe(1);
    expect(stderr).toBe('error: standard output could not be written: the disk is full.\n');
  });
});
