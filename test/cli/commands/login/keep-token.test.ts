import { chmodSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { keepToken } from '../../../../src/cli/commands/login/keep-token.js';
import type { Dependencies } from '../../../../src/cli/dependencies.js';
import { StorageUnavailable, type StorageKind } from '../../../../src/credentials/credential-store.js';
import { createCredentials } from '../../../../src/credentials/credentials.js';
import { createFileStore } from '../../../../src/credentials/file-store.js';
import { paths } from '../../../../src/protocol/paths.js';
import { anyToken } from '../../../credentials/credential-store-contract.js';
import { startDeviceServer } from '../../../device-flow/device-server.js';
import { json } from '../../../support/answering-server.js';
import { recordOutput } from '../../../support/ledger.js';
import { tempDir } from '../../../support/temp-dir.js';
import { collectingDependencies } from '../../collecting-dependencies.js';

/**
 * A server that knows every token, and real files; in the place of the keychain stands a second file store, in a folder
 * of its own.
 */
async function setUp() {
  const server = await startDeviceServer();
  const createdAt = '2026-11-21T10:00:00Z';
  let count = 0;
  server.answers[paths.me] = (request, response) => {
    const origin = { client: 'nxkey', hostName: null, ipAddress: null };
    const times = { createdAt, lastUsedAt: null, expiresAt: null };
    const token = { id: `token-${++count}`, name: `laptop ${count}`, ...times, origin };
    const user = { id: 'user-1', name: 'Ada Lovelace', email: 'ada@example.com' };
    json(200, { user, token, organizations: [] })(request, response);
  };

  const folder = join(tempDir(), 'nxkey');
  const keychainFolder = join(tempDir(), 'keychain');
  const store = (kind: StorageKind) =>
    Promise.resolve(createFileStore({ folder: kind === 'file' ? folder : keychainFolder, platform: 'linux' }));
  const { dependencies: base, printed } = collectingDependencies(folder);
  const dependencies: Dependencies = {
    ...base,
    clock: { ...base.clock, date: () => new Date(createdAt) },
    deviceFlow: () => Promise.resolve(server.flow),
    credentials: () => Promise.resolve(createCredentials({ folder, platform: 'linux', store })),
  };

  /** Keeps a token as a login does, and answers with what a person then reads. */
  async function keep(token: string, storage: StorageKind = 'file'): Promise<string> {
    printed.stderr = '';
    await keepToken({ serverUrl: server.url, token, storage }, dependencies);
    recordOutput('keepToken', printed.stderr);
    return printed.stderr;
  }
  const revoked = () =>
    server.requests.filter(({ path }) => path === paths.revocation).map(({ form }) => form.get('token'));
  return { server, folder, keychainFolder, store, keep, revoked };
}

describe('keeping a token', () => {
  it('revokes the one that it replaced, and no other, without a word', async () => {
    const { keep, revoked } = await setUp();
    const [first, second] = [anyToken(), anyToken()];
    expect(await keep(first)).toBe('');
    expect(revoked()).toEqual([]);
    expect(await keep(second)).toBe('');
    expect(revoked()).toEqual([first]);
  });

  it('revokes nothing when it is kept already', async () => {
    const { keep, revoked } = await setUp();
    const token = anyToken();
    await keep(token);
    expect(await keep(token)).toBe('');
    expect(revoked()).toEqual([]);
  });

  it('revokes, of several at once, all but the one that stays', async () => {
    const { server, keep, revoked, store } = await setUp();
    const tokens = Array.from({ length: 5 }, anyToken);
    await Promise.all(tokens.map((token) => keep(token)));
    const kept = await (await store('file')).read(server.url);
    expect(revoked().sort()).toEqual(tokens.filter((token) => token !== kept).sort());
    expect(tokens).toContain(kept);
  });

  it('warns about a previous token that is gone from its place, and says where to revoke it', async () => {
    const { server, folder, keep, revoked } = await setUp();
    await keep(anyToken());
    rmSync(join(folder, 'credentials.json'));
    expect(await keep(anyToken())).toBe(
      `! Your previous token "laptop 1" could not be read, so it was not revoked. ` +
        `If it is still valid, revoke it here: ${server.url}/tokens\n`,
    );
    expect(revoked()).toEqual([]);
  });

  it('warns about a previous token whose place refuses to give it out, and that it still lies there', async () => {
    const { server, keychainFolder, keep, revoked } = await setUp();
    await keep(anyToken(), 'keychain');
    chmodSync(join(keychainFolder, 'credentials.json'), 0o644);
    const told = await keep(anyToken());
    expect(told).toContain(`! The earlier token for ${server.url} could not be removed from its place: `);
    expect(told).toContain('! Your previous token "laptop 1" could not be read, so it was not revoked.');
    expect(revoked()).toEqual([]);
  });

  it('stands when the server does not revoke the previous token, and says so', async () => {
    const { server, keep, store } = await setUp();
    await keep(anyToken());
    server.answers[paths.revocation] = json(503, { error: 'temporarily_unavailable' });
    const token = anyToken();
    expect(await keep(token)).toMatch(
      /^! Your previous token "laptop 1" was not revoked: .*revoke it here: \S+\/tokens\n$/s,
    );
    expect(await (await store('file')).read(server.url)).toBe(token);
  });

  it('revokes nothing when the new one cannot be kept', async () => {
    const { folder, keep, revoked } = await setUp();
    await keep(anyToken());
    chmodSync(join(folder, 'credentials.json'), 0o644);
    await expect(keep(anyToken())).rejects.toBeInstanceOf(StorageUnavailable);
    expect(revoked()).toEqual([]);
  });
});
