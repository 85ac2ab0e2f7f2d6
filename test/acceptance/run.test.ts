import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { silence, startAnsweringServer } from '../support/answering-server.js';
import { recordToken } from '../support/ledger.js';
import { logInWithToken, newPerson, type Person } from '../support/person.js';
import { programs, run, start, type Finished } from '../support/programs.js';
import { startServer, type TestServer } from '../support/server.js';
import { describeWith } from '../support/system-parts.js';
import { atTheEndOfTheFile } from '../support/temp-dir.js';
import { onTerminal, terminalPart } from '../support/terminal.js';

/** What the command found in its environment. The token comes as its digest, since it must not be in any output. */
interface Seen {
  server?: string;
  token?: string;
  noCloud?: string;
}

const look = `
  const { NX_SELF_HOSTED_REMOTE_CACHE_SERVER: server, NX_SELF_HOSTED_REMOTE_CACHE_ACCESS_TOKEN: token } = process.env;
  const digest = token === undefined ? undefined : require('node:crypto').createHash('sha256').update(token).digest('hex');
  console.log(JSON.stringify({ server, token: digest, noCloud: process.env.NX_NO_CLOUD }));
`;

function digest(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

const unusedId = '63f1a2b3c4d5e6f708192a3b';

let server: TestServer;
const atTheEnd = atTheEndOfTheFile();
beforeAll(async () => {
  server = await startServer({ atTheEnd });
});

/** Somebody with a workspace: their home folder, to have few of them. */
function newDeveloper(nxJson: object = { nxCloudId: server.nxCloudId, nxCloudUrl: server.url }): Person {
  const person = newPerson();
  writeFileSync(join(person.home, 'nx.json'), JSON.stringify(nxJson));
  return person;
}

function nxkeyRun(person: Person, args: string[], env: NodeJS.ProcessEnv = {}, input = ''): Promise<Finished> {
  return run(programs.nxkey, ['run', ...args], { cwd: person.home, env: { ...person.env, ...env }, input });
}

async function seenBy(
  person: Person,
  flags: string[] = [],
  env: NodeJS.ProcessEnv = {},
): Promise<Seen & { said: string }> {
  const { code, stdout, stderr } = await nxkeyRun(person, [...flags, '--', process.execPath, '-e', look], env);
  expect(code, stderr).toBe(0);
  return { ...(JSON.parse(stdout) as Seen), said: stderr };
}

async function createCiToken(access: 'read-only' | 'read-write', of = server): Promise<string> {
  const args = ['ci-token', 'create', '--workspace', of.nxCloudId, '--name', access, '--access', access];
  return (await of.operate(args, { printsToken: true })).trim();
}

describe('nxkey run gives the command', () => {
  it('the cache of the workspace around it and the token of whoever is logged in, and says nothing', async () => {
    const ada = newDeveloper();
    const token = await logInWithToken(server, ada);
    const cache = { server: `${server.url}/w/${server.nxCloudId}`, token: digest(token), noCloud: 'true', said: '' };
    expect(await seenBy(ada)).toEqual(cache);
    expect(await seenBy(ada, ['--require-cache'])).toEqual(cache);
  });

  it('the token in NX_CLOUD_PERSONAL_ACCESS_TOKEN before the stored one', async () => {
    const ada = newDeveloper();
    await logInWithToken(server, ada);
    const other = await server.createPat();
    expect(await seenBy(ada, [], { NX_CLOUD_PERSONAL_ACCESS_TOKEN: other })).toMatchObject({ token: digest(other) });
  });

  it('the CI access token before any other, and the branch', async () => {
    const ci = newDeveloper();
    await logInWithToken(server, ci);
    const token = await createCiToken('read-only');
    const env = { NX_CLOUD_ACCESS_TOKEN: token, NX_BRANCH: 'ada/fix #1' };
    expect(await seenBy(ci, [], env)).toEqual({
      server: `${server.url}/w/${server.nxCloudId}/branch/ada%2Ffix%20%231`,
      token: digest(token),
      noCloud: 'true',
      said: '',
    });
    // A step up in the path would lead out of the workspace.
    const { server: cache } = await seenBy(ci, [], { ...env, NX_BRANCH: '..' });
    expect(cache).toBe(`${server.url}/w/${server.nxCloudId}`);
  });

  it('with a CI access token the cache of its workspace, also where no nx.json names one', async () => {
    const token = await createCiToken('read-write');
    const env = { NX_CLOUD_ACCESS_TOKEN: token, NX_CLOUD_API: server.url };
    expect(await seenBy(newPerson(), [], env)).toMatchObject({
      server: `${server.url}/w/${server.nxCloudId}`,
      said: '',
    });
  });

  it('the workspace and the server that are named', async () => {
    const ada = newPerson();
    const token = await logInWithToken(server, ada);
    const flags = ['--workspace', server.nxCloudId, '--server', server.url];
    expect(await seenBy(ada, flags)).toMatchObject({
      server: `${server.url}/w/${server.nxCloudId}`,
      token: digest(token),
      said: '',
    });
  });

  it('the cache without a token to somebody who is not logged in, where anonymous access is on', async () => {
    const open = await startServer({ preset: 'open-source' });
    const anybody = newDeveloper({ nxCloudId: open.nxCloudId, nxCloudUrl: open.url });
    const { token, ...cache } = await seenBy(anybody, [], { NX_SELF_HOSTED_REMOTE_CACHE_ACCESS_TOKEN: 'of-another' });
    expect(token).toBeUndefined();
    expect(cache).toEqual({ server: `${open.url}/w/${open.nxCloudId}`, noCloud: 'true', said: '' });
  });
});

describe('nxkey run without a cache that can be used', () => {
  interface Situation {
    person: Person;
    env?: NodeJS.ProcessEnv;
    says: string;
    remedy: string;
    /** The exit code with --require-cache. */
    required: number;
    /** Where nothing says that the workspace is ours. */
    leavesNxCloudAlone?: true;
  }

  const ofServer = () => ({ nxCloudId: server.nxCloudId, nxCloudUrl: server.url });

  it.each<[string, () => Promise<Situation> | Situation]>([
    [
      'nobody is logged in and anonymous access is off',
      () => ({
        person: newDeveloper(),
        says: 'anonymous access is off',
        remedy: `npx nxkey login ${server.url}`,
        required: 1,
      }),
    ],
    [
      'the token is not known any more',
      async () => {
        const person = newDeveloper();
        const token = await logInWithToken(server, person);
        await fetch(`${server.url}/oauth/revoke`, {
          method: 'POST',
          body: new URLSearchParams({ token, client_id: 'nxkey-cli' }),
        });
        return { person, says: 'does not accept the token', remedy: `npx nxkey login ${server.url}`, required: 4 };
      },
    ],
    [
      'the server cannot be reached',
      () => ({
        person: newDeveloper({ nxCloudId: unusedId, nxCloudUrl: 'http://127.0.0.1:1' }),
        says: 'Could not reach http://127.0.0.1:1',
        remedy: 'that the server is running',
        required: 1,
      }),
    ],
    [
      'the server does not know the workspace',
      () => ({
        person: newDeveloper({ ...ofServer(), nxCloudId: unusedId }),
        says: `has no workspace with the nxCloudId ${unusedId}`,
        remedy: 'Check the nxCloudId in nx.json',
        required: 1,
      }),
    ],
    [
      'the CI access token is not known',
      () => {
        const token = `nxc_${'0'.repeat(36)}`;
        recordToken(token);
        return {
          person: newDeveloper(),
          env: { NX_CLOUD_ACCESS_TOKEN: token },
          says: 'does not accept the CI access token',
          remedy: 'NX_CLOUD_ACCESS_TOKEN',
          required: 4,
        };
      },
    ],
    [
      'the CI access token is for another workspace',
      async () => ({
        person: newDeveloper({ ...ofServer(), nxCloudId: unusedId }),
        env: { NX_CLOUD_ACCESS_TOKEN: await createCiToken('read-write') },
        says: 'is for another workspace, shop of acme',
        remedy: 'NX_CLOUD_ACCESS_TOKEN',
        required: 1,
      }),
    ],
    [
      'nx.json has no nxCloudId',
      () => ({
        person: newDeveloper({ nxCloudUrl: server.url }),
        says: 'There is no nxCloudId',
        remedy: 'npx nxkey convert-to-nx-cloud-id',
        required: 1,
        leavesNxCloudAlone: true,
      }),
    ],
    [
      'no server is named',
      () => ({
        person: newDeveloper({ nxCloudId: server.nxCloudId }),
        says: 'No server is given',
        remedy: 'NX_CLOUD_API',
        required: 2,
        leavesNxCloudAlone: true,
      }),
    ],
    [
      'the server that is named would get the token in the clear',
      () => ({
        person: newDeveloper({ nxCloudId: unusedId, nxCloudUrl: 'http://cache.acme.example' }),
        says: 'only https is allowed',
        remedy: 'https://',
        required: 2,
        leavesNxCloudAlone: true,
      }),
    ],
  ])('says so in a sentence and runs the command without it: %s', async (_, arrange) => {
    const { person, env = {}, says, remedy, required, leavesNxCloudAlone } = await arrange();
    const stale = { NX_SELF_HOSTED_REMOTE_CACHE_SERVER: 'http://127.0.0.1:1' };
    const { said, ...seen } = await seenBy(person, [], { ...stale, ...env });
    expect(said).toContain('warning: No remote cache for this run. ');
    expect(said).toContain(says);
    expect(said).toContain(remedy);
    expect(said.trim().split('\n')).toHaveLength(2);
    expect(seen).toEqual(leavesNxCloudAlone === true ? {} : { noCloud: 'true' });

    const mustHave = await nxkeyRun(person, ['--require-cache', '--', process.execPath, '-e', look], env);
    expect(mustHave).toMatchObject({ code: required, stdout: '' });
    expect(mustHave.stderr).toContain(says);
  });

  it('does not wait for a server that says nothing', async () => {
    const mute = await startAnsweringServer({ [`/api/v1/workspaces/${unusedId}/access`]: silence });
    const { said, ...seen } = await seenBy(newDeveloper({ nxCloudId: unusedId, nxCloudUrl: mute.url }));
    expect(said).toContain('no complete answer came within 3 s');
    expect(seen).toEqual({ noCloud: 'true' });
  });

  it.each([
    [['--workspace', 'not-an-id', '--', 'true'], '--workspace takes an nxCloudId'],
    [['--server', 'http://cache.acme.example', '--', 'true'], 'only https is allowed'],
    [['--', ''], 'The command to run is empty'],
    [[], "missing required argument 'command'"],
  ])('runs nothing when its own command line is wrong: %j', async (args, says) => {
    const { code, stderr } = await nxkeyRun(newPerson(), args);
    expect(code).toBe(2);
    expect(stderr).toContain(says);
  });
});

describe('nxkey run stands in for the command', () => {
  it('with its arguments as they are, its input, its output and its exit code', async () => {
    const script =
      'process.stdin.on("data", (data) => console.log(JSON.stringify([...process.argv.slice(1), String(data)])))' +
      '.on("end", () => { console.error("to stderr"); process.exitCode = 7; })';
    const args = ['a b', '*', '$HOME', '"', "'", '', '--', '--json', '-V'];
    const { code, stdout, stderr } = await nxkeyRun(
      newPerson(),
      ['--', process.execPath, '-e', script, '--', ...args],
      {},
      'typed',
    );
    expect(JSON.parse(stdout)).toEqual([...args, 'typed']);
    expect(stderr).toContain('to stderr');
    expect(code).toBe(7);
  });

  it('exits with 127 where there is no such command, and with 126 where it cannot be started', async () => {
    const person = newPerson();
    const missing = await nxkeyRun(person, ['--', 'no-such-command']);
    expect(missing.code).toBe(127);
    expect(missing.stderr).toContain('There is no program "no-such-command".');
    expect(missing.stderr).toContain('npx no-such-command');

    writeFileSync(join(person.home, 'notes.txt'), 'not a program');
    const notExecutable = await nxkeyRun(person, ['--', './notes.txt']);
    expect(notExecutable.code).toBe(126);
    expect(notExecutable.stderr).toContain('"./notes.txt" could not be started: it may not be executed.');
  });

  it.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
    ['SIGHUP', 129],
  ] as const)('passes %s on, and exits with %d when the command ends by it', async (signal, code) => {
    const script = 'console.error("ready"); setInterval(() => undefined, 1000)';
    const { home, env } = newPerson();
    const running = start(programs.nxkey, ['run', '--', process.execPath, '-e', script], { cwd: home, env });
    await running.waitFor(/ready/);
    running.process.kill(signal);
    expect((await running.finished).code).toBe(code);
  });

  it('waits for a command that takes its time to clean up, and exits with its code', async () => {
    const script = `
      process.once("SIGTERM", () => setTimeout(() => { console.error("cleaned up"); process.exit(3); }, 3500));
      console.error("ready");
      setInterval(() => undefined, 1000);`;
    const { home, env } = newPerson();
    const running = start(programs.nxkey, ['run', '--', process.execPath, '-e', script], { cwd: home, env });
    await running.waitFor(/ready/);
    running.process.kill('SIGTERM');
    const { code, stderr } = await running.finished;
    expect(stderr).toContain('cleaned up');
    expect(code).toBe(3);
  });
});

describeWith(terminalPart, 'nxkey run on a terminal', () => {
  it('lets Ctrl-C reach the command once, from the terminal itself', async () => {
    const script = `
      let times = 0;
      process.on("SIGINT", () => {
        times += 1;
        if (times === 1) setTimeout(() => { console.error("interrupted " + times + " time"); process.exit(5); }, 500);
      });
      console.error("ready");
      setInterval(() => undefined, 1000);`;
    const { home, env } = newPerson();
    writeFileSync(join(home, 'wait.cjs'), script);
    const running = onTerminal(['run', '--', process.execPath, 'wait.cjs'], env, home);
    await running.waitFor(/ready/);
    running.type('\x03');
    const { code, stderr } = await running.finished;
    expect(stderr).toContain('interrupted 1 time');
    expect(code).toBe(5);
  });
});
