import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { configurationOf, readWorkspaceConfiguration } from '../../src/nx-workspace/configuration.js';
import { findWorkspace, workspaceAt } from '../../src/nx-workspace/find-workspace.js';
import { parseNxJson } from '../../src/nx-workspace/nx-json.js';
import { tempDir } from '../support/temp-dir.js';

const [topId, runnerId, otherId] = ['0'.repeat(24), '1'.repeat(24), '2'.repeat(24)];
const cloudEntry = (id: string) =>
  `{ "runner": "nx-cloud", "options": { "nxCloudId": "${id}", "url": "https://${id}.example" } }`;

describe('the nxCloudId of a workspace', () => {
  it.each([
    [
      'that of the default runner, before all others',
      `{ "nxCloudId": "${topId}", "tasksRunnerOptions": { "ci": ${cloudEntry(otherId)}, "default": ${cloudEntry(runnerId)} } }`,
      runnerId,
    ],
    [
      'that at the top level, before other runners',
      `{ "nxCloudId": "${topId}", "tasksRunnerOptions": { "ci": ${cloudEntry(otherId)} } }`,
      topId,
    ],
    ['that of another cloud runner', `{ "tasksRunnerOptions": { "ci": ${cloudEntry(otherId)} } }`, otherId],
    ['the last of two', `{ "nxCloudId": "${topId}", "nxCloudId": "${runnerId}" }`, runnerId],
    [
      'none below some other runner',
      `{ "tasksRunnerOptions": { "ci": { "runner": "x", "options": { "nxCloudId": "${otherId}" } } } }`,
      undefined,
    ],
    ['none when it is empty', '{ "nxCloudId": "" }', undefined],
    ['none when it is no text', '{ "nxCloudId": 5, "tasksRunnerOptions": [1] }', undefined],
  ])('is %s', (_, text, id) => {
    expect(configurationOf(parseNxJson(text)).nxCloudId).toBe(id);
  });
});

it('lists the servers of nx.json in the order in which they count', () => {
  const text = `{ "nxCloudUrl": "https://top.example", "tasksRunnerOptions": { "ci": ${cloudEntry(otherId)}, "default": ${cloudEntry(runnerId)} } }`;
  expect(configurationOf(parseNxJson(text)).serverUrls).toEqual([
    { text: `https://${runnerId}.example`, source: 'tasksRunnerOptions.default.options.url in nx.json' },
    { text: `https://${otherId}.example`, source: 'tasksRunnerOptions.ci.options.url in nx.json' },
    { text: 'https://top.example', source: 'nxCloudUrl in nx.json' },
  ]);
});

it.each([
  ['true', true],
  ['"true"', false],
  ['false', false],
])('takes neverConnectToCloud for set when it is %s: %s', (value, expected) => {
  expect(configurationOf(parseNxJson(`{ "neverConnectToCloud": ${value} }`)).neverConnectToCloud).toBe(expected);
});

describe('reading nx.json', () => {
  it('tolerates comments, trailing commas and a byte order mark', async () => {
    const root = tempDir();
    writeFileSync(join(root, 'nx.json'), `\uFEFF{ // the id\r\n "nxCloudId": "${topId}", }`);
    await expect(readWorkspaceConfiguration(root)).resolves.toEqual({
      root,
      nxCloudId: topId,
      serverUrls: [],
      neverConnectToCloud: false,
    });
  });

  it('refuses what is not UTF-8', async () => {
    const root = tempDir();
    writeFileSync(join(root, 'nx.json'), Buffer.from('{ "author": "Andr\xe9" }', 'latin1'));
    await expect(readWorkspaceConfiguration(root)).rejects.toThrow(`${join(root, 'nx.json')} is not valid UTF-8`);
  });

  it('says that it could not be read', async () => {
    const root = tempDir();
    await expect(readWorkspaceConfiguration(root)).rejects.toThrow(`${join(root, 'nx.json')} could not be read.`);
  });
});

describe('the workspace', () => {
  it('is the nearest folder upwards with an nx.json', async () => {
    const root = tempDir();
    const inner = join(root, 'examples', 'inner');
    mkdirSync(join(inner, 'src'), { recursive: true });
    writeFileSync(join(root, 'nx.json'), '{}');
    writeFileSync(join(inner, 'nx.json'), '{}');
    await expect(findWorkspace(join(inner, 'src'))).resolves.toBe(inner);
    await expect(findWorkspace(join(root, 'examples'))).resolves.toBe(root);
  });

  it('is not where nx.json is a folder', async () => {
    const root = tempDir();
    mkdirSync(join(root, 'a', 'nx.json'), { recursive: true });
    writeFileSync(join(root, 'nx.json'), '{}');
    await expect(findWorkspace(join(root, 'a'))).resolves.toBe(root);
  });

  it('is none when there is none up to the root of the disk', async () => {
    await expect(findWorkspace(tempDir())).resolves.toBeUndefined();
  });

  it('can be named by its folder or its nx.json, but not by a folder inside', async () => {
    const root = tempDir();
    mkdirSync(join(root, 'apps'));
    writeFileSync(join(root, 'nx.json'), '{}');
    await expect(workspaceAt(root)).resolves.toBe(root);
    await expect(workspaceAt(join(root, 'nx.json'))).resolves.toBe(root);
    await expect(workspaceAt(join(root, 'apps'))).rejects.toThrow(`${join(root, 'apps')} is no Nx workspace`);
    await expect(workspaceAt(join(root, 'none'))).rejects.toThrow('is no Nx workspace');
  });
});
