import { execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  createRotator,
  type Rotation,
  type RotationRequest,
  type RotatorOptions,
} from '../../../src/conversion/rotation/create-rotator.js';
import { createClaims } from '../../../src/conversion/rotation/claims.js';
import { rotateCommittedTokens } from '../../../src/conversion/rotation/rotate-committed-tokens.js';
import { parseSecretCommand } from '../../../src/conversion/rotation/secret-command.js';
import { AuthenticationRequired, Cancelled, UserError } from '../../../src/errors.js';
import type { CiAccessTokenInfo } from '../../../src/protocol/wire-types.js';
import type { AdministrationClient } from '../../../src/rest-client/administration-client.js';
import { createAdministrationClient } from '../../../src/rest-client/create-administration-client.js';
import { createRestClient } from '../../../src/rest-client/create-rest-client.js';
import { Refused } from '../../../src/rest-client/errors.js';
import { createHttp } from '../../../src/rest-client/http.js';
import { recordOutput, recordToken } from '../../support/ledger.js';
import { startServer, type TestServer } from '../../support/server.js';
import { atTheEndOfTheFile, tempDir } from '../../support/temp-dir.js';
import { secretStore } from './secret-store.js';

/** Against the built server, with a program of its own for the secret command. */

const atTheEnd = atTheEndOfTheFile();
let server: TestServer;
let personal: string;
let ada: AdministrationClient;
beforeAll(async () => {
  server = await startServer({ atTheEnd });
  personal = await server.createPat();
  ada = clientOf(personal);
});

const http = () => createHttp({ serverUrl: server.url, env: {}, userAgent: 'nxkey/test' });
const clientOf = (token: string) => createAdministrationClient(http(), token);

/** What the server says of a CI access token; `undefined` when it takes it no more. */
async function access(token: string): Promise<string | undefined> {
  try {
    return (await createRestClient(http()).ciToken(token)).accessLevel;
  } catch (error) {
    if (error instanceof AuthenticationRequired) return undefined;
    throw error;
  }
}

/** A workspace of the test's own, whose committed token the server has imported. */
async function workspaceWithToken(says = 'read-write'): Promise<{ nxCloudId: string; token: string }> {
  const { nxCloudId } = await ada.createWorkspace('acme', { name: 'shop' });
  const token = Buffer.from(`${randomUUID()}|${says}`).toString('base64');
  recordToken(token);
  await ada.importCiToken(nxCloudId, { name: 'nx.json', token });
  return { nxCloudId, token };
}

function repository(origin?: string): string {
  const folder = tempDir();
  const git = (...args: string[]) => execFileSync('git', ['-C', folder, ...args]);
  git('init', '--quiet');
  if (origin !== undefined) git('remote', 'add', 'origin', origin);
  return folder;
}

function rotator(command: string, options: Partial<RotatorOptions> = {}) {
  return createRotator({
    client: ada,
    claims: createClaims({ PATH: process.env['PATH'] }),
    command: parseSecretCommand(command),
    graceSeconds: 7 * 86_400,
    env: { PATH: process.env['PATH'] },
    cwd: tmpdir(),
    platform: process.platform,
    signal: new AbortController().signal,
    ...options,
  });
}

async function failureOf(rotation: Promise<Rotation>): Promise<UserError> {
  const error: unknown = await rotation.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof UserError)) throw new Error(`It did not fail as it should: ${String(error)}`);
  recordOutput('a failed rotation', `${error.message} ${error.remedy ?? ''}`);
  return error;
}

const names = (tokens: readonly CiAccessTokenInfo[]) => tokens.map(({ name }) => name).sort();

describe('a rotation', () => {
  it('hands a new token over, and lets the committed one work on until its grace is over', async () => {
    const { nxCloudId, token } = await workspaceWithToken();
    const store = secretStore();
    const folder = repository('https://ada:s3cret@github.com/acme/shop.git');
    const rest = ['-R', '{repo}', '--in', '{workspace}', '{nxCloudId}'];
    const rotate = rotator(store.command('store', 'NX_CLOUD_ACCESS_TOKEN', ...rest));
    const before = Date.now();
    const rotation = await rotate({ workspace: folder, committed: [{ token, nxCloudId }] });

    const stored = store.take();
    expect(stored.rest).toEqual(['-R', 'acme/shop', '--in', folder, nxCloudId]);
    expect([await access(stored.token), await access(token)]).toEqual(['read-write', 'read-write']);
    const [made, committed] = await ada.ciTokens(nxCloudId);
    expect(made).toMatchObject({ name: 'NX_CLOUD_ACCESS_TOKEN of acme/shop', expiresAt: null });
    expect(Date.parse(committed?.expiresAt ?? '') - before).toBeGreaterThanOrEqual(7 * 86_400_000);
    expect(rotation).toEqual({
      status: 'rotated',
      handedOver: [{ name: 'NX_CLOUD_ACCESS_TOKEN', accessLevel: 'read-write', id: made?.id }],
      ended: [{ id: committed?.id, name: 'nx.json', expiresAt: committed?.expiresAt }],
    });
    recordOutput('a rotation', JSON.stringify(rotation));
  });

  it('makes one token that writes and one that reads where the command has a name for each', async () => {
    const { nxCloudId, token } = await workspaceWithToken();
    const store = secretStore();
    const rotate = rotator(store.command('store', '{name}', '{access}'), { graceSeconds: 0 });
    await rotate({ workspace: repository(), committed: [{ token, nxCloudId }] });
    const [writes, reads] = [store.take(), store.take('NX_CLOUD_ACCESS_TOKEN_READ_ONLY')];
    expect([writes.rest, reads.rest]).toEqual([['read-write'], ['read-only']]);
    expect([await access(writes.token), await access(reads.token)]).toEqual(['read-write', 'read-only']);
    // No grace was given.
    expect(await access(token)).toBeUndefined();
  });

  it('lets CI do no more than it could with the committed token', async () => {
    const { nxCloudId, token } = await workspaceWithToken('read');
    const store = secretStore();
    await rotator(store.command('store'))({ workspace: repository(), committed: [{ token, nxCloudId }] });
    expect(await access(store.take().token)).toBe('read-only');
  });

  it('that was completed is recognized, and nothing is made or run again', async () => {
    const { nxCloudId, token } = await workspaceWithToken();
    const store = secretStore();
    const request = { workspace: repository(), committed: [{ token, nxCloudId }] };
    await rotator(store.command('store'))(request);
    const { token: handedOver } = store.take();
    const listed = await ada.ciTokens(nxCloudId);
    const again = await rotator(store.command('fail'))(request);
    expect(again).toMatchObject({ status: 'already-rotated', handedOver: [], ended: [{ name: 'nx.json' }] });
    expect(await ada.ciTokens(nxCloudId)).toMatchObject(
      listed.map(({ id, name, expiresAt }) => ({ id, name, expiresAt })),
    );
    expect(await access(handedOver)).toBe('read-write');
  });

  it('gives each repository of a workspace tokens of its own, also at the same time, and its clones the same ones', async () => {
    const { nxCloudId, token } = await workspaceWithToken();
    const store = secretStore();
    const rotate = rotator(store.command('store', '{repo}'));
    const rotations = ['shop', 'docs', 'docs'].map((name) =>
      rotate({
        workspace: repository(`git@github.com:acme/${name}.git`),
        committed: [{ token, nxCloudId }],
        isNamed: true,
      }),
    );
    const statuses = (await Promise.all(rotations)).map(({ status }) => status);
    expect(statuses).toEqual(['rotated', 'rotated', 'already-rotated']);
    const tokens = [store.take('acme/shop').token, store.take('acme/docs').token];
    expect(tokens[0] === tokens[1]).toBe(false);
    expect(await Promise.all(tokens.map(access))).toEqual(['read-write', 'read-write']);
    expect(names(await ada.ciTokens(nxCloudId))).toEqual([
      'NX_CLOUD_ACCESS_TOKEN of acme/docs',
      'NX_CLOUD_ACCESS_TOKEN of acme/shop',
      'nx.json',
    ]);
  });

  it('ends all tokens that a repository commits, and knows nothing to end of one that the server does not have', async () => {
    const { nxCloudId, token } = await workspaceWithToken();
    const created = await ada.createCiToken(nxCloudId, { name: 'in nx.json, too', accessLevel: 'read-only' });
    recordToken(created.token);
    const elsewhere = Buffer.from(`${randomUUID()}|read-write`).toString('base64');
    recordToken(elsewhere);
    const store = secretStore();
    const committed = [token, created.token, elsewhere].map((text) => ({ token: text, nxCloudId }));
    const rotation = await rotator(store.command('store'), { graceSeconds: 0 })({ workspace: repository(), committed });
    expect(rotation.ended.map(({ name }) => name).sort()).toEqual(['in nx.json, too', 'nx.json']);
    expect(await Promise.all(committed.map((each) => access(each.token)))).toEqual([undefined, undefined, undefined]);
    expect(await access(store.take().token)).toBe('read-write');
  });
});

describe('a command that fails', () => {
  it('leaves the committed token as it is, and no other', async () => {
    const { nxCloudId, token } = await workspaceWithToken();
    const before = await ada.ciTokens(nxCloudId);
    const rotate = rotator(secretStore().command('fail'), { graceSeconds: 0 });
    const { message } = await failureOf(rotate({ workspace: repository(), committed: [{ token, nxCloudId }] }));
    expect(message).toContain('ended with exit code 7. ');
    expect(message).toContain('The new token has been revoked again, and the committed one is as it was.');
    expect(await access(token)).toBe('read-write');
    expect(names(await ada.ciTokens(nxCloudId))).toEqual(names(before));
  });

  it('for the second of two tokens leaves the first in use, and the next run makes the second alone', async () => {
    const { nxCloudId, token } = await workspaceWithToken();
    const store = secretStore();
    const request = { workspace: repository(), committed: [{ token, nxCloudId }] };
    await failureOf(rotator(store.command('fail-for-read-only'), { graceSeconds: 0 })(request));
    const first = store.take().token;
    expect([await access(first), await access(token)]).toEqual(['read-write', 'read-write']);
    const { handedOver } = await rotator(store.command('store'), { graceSeconds: 0 })(request);
    expect(handedOver).toMatchObject([{ name: 'NX_CLOUD_ACCESS_TOKEN_READ_ONLY', accessLevel: 'read-only' }]);
    expect(await access(store.take('NX_CLOUD_ACCESS_TOKEN_READ_ONLY').token)).toBe('read-only');
    expect([await access(first), await access(token)]).toEqual(['read-write', undefined]);
  });

  it('while the server goes away: says which token to revoke by hand', async () => {
    const { nxCloudId, token } = await workspaceWithToken();
    let made = '';
    const failed = rotateCommittedTokens({
      client: ada,
      nxCloudId,
      committed: [token],
      repository: undefined,
      readOnlyToo: false,
      graceSeconds: 0,
      refuse: () => undefined,
      deliver: async (secret) => {
        recordToken(secret);
        made = secret;
        await server.stop();
        throw new UserError('The command store ended with exit code 1.', { remedy: 'Try it by hand.' });
      },
    });
    const { message, remedy } = await failureOf(failed);
    await server.restart();
    expect(message).toContain(
      'The command store ended with exit code 1. The committed token is as it was. The new one could not be revoked: ',
    );
    const [pending] = (await ada.ciTokens(nxCloudId)).filter(({ legacy }) => !legacy);
    expect(remedy).toBe(
      `Try it by hand.\nRevoke it:  npx nxkey ci-token revoke ${pending?.id ?? ''} --workspace ${nxCloudId}`,
    );
    expect([await access(made), await access(token)]).toEqual(['read-write', 'read-write']);
  });
});

describe('a run that ends in the middle', () => {
  const process = fileURLToPath(new URL('./rotate.ts', import.meta.url));

  it('by kill -9 is completed by the next: nothing that CI may have breaks, and nothing is left without an end', async () => {
    const { nxCloudId, token } = await workspaceWithToken();
    const store = secretStore();
    const request = { workspace: repository(), committed: [{ token, nxCloudId }] };
    const child = spawn(globalThis.process.execPath, ['--import', 'tsx', process], {
      env: {
        PATH: globalThis.process.env['PATH'],
        SERVER: server.url,
        PERSONAL: personal,
        COMMAND: store.command('hang'),
        WORKSPACE: request.workspace,
        COMMITTED: token,
        NX_CLOUD_ID: nxCloudId,
      },
      stdio: 'ignore',
    });
    // The command has stored the token and has not ended yet.
    const perhapsInUse = (await store.wait()).token;
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await ada.ciTokens(nxCloudId)).toMatchObject([
      { name: 'NX_CLOUD_ACCESS_TOKEN (not handed over yet)', expiresAt: null },
      { name: 'nx.json', expiresAt: null },
    ]);

    const rotation = await rotator(store.command('store', 'NX_CLOUD_ACCESS_TOKEN'))(request);
    expect(rotation).toMatchObject({ status: 'rotated', handedOver: { length: 1 }, ended: [{ name: 'nx.json' }] });
    const handedOver = store.take().token;
    const listed = await ada.ciTokens(nxCloudId);
    expect(listed.filter(({ expiresAt }) => expiresAt === null)).toMatchObject([{ name: 'NX_CLOUD_ACCESS_TOKEN' }]);
    expect(names(listed)).toEqual(['NX_CLOUD_ACCESS_TOKEN', 'NX_CLOUD_ACCESS_TOKEN (not handed over yet)', 'nx.json']);
    expect(await Promise.all([perhapsInUse, handedOver, token].map(access))).toEqual(Array(3).fill('read-write'));
    expect(await rotator(store.command('fail', 'x'))(request)).toMatchObject({ status: 'already-rotated' });
  });

  it('by Ctrl-C ends the command and touches nothing more', async () => {
    const { nxCloudId, token } = await workspaceWithToken();
    const store = secretStore();
    const controller = new AbortController();
    const rotate = rotator(store.command('hang', 'NX_CLOUD_ACCESS_TOKEN'), { signal: controller.signal });
    const failed = failureOf(rotate({ workspace: repository(), committed: [{ token, nxCloudId }] }));
    await store.wait();
    controller.abort(new Cancelled());
    expect(await failed).toBeInstanceOf(Cancelled);
    expect(await access(token)).toBe('read-write');
  });

  it('before the committed token got its end: that is all that is left to do', async () => {
    const { nxCloudId, token } = await workspaceWithToken();
    await ada.createCiToken(nxCloudId, { name: 'NX_CLOUD_ACCESS_TOKEN', accessLevel: 'read-write' }).then((made) => {
      recordToken(made.token);
    });
    const rotate = rotator(secretStore().command('fail', 'x'), { graceSeconds: 0 });
    const rotation = await rotate({ workspace: repository(), committed: [{ token, nxCloudId }] });
    expect(rotation).toMatchObject({ status: 'rotated', handedOver: [], ended: [{ name: 'nx.json' }] });
    expect(await access(token)).toBeUndefined();
  });
});

describe('no token is made', () => {
  const refused = async (rotate: ReturnType<typeof rotator>, request: RotationRequest) => {
    const nxCloudId = request.committed.at(0)?.nxCloudId ?? '';
    const before = await ada.ciTokens(nxCloudId);
    const error = await failureOf(rotate(request));
    expect(await ada.ciTokens(nxCloudId)).toEqual(before);
    return error;
  };

  it('for somebody who is no admin of the organization', async () => {
    const { nxCloudId, token } = await workspaceWithToken();
    await ada.addMember('acme', { email: 'grace@acme.example' });
    const grace = clientOf(await server.createPat('grace@acme.example'));
    const rotate = rotator(secretStore().command('store'), { client: grace });
    const error = await refused(rotate, { workspace: repository(), committed: [{ token, nxCloudId }] });
    expect(error).toBeInstanceOf(Refused);
    expect(error.message).toContain('for its owners and admins');
  });

  it.each([
    ['of a folder without a repository', () => tempDir(), 'is in no git repository'],
    ['of a repository without a remote', () => repository(), 'No such remote'],
    ['of a clone of a folder', () => repository('/srv/ada:s3cret@x/shop.git'), 'is no repository of a host'],
  ])('for the CI %s, if the command has to name it', async (_, workspace, says) => {
    const { nxCloudId, token } = await workspaceWithToken();
    const rotate = rotator(secretStore().command('store', '{name}', '{repo}'));
    const { message, remedy } = await refused(rotate, { workspace: workspace(), committed: [{ token, nxCloudId }] });
    expect(message).toContain('No token was rotated: --secret-command wants {repo}.');
    expect(message).toContain(says);
    expect(`${message} ${remedy ?? ''}`).not.toContain('s3cret');
  });

  describe('for a repository with the token of a workspace that is somebody else’s', () => {
    const shop = () => repository('git@github.com:acme/shop.git');
    const other = () => repository('git@github.com:acme/other.git');

    it('as the run has seen it in the other repository, too, whichever comes first', async () => {
      const { nxCloudId, token } = await workspaceWithToken();
      const claims = createClaims({ PATH: process.env['PATH'] });
      const folders = [shop(), other()];
      for (const folder of folders) await claims.add(folder, nxCloudId);
      const store = secretStore();
      const rotate = rotator(store.command('store', 'NX_CLOUD_ACCESS_TOKEN', '{repo}'), { claims });
      for (const [index, workspace] of folders.entries()) {
        const { message, remedy } = await refused(rotate, { workspace, committed: [{ token, nxCloudId }] });
        const name = index === 0 ? 'acme/other' : 'acme/shop';
        expect(message).toContain(`a token of the workspace ${nxCloudId}, which ${name} has, too.`);
        expect(remedy).toContain('--map <file>');
      }
      // A person has said that it is theirs.
      const [workspace = ''] = folders;
      expect(await rotate({ workspace, committed: [{ token, nxCloudId }], isNamed: true })).toMatchObject({
        status: 'rotated',
      });
      store.take();
    });

    it('as the server knows from an earlier run, which has handed tokens to the other repository', async () => {
      const { nxCloudId, token } = await workspaceWithToken();
      const store = secretStore();
      const rotate = rotator(store.command('store', 'NX_CLOUD_ACCESS_TOKEN', '{repo}'));
      await rotate({ workspace: shop(), committed: [{ token, nxCloudId }] });
      store.take();
      const { message } = await refused(rotate, { workspace: other(), committed: [{ token, nxCloudId }] });
      expect(message).toContain('which acme/shop has, too.');
      expect(await rotate({ workspace: shop(), committed: [{ token, nxCloudId }] })).toMatchObject({
        status: 'already-rotated',
      });
    });
  });

  it('for a repository with two workspaces of different ids, whose tokens would get the same secret', async () => {
    const [one, two] = [await workspaceWithToken(), await workspaceWithToken()];
    const claims = createClaims({ PATH: process.env['PATH'] });
    const folder = repository('git@github.com:acme/mono.git');
    for (const { nxCloudId } of [one, two]) await claims.add(folder, nxCloudId);
    const rotate = rotator(secretStore().command('store', '{name}', '{repo}'), { claims });
    const { message } = await refused(rotate, { workspace: folder, committed: [one] });
    expect(message).toContain('acme/mono has workspaces with 2 nxCloudIds');
    const store = secretStore();
    const apart = rotator(store.command('store', '{name}', '{repo}', '{nxCloudId}'), { claims });
    expect(await apart({ workspace: folder, committed: [one] })).toMatchObject({ status: 'rotated' });
    for (const name of ['NX_CLOUD_ACCESS_TOKEN', 'NX_CLOUD_ACCESS_TOKEN_READ_ONLY']) store.take(name);
  });

  it('for a repository that commits tokens of two workspaces, since one secret cannot be both', async () => {
    const [shop, docs] = [await workspaceWithToken(), await workspaceWithToken()];
    const rotate = rotator(secretStore().command('store'));
    const { message } = await refused(rotate, { workspace: repository(), committed: [shop, docs] });
    expect(message).toContain('tokens of 2 workspaces');
  });
});
