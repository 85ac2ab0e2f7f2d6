import { randomBytes } from 'node:crypto';
import { expect, it, onTestFinished } from 'vitest';
import { startTestServer } from '../../server/test/support/test-server.js';
import type { CiAccessLevel } from '../../src/protocol/wire-types.js';
import { startRun, writeResult, type TestRun } from './test-run.js';

/** Runs in one workspace, each with the key given and a token of its own. */
async function workspace() {
  const server = await startTestServer();
  onTestFinished(() => server.close());
  const nxJson = { nxCloudUrl: server.url, nxCloudId: server.workspace.nxCloudId };
  return {
    run: async (key?: string, access: CiAccessLevel = 'read-write'): Promise<TestRun> => {
      const token = await server.addCiToken(access);
      return startRun({
        nxJson,
        env: { NX_CLOUD_ACCESS_TOKEN: token, ...(key !== undefined && { NX_CLOUD_ENCRYPTION_KEY: key }) },
      });
    },
  };
}

/** What Nx does for a task that nobody has run yet. As for Nx, another key makes another hash. */
async function build(run: TestRun, hash: string): Promise<string> {
  expect(await run.cache.retrieve(hash, run.cacheDirectory)).toBe(null);
  writeResult(run, hash, { 'app.js': hash });
  expect(await run.cache.store(hash, run.cacheDirectory, '', 0)).toBe(true);
  return run.end();
}

const fix = 'Give all of the team, and CI, the same NX_CLOUD_ENCRYPTION_KEY.\n';

it('warns who has another key than the others, though nothing of theirs is ever found', async () => {
  const { run } = await workspace();
  expect(await build(await run('one key'), '1')).toBe('');
  expect(await build(await run('one key'), '2')).toBe('');
  expect(await build(await run('another key'), '3')).toBe(
    'warning: The results of others cannot be used. Others have stored them today with another encryption key than the ' +
      `one here.\n${fix}`,
  );
  expect(await build(await run('one key'), '4')).toBe('');
});

it('warns who has no key where others have one', async () => {
  const { run } = await workspace();
  expect(await build(await run('one key'), '1')).toBe('');
  expect(await build(await run(), '2')).toBe(
    'warning: The results of others cannot be used. Others have stored them today encrypted, and no key is set here.\n' +
      fix,
  );
});

it('says nothing where nobody has stored anything encrypted yet', async () => {
  const { run } = await workspace();
  expect(await build(await run(), '1')).toBe('');
  expect(await build(await run('one key'), '2')).toBe('');
});

it('lets nobody warn the others who may not store for them', async () => {
  const { run } = await workspace();
  expect(await build(await run('a key of a pull request', 'read-only'), '1')).toBe('');
  expect(await build(await run('one key'), '2')).toBe('');
  expect(await build(await run('one key'), '3')).toBe('');
});

it('says nothing where all is found', async () => {
  const { run } = await workspace();
  expect(await build(await run('one key'), '1')).toBe('');
  const hit = await run('one key');
  expect(await hit.cache.retrieve('1', hit.cacheDirectory)).not.toBe(null);
  expect(hit.end()).toBe('');
});

it('reads no more of what somebody has put in its place than it could have left there itself', async () => {
  const { run } = await workspace();
  const planter = await run();
  const name = `nxkey-key-check-${new Date().toISOString().slice(0, 10)}`;
  writeResult(planter, name, { large: randomBytes(4 * 1024 * 1024).toString('base64') });
  expect(await planter.cache.store(name, planter.cacheDirectory, '', 0)).toBe(true);
  expect(await build(await run(), '1')).toBe('');
  expect(await build(await run('one key'), '2')).toContain('The results of others cannot be used.');
});
