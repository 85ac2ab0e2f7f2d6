import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createCredentials } from '../../src/credentials/credentials.js';
import { createFileStore } from '../../src/credentials/file-store.js';
import { createLoginList } from '../../src/credentials/logins.js';
import { paths } from '../../src/protocol/paths.js';
import { json, startAnsweringServer, type AnsweringServer } from '../support/answering-server.js';
import { recordToken } from '../support/ledger.js';
import { tempDir } from '../support/temp-dir.js';
import { startRun, type TestRunOptions } from './test-run.js';

const nxCloudId = '63f1a2b3c4d5e6f708192a3b';
const otherId = '0a1b2c3d4e5f60718293a4b5';

/** Takes whoever comes for who they say they are. */
async function startServer(): Promise<AnsweringServer> {
  const mayWrite = (id: string) => json(200, { nxCloudId: id, level: 'read-write', because: 'so it is' });
  return startAnsweringServer({
    [paths.workspaceAccess(nxCloudId)]: mayWrite(nxCloudId),
    [paths.workspaceAccess(otherId)]: mayWrite(otherId),
    [paths.ciToken]: json(200, {
      nxCloudId,
      accessLevel: 'read-write',
      workspace: { name: 'shop' },
      organization: { slug: 'acme', name: 'Acme' },
    }),
  });
}

function token(name: string): string {
  const made = `${name}-${Math.random().toString(36).slice(2)}`;
  recordToken(made);
  return made;
}

/** The config folder of somebody who is logged in with a token in a file. */
async function loggedIn(serverUrl: string, personal: string): Promise<string> {
  const home = tempDir();
  const folder = join(home, 'nxkey');
  const store = createFileStore({ folder, platform: 'linux' });
  const credentials = createCredentials({ folder, platform: 'linux', store: () => Promise.resolve(store) });
  await credentials.save(loginOn(serverUrl, 'file'), personal);
  return home;
}

function loginOn(serverUrl: string, storage: 'file' | 'keychain') {
  const user = { name: 'Ada', email: 'ada@acme.example' };
  return { serverUrl, storage, user, tokenId: 'id', tokenName: 'laptop', loggedInAt: '2026-11-21T12:00:00.000Z' };
}

interface Asked {
  /** What the server got in the `authorization` header of the question and of the request that followed. */
  authorizations: (string | undefined)[];
  paths: string[];
  text: string;
}

async function retrieve(server: AnsweringServer, options: TestRunOptions, nxCloudEnv = ''): Promise<Asked> {
  server.requests.length = 0;
  const run = startRun({ nxJson: { nxCloudUrl: server.url, nxCloudId }, ...options });
  if (nxCloudEnv !== '') writeFileSync(join(run.root, 'nx-cloud.env'), nxCloudEnv);
  expect(await run.cache.retrieve('1', run.cacheDirectory)).toBe(null);
  // The one that follows a miss, see key-check.ts.
  const requests = server.requests.filter(({ path }) => !path.includes('/nxkey-key-check-'));
  return {
    authorizations: requests.map(({ headers }) => headers.authorization),
    paths: requests.map(({ path }) => path),
    text: run.end(),
  };
}

it('takes the first credential there is, in this order', async () => {
  const server = await startServer();
  const stored = token('stored');
  const committed = token('committed');
  const auth = token('auth');
  const access = token('access');
  const fileAuth = token('file-auth');
  const fileAccess = token('file-access');
  const personal = token('personal');
  let env: Record<string, string> = {
    NX_CLOUD_AUTH_TOKEN: auth,
    NX_CLOUD_ACCESS_TOKEN: access,
    NX_CLOUD_PERSONAL_ACCESS_TOKEN: personal,
  };
  let nxCloudEnv = `NX_CLOUD_AUTH_TOKEN=${fileAuth}\nNX_CLOUD_ACCESS_TOKEN=${fileAccess}\n`;
  let options: TestRunOptions = { options: { accessToken: committed }, home: await loggedIn(server.url, stored) };
  const expectUse = async (expected: string | undefined, path: string) => {
    const { authorizations, paths: asked, text } = await retrieve(server, { ...options, env }, nxCloudEnv);
    const header = expected === undefined ? undefined : `Bearer ${expected}`;
    expect(authorizations).toEqual([header, header]);
    expect(asked).toEqual([path, `${paths.remoteCache(nxCloudId)}/v1/cache/1`]);
    expect(text).toBe('');
  };
  const asPerson = paths.workspaceAccess(nxCloudId);

  await expectUse(auth, paths.ciToken);
  delete env['NX_CLOUD_AUTH_TOKEN'];
  await expectUse(access, paths.ciToken);
  delete env['NX_CLOUD_ACCESS_TOKEN'];
  await expectUse(fileAuth, paths.ciToken);
  nxCloudEnv = nxCloudEnv.replace(/^.*\n/, '');
  await expectUse(fileAccess, paths.ciToken);
  nxCloudEnv = '';
  await expectUse(personal, asPerson);
  env = {};
  await expectUse(stored, asPerson);
  delete options.home;
  await expectUse(committed, paths.ciToken);
  options = {};
  await expectUse(undefined, asPerson);
});

it('goes on without a token where the keychain does not give it out, and says so', async () => {
  const server = await startServer();
  const home = tempDir();
  const logins = createLoginList({ folder: join(home, 'nxkey'), platform: 'linux' });
  await logins.put(loginOn(server.url, 'keychain'));
  const { authorizations, text } = await retrieve(server, { home });
  expect(authorizations).toEqual([undefined, undefined]);
  expect(text).toMatch(/^warning: The remote cache was used without your personal access token\. The .+\n.+\n$/);

  server.answers[paths.workspaceAccess(nxCloudId)] = json(200, { nxCloudId, level: 'none', because: 'it is off' });
  expect((await retrieve(server, { home })).text).toMatch(/^warning: No remote cache for this run\. The .+\n.+\n$/);
});

it('takes the workspace and the server that Nx has found, before nx.json', async () => {
  const [server, other] = [await startServer(), await startServer()];
  const options = { url: `${server.url}/`, nxCloudId: otherId };
  const asked = await retrieve(server, { nxJson: { nxCloudUrl: other.url, nxCloudId }, options });
  expect(asked.paths).toEqual([paths.workspaceAccess(otherId), `${paths.remoteCache(otherId)}/v1/cache/1`]);
  expect(other.requests).toEqual([]);
});

it('takes the server of the environment before all others', async () => {
  const [server, other] = [await startServer(), await startServer()];
  const nxJson = { nxCloudUrl: other.url, nxCloudId };
  for (const name of ['NX_CLOUD_API', 'NRWL_API']) {
    const asked = await retrieve(server, { nxJson, options: { url: other.url }, env: { [name]: server.url } });
    expect(asked.paths).toHaveLength(2);
  }
  expect(other.requests).toEqual([]);
});

it('sends a stored login to its own server only, whatever server nx.json names', async () => {
  const [server, other] = [await startServer(), await startServer()];
  const home = await loggedIn(server.url, token('stored'));
  for (const options of [{ url: other.url }, {}]) {
    const asked = await retrieve(other, { nxJson: { nxCloudUrl: other.url, nxCloudId }, options, home });
    expect(asked.authorizations).toEqual([undefined, undefined]);
  }
  expect(server.requests).toEqual([]);
});

it('takes the committed token alone where nx.json has no id', async () => {
  const server = await startServer();
  const committed = token('committed');
  const asked = await retrieve(server, { nxJson: { nxCloudUrl: server.url }, options: { accessToken: committed } });
  expect(asked.authorizations).toEqual([`Bearer ${committed}`, `Bearer ${committed}`]);
});

it('names the branch for the scope of a read-only CI access token', async () => {
  const server = await startServer();
  const env = { NX_CLOUD_ACCESS_TOKEN: token('ci'), NX_BRANCH: 'feature/a' };
  const asked = await retrieve(server, { env });
  expect(asked.paths[1]).toBe(`${paths.remoteCache(nxCloudId, 'feature/a')}/v1/cache/1`);
});

it('says what is wrong with an nx.json that names no workspace, and with a server that must not be used', async () => {
  const server = await startServer();
  expect((await retrieve(server, { nxJson: { nxCloudUrl: server.url } })).text).toContain('There is no nxCloudId');
  const plain = await retrieve(server, { nxJson: { nxCloudUrl: 'http://cache.acme.example', nxCloudId } });
  expect(plain.text).toContain('plain http would send tokens unencrypted');
});

it('asks nobody before a result is wanted', async () => {
  const server = await startServer();
  const run = startRun({ nxJson: { nxCloudUrl: server.url, nxCloudId } });
  expect(run.end()).toBe('');
  expect(server.requests).toEqual([]);
});
