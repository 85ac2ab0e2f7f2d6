import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { extendedConfiguration } from '../../src/nx-workspace/extended-configuration.js';
import { parseNxJson } from '../../src/nx-workspace/nx-json.js';
import { parseNxVersion } from '../../src/nx-workspace/nx-version.js';
import { tempDir } from '../support/temp-dir.js';

function workspace(files: Record<string, string>): string {
  const root = tempDir();
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  return root;
}

function extended(root: string, name: string, version = '18.0.0') {
  return extendedConfiguration(root, parseNxJson(JSON.stringify({ extends: name })), parseNxVersion(version));
}

const withRunners = '// ours\n{ "tasksRunnerOptions": {}, }';

it.each([
  ['./base.json', '{}', false],
  ['./base', '{}', false],
  ['./base.json', withRunners, true],
  ['./base.json', 'not JSON', true],
])('is a file of the workspace: %s with %j', async (name, text, hasRunners) => {
  const root = workspace({ 'base.json': text });
  await expect(extended(root, name)).resolves.toEqual({ name, path: join(root, 'base.json'), hasRunners });
});

it('is somebody else’s outside of the workspace, and looked at all the same', async () => {
  const outside = workspace({ 'base.json': '{}', 'with.json': withRunners });
  const root = workspace({});
  symlinkSync(join(outside, 'with.json'), join(root, 'link.json'));
  const path = join(outside, 'base.json');
  await expect(extended(root, path)).resolves.toEqual({ name: path, path: undefined, hasRunners: false });
  await expect(extended(root, './link.json')).resolves.toMatchObject({ path: undefined, hasRunners: true });
});

it('is somebody else’s in a package', async () => {
  const root = workspace({
    'node_modules/@acme/nx/preset.json': '{}',
    'node_modules/nx/presets/npm.json': withRunners,
  });
  await expect(extended(root, '@acme/nx/preset.json')).resolves.toMatchObject({ path: undefined, hasRunners: false });
  await expect(extended(root, 'nx/presets/npm.json')).resolves.toMatchObject({ path: undefined, hasRunners: true });
});

it.each([
  ['nx/presets/npm.json', '18.0.0', false],
  ['@nx/workspace/presets/npm.json', '17.0.0', false],
  ['nx/presets/core.json', '16.10.0', true],
  ['nx/presets/core.json', 'latest', true],
  ['@acme/nx/preset.json', '18.0.0', true],
  ['./base.json', '18.0.0', true],
])(
  'is taken to have runners where it is not there, unless it is a preset of Nx without: %s, Nx %s',
  async (name, version, hasRunners) => {
    await expect(extended(tempDir(), name, version)).resolves.toEqual({ name, path: undefined, hasRunners });
  },
);

it('is none without a name', async () => {
  await expect(extended(tempDir(), '')).resolves.toBeUndefined();
  await expect(extendedConfiguration(tempDir(), parseNxJson('{ "extends": ["./a.json"] }'))).resolves.toBeUndefined();
});
