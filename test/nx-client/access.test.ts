import { beforeAll, expect, it } from 'vitest';
import { ask, administrator } from '../../server/test/support/administration.js';
import { startTestServer, type TestServer, type TestUser } from '../../server/test/support/test-server.js';
import { formatToken } from '../../src/protocol/tokens.js';
import { paths } from '../../src/protocol/paths.js';
import { recordToken } from '../support/ledger.js';
import { atTheEndOfTheFile } from '../support/temp-dir.js';
import { startRun, writeResult, type TestRun, type TestRunOptions } from './test-run.js';

let server: TestServer;
let ciToken: string;
const atTheEnd = atTheEndOfTheFile();
beforeAll(async () => {
  server = await startTestServer();
  atTheEnd(() => server.close());
  ciToken = await server.addCiToken('read-write');
});

let count = 0;
async function newMember(): Promise<{ user: TestUser; token: string }> {
  const user = await server.addUser({ email: `grace${++count}@acme.example` });
  return { user, token: await server.addToken(user) };
}

interface Who {
  ciToken?: string;
  token?: string;
}

function runIn(nxCloudId: string, { ciToken, token }: Who, options: TestRunOptions = {}): TestRun {
  const env = {
    ...(ciToken !== undefined && { NX_CLOUD_ACCESS_TOKEN: ciToken }),
    ...(token !== undefined && { NX_CLOUD_PERSONAL_ACCESS_TOKEN: token }),
  };
  return startRun({ nxJson: { nxCloudUrl: server.url, nxCloudId }, env, ...options });
}

async function store(run: TestRun, hash: string, content = 'compiled'): Promise<boolean> {
  writeResult(run, hash, { 'app.js': content });
  return run.cache.store(hash, run.cacheDirectory, content, 0);
}

const retrieve = (run: TestRun, hash: string) => run.cache.retrieve(hash, run.cacheDirectory);

it('keeps what was stored first', async () => {
  const { nxCloudId } = await server.addWorkspace('first', 'default');
  const [first, second] = [await newMember(), await newMember()].map(({ token }) => runIn(nxCloudId, { token }));
  if (first === undefined || second === undefined) throw new Error('two');
  expect(await store(first, '1', 'first')).toBe(true);
  expect(await store(second, '1', 'second')).toBe(false);
  const third = runIn(nxCloudId, {});
  expect(await retrieve(third, '1')).toMatchObject({ terminalOutput: 'first' });
  expect(first.end() + second.end() + third.end()).toBe('');
});

it('tells a person who may only read how many results were not stored', async () => {
  const workspace = await server.addWorkspace('read-only', 'recommended');
  const ci = await server.addCiToken('read-write', { workspaceId: workspace.id });
  const { token } = await newMember();
  expect(await store(runIn(workspace.nxCloudId, { ciToken: ci }), '1')).toBe(true);

  const reader = runIn(workspace.nxCloudId, { token });
  expect(await retrieve(reader, '1')).not.toBe(null);
  expect(reader.end()).toBe('');

  const run = runIn(workspace.nxCloudId, { token });
  expect([await store(run, '2'), await store(run, '3')]).toEqual([false, false]);
  const text = run.end();
  expect(text).toMatch(/^warning: 2 results of this run were not stored in the remote cache\. You may only read it: /);
  expect(text).toContain('you are a member of acme, and personal access tokens are read-only in read-only');
  expect(text).toContain('NX_CLOUD_ACCESS_TOKEN');
  expect(text.split('\n')).toHaveLength(3);
});

it('lets a read-only CI access token store into its own scope, and says nothing', async () => {
  const run = runIn(server.workspace.nxCloudId, { ciToken: await server.addCiToken('read-only') });
  expect(await store(run, 'isolated')).toBe(true);
  expect(await retrieve(run, 'isolated')).not.toBe(null);
  expect(await retrieve(runIn(server.workspace.nxCloudId, { ciToken }), 'isolated')).toBe(null);
  expect(run.end()).toBe('');
});

it('tells somebody who is not logged in, where nobody may read without, what to type', async () => {
  const { nxCloudId } = await server.addWorkspace('closed', 'recommended');
  const run = runIn(nxCloudId, {});
  expect([await retrieve(run, '1'), await store(run, '2')]).toEqual([null, false]);
  expect(run.end()).toBe(
    `warning: No remote cache for this run. ${server.url} gives you no access: no token was sent; anonymous access is off.\n` +
      `Log in:  npx nx-cloud login ${server.url}\n`,
  );
});

it('tells somebody whose nxCloudId the server does not know', async () => {
  const run = runIn('0123456789abcdef01234567', {});
  expect(await retrieve(run, '1')).toBe(null);
  expect(run.end()).toContain(`${server.url} has no workspace with the nxCloudId 0123456789abcdef01234567.`);
});

it('prints what nx.json has in place of an nxCloudId in one line, without what a terminal would obey', async () => {
  const run = runIn('\u001b[2J\nwarning: All is well.', {});
  expect(await retrieve(run, '1')).toBe(null);
  const [first, ...others] = run.end().split('\n');
  expect(first).toBe(
    `warning: No remote cache for this run. ${server.url} has no workspace with the nxCloudId warning: All is well..`,
  );
  expect(others).toEqual(['Check the nxCloudId in nx.json with an owner of your organization.', '']);
  const ci = runIn('\u001b[2J\nwarning: All is well.', { ciToken });
  expect(await retrieve(ci, '1')).toBe(null);
  const text = ci.end();
  expect(text).toContain('than the nxCloudId warning: All is well..');
  expect(text).not.toContain('\u001b');
  expect(text.split('\n')).toHaveLength(3);
});

it('tells nobody to log in to a workspace that nobody has claimed, since that would not help', async () => {
  const made = await fetch(`${server.url}/nx-cloud/v2/create-org-and-workspace`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ workspaceName: 'new', installationSource: 'nx-connect' }),
  });
  const { nxCloudId } = (await made.json()) as { nxCloudId: string };
  const run = runIn(nxCloudId, {});
  expect(await retrieve(run, '1')).toBe(null);
  const text = run.end();
  expect(text).toContain('nobody has claimed this workspace yet: open the link that "nx connect" printed');
  expect(text).not.toContain('Log in');
  expect(text.split('\n')).toHaveLength(2);
});

it('tells that a token is not accepted, and never takes anonymous access instead', async () => {
  const { nxCloudId } = server.workspace;
  const unknown = { token: formatToken('personal', 'A'.repeat(30)), ciToken: formatToken('ci', 'B'.repeat(30)) };
  recordToken(unknown.token);
  recordToken(unknown.ciToken);
  const person = runIn(nxCloudId, { token: unknown.token });
  const ci = runIn(nxCloudId, { ciToken: unknown.ciToken });
  expect([await retrieve(person, '1'), await retrieve(ci, '1')]).toEqual([null, null]);
  const personSays = person.end();
  expect(personSays).toContain(`${server.url} does not accept the token.`);
  // A login would be shadowed by the variable, and is refused while it is set.
  expect(personSays).toContain(
    'It comes from the variable NX_CLOUD_PERSONAL_ACCESS_TOKEN. Set that to a valid one, or unset it',
  );
  expect(personSays).not.toContain('login http');
  const ciSays = ci.end();
  expect(ciSays).toContain(`${server.url} does not accept the CI access token: it is damaged, expired or revoked.`);
  expect(ciSays).toContain(
    'Set NX_CLOUD_ACCESS_TOKEN in the CI secrets to a new one:  npx nx-cloud ci-token create --help',
  );
});

it('tells that a CI access token is for another workspace', async () => {
  const { nxCloudId } = await server.addWorkspace('other', 'default');
  const run = runIn(nxCloudId, { ciToken });
  expect(await retrieve(run, '1')).toBe(null);
  expect(run.end()).toContain(
    `The CI access token is for another workspace, shop of acme, than the nxCloudId ${nxCloudId}.`,
  );
});

it('stops at once when the token is revoked during the run', async () => {
  const { token } = await newMember();
  const run = runIn(server.workspace.nxCloudId, { token });
  expect(await store(run, 'before')).toBe(true);
  await server.services.personalAccessTokens.revokeSecret(token, { ipAddress: null, requestId: null });
  expect([await retrieve(run, 'before'), await store(run, 'after')]).toEqual([null, false]);
  expect(run.end()).toBe(
    'warning: The remote cache was left alone for the rest of this run. ' +
      `${server.url} does not accept your personal access token any more: it is expired or revoked.\n` +
      `Log in again:  npx nx-cloud login ${server.url}\n`,
  );
});

it('stops at once when a person is removed from the organization during the run, and says why', async () => {
  const { nxCloudId } = await server.addWorkspace('left', 'recommended');
  const { user, token } = await newMember();
  const run = runIn(nxCloudId, { token });
  expect(await retrieve(run, '1')).toBe(null);
  const owner = await administrator(server, server.owner);
  await owner.ask('DELETE', paths.member('acme', user.id));
  expect([await retrieve(run, '2'), await retrieve(run, '3')]).toEqual([null, null]);
  const text = run.end();
  expect(text).toContain('warning: The remote cache was left alone for the rest of this run.');
  expect(text).toContain('gives you no access any more: you are not a member of acme; anonymous access is off.');
});

it('tells how many results were not stored when the right to write ended during the run', async () => {
  const { nxCloudId } = await server.addWorkspace('narrowed', 'default');
  const { token } = await newMember();
  const run = runIn(nxCloudId, { token });
  expect(await store(run, '1')).toBe(true);
  const owner = await administrator(server, server.owner);
  await ask(server, {
    method: 'PATCH',
    path: paths.workspace(nxCloudId),
    body: { patLevel: 'read-only' },
    token: owner.token,
  });
  expect([await store(run, '2'), await store(run, '3')]).toEqual([false, false]);
  expect(await retrieve(run, '1')).not.toBe(null);
  expect(run.end()).toMatch(
    /^warning: 2 results of this run were not stored in the remote cache\. You may only read it: /,
  );
});

it('asks nobody and prints nothing where the cache is switched off', async () => {
  const { nxCloudId } = server.workspace;
  const before = server.log();
  const switchedOff: TestRunOptions[] = [
    { env: { NX_NO_CLOUD: 'true' } },
    { env: { NX_SKIP_REMOTE_CACHE: 'true' } },
    { options: { skipRemoteCache: true } },
    { options: { cloud: false } },
    { args: ['run-many', '--no-cloud'] },
    { nxJson: { nxCloudUrl: server.url, nxCloudId, neverConnectToCloud: true } },
  ];
  for (const options of switchedOff) {
    const run = runIn(nxCloudId, {}, options);
    expect([await retrieve(run, '1'), await store(run, '2')]).toEqual([null, false]);
    expect(run.end()).toBe('');
  }
  expect(server.log()).toBe(before);
  // What stands behind `--` is the task's.
  const run = runIn(nxCloudId, {}, { args: ['build', '--', '--no-cloud'] });
  expect(await store(run, 'not-ours')).toBe(true);
});
