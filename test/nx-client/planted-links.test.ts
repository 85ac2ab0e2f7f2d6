/** Links that a repository has brought along in Nx's cache folder, so that something is written or deleted elsewhere. */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../../server/test/support/test-server.js';
import { atTheEndOfTheFile, tempDir } from '../support/temp-dir.js';
import { startRun, writeResult, type TestRun } from './test-run.js';

const hash = '4711';

let server: TestServer;
let token: string;
const atTheEnd = atTheEndOfTheFile();
beforeAll(async () => {
  server = await startTestServer();
  atTheEnd(() => server.close());
  token = await server.addCiToken('read-write');
});

let elsewhere: string;
beforeEach(async () => {
  const first = newRun();
  writeResult(first, hash, { 'app.js': 'compiled' });
  await first.cache.store(hash, first.cacheDirectory, 'fine', 0);
  expect(first.end()).toBe('');
  elsewhere = tempDir();
  mkdirSync(join(elsewhere, 'folder'));
  writeFileSync(join(elsewhere, 'folder/file'), 'precious');
  writeFileSync(join(elsewhere, 'file'), 'precious');
});

function newRun(): TestRun {
  const nxJson = { nxCloudUrl: server.url, nxCloudId: server.workspace.nxCloudId };
  return startRun({ nxJson, env: { NX_CLOUD_ACCESS_TOKEN: token } });
}

function expectNothingChanged(): void {
  expect(readdirSync(elsewhere).sort()).toEqual(['file', 'folder']);
  expect(readdirSync(join(elsewhere, 'folder'))).toEqual(['file']);
  expect(readFileSync(join(elsewhere, 'folder/file'), 'utf8')).toBe('precious');
  expect(readFileSync(join(elsewhere, 'file'), 'utf8')).toBe('precious');
}

it.each(['folder', 'file', 'missing file'])(
  'a link to a %s where the result belongs is replaced, and what it leads to stays',
  async (name) => {
    const run = newRun();
    symlinkSync(join(elsewhere, name), join(run.cacheDirectory, hash));
    expect(await run.cache.retrieve(hash, run.cacheDirectory)).toMatchObject({ code: 0 });
    expect(lstatSync(join(run.cacheDirectory, hash)).isDirectory()).toBe(true);
    expect(readFileSync(join(run.cacheDirectory, hash, 'app.js'), 'utf8')).toBe('compiled');
    expectNothingChanged();
    expect(run.end()).toBe('');
  },
);

it.each(['file', 'missing file'])(
  'so is one to a %s where Nx before version 20 looks for whether there is a result',
  async (name) => {
    const run = newRun();
    const commit = join(run.cacheDirectory, `${hash}.commit`);
    symlinkSync(join(elsewhere, name), commit);
    expect(await run.cache.v1.retrieve(hash, run.cacheDirectory)).toBe(true);
    expect(lstatSync(commit).isFile()).toBe(true);
    expect(readFileSync(commit, 'utf8')).toBe('true');
    expect(existsSync(join(elsewhere, 'missing file'))).toBe(false);
    expectNothingChanged();
    expect(run.end()).toBe('');
  },
);

it.each(['folder', 'file', 'missing file'])(
  'so is one to a %s where artifacts are unpacked, and nothing is cleared away behind it',
  async (name) => {
    const longAgo = new Date(Date.now() - 48 * 60 * 60 * 1000);
    utimesSync(join(elsewhere, 'folder/file'), longAgo, longAgo);
    const run = newRun();
    symlinkSync(join(elsewhere, name), join(run.cacheDirectory, '.nxkey'));
    expect(await run.cache.retrieve(hash, run.cacheDirectory)).toMatchObject({ code: 0 });
    // What is stale is looked for meanwhile.
    expect(await run.cache.retrieve('missing', run.cacheDirectory)).toBe(null);
    writeResult(run, hash, { 'app.js': 'compiled' });
    expect(await run.cache.store(hash, run.cacheDirectory, '', 0)).toBe(false);
    expect(lstatSync(join(run.cacheDirectory, '.nxkey')).isDirectory()).toBe(true);
    expectNothingChanged();
    expect(run.end()).toBe('');
  },
);
