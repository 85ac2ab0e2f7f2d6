import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/errors.js';
import { configurationOf } from '../../src/nx-workspace/configuration.js';
import { findServerUrlAround } from '../../src/nx-workspace/find-server-url.js';
import { parseNxJson } from '../../src/nx-workspace/nx-json.js';
import { findServerUrl, resolveServerUrl } from '../../src/nx-workspace/server-url.js';
import { tempDir } from '../support/temp-dir.js';

const workspace = configurationOf(
  parseNxJson(`{
  "nxCloudUrl": "https://top.example/",
  "tasksRunnerOptions": {
    "default": { "options": { "url": "https://runner.example" } },
  },
}`),
);
const env = { NX_CLOUD_API: 'https://api.example', NRWL_API: 'https://old.example' };

describe("the server's URL", () => {
  it.each([
    [
      'the argument',
      { argument: 'https://given.example', env, workspace },
      'https://given.example',
      'the command line',
    ],
    ['NX_CLOUD_API', { env, workspace }, 'https://api.example', 'NX_CLOUD_API'],
    ['NRWL_API', { env: { NRWL_API: 'https://old.example' }, workspace }, 'https://old.example', 'NRWL_API'],
    [
      'NRWL_API behind an empty NX_CLOUD_API',
      { env: { ...env, NX_CLOUD_API: '' }, workspace },
      'https://old.example',
      'NRWL_API',
    ],
    [
      'the runner options',
      { env: {}, workspace },
      'https://runner.example',
      'tasksRunnerOptions.default.options.url in nx.json',
    ],
    [
      'nxCloudUrl',
      { env: {}, workspace: configurationOf(parseNxJson('{ "nxCloudUrl": "https://TOP.example:443/" }')) },
      'https://top.example',
      'nxCloudUrl in nx.json',
    ],
  ])('is that of %s, when nothing before it names one', (_, sources, url, source) => {
    expect(resolveServerUrl(sources)).toEqual({ url, source });
  });

  it('is nobody’s when nobody named one', () => {
    expect(findServerUrl({ env: {} })).toBeUndefined();
    expect(() => resolveServerUrl({ env: {}, workspace: { serverUrls: [] } })).toThrow(UsageError);
  });

  it.each([
    [{ argument: 'http://cache.example', env }, /^The server's URL from the command line cannot be used: plain http/],
    [{ argument: '', env }, /^The server's URL from the command line cannot be used: it is not a URL\.$/],
    [
      { env: { NX_CLOUD_API: 'ftp://x' } },
      /^The server's URL from NX_CLOUD_API cannot be used: it is not an https URL\.$/,
    ],
    [
      { env: { NRWL_API: 'https://me:secret@x' } },
      /^The server's URL from NRWL_API cannot be used: it contains a user name or password\.$/,
    ],
    [
      { env: {}, workspace: configurationOf(parseNxJson('{ "nxCloudUrl": "https://x?y" }')) },
      /^The server's URL from nxCloudUrl in nx\.json cannot be used: it contains a query/,
    ],
  ])('that cannot be used is refused with the place it came from, and no other is taken: %j', (sources, message) => {
    expect(() => findServerUrl(sources)).toThrow(message);
    expect(() => findServerUrl(sources)).toThrow(UsageError);
  });

  it('is found in the workspace around a folder', async () => {
    const root = tempDir();
    writeFileSync(join(root, 'nx.json'), '{ "nxCloudUrl": "https://cache.example" }');
    mkdirSync(join(root, 'apps', 'shop'), { recursive: true });
    const found = await findServerUrlAround(join(root, 'apps', 'shop'), { env: {} });
    expect(found).toEqual({ url: 'https://cache.example', source: 'nxCloudUrl in nx.json' });
  });

  it('does not depend on a broken nx.json when it is given', async () => {
    const root = tempDir();
    writeFileSync(join(root, 'nx.json'), '{');
    await expect(findServerUrlAround(root, { argument: 'localhost:4000', env: {} })).resolves.toMatchObject({
      url: 'https://localhost:4000',
    });
    await expect(findServerUrlAround(root, { env: {} })).rejects.toThrow('nx.json:1:2: this is not valid JSON');
  });
});
