import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lockFileReaders } from '../../src/nx-workspace/lock-files.js';
import { readPackages } from '../../src/nx-workspace/packages.js';
import { tempDir } from '../support/temp-dir.js';

/** Excerpts of files that the package managers wrote. */
const locks: [what: string, name: string, text: string][] = [
  [
    'npm, version 1',
    'package-lock.json',
    `{ "lockfileVersion": 1, "dependencies": {
      "@nrwl/tao": { "version": "17.0.0", "requires": { "nx": "17.0.0" }, "dependencies": { "nx": { "version": "17.0.0" } } },
      "nx": { "version": "18.3.5", "dev": true } } }`,
  ],
  [
    'npm, versions 2 and 3',
    'package-lock.json',
    `{ "lockfileVersion": 3, "packages": { "": { "devDependencies": { "nx": "^18.2.0" } },
      "node_modules/@nrwl/tao/node_modules/nx": { "version": "17.0.0" },
      "node_modules/nx": { "version": "18.3.5", "dev": true } } }`,
  ],
  ['npm, shrinkwrap', 'npm-shrinkwrap.json', '\uFEFF{ "packages": { "node_modules/nx": { "version": "18.3.5" } } }'],
  [
    'pnpm, version 5',
    'pnpm-lock.yaml',
    `devDependencies:
  nx: 18.3.5_@swc+core@1.3.0
lockfileVersion: 5.2
packages:
  /nx/17.0.0:
    dev: true
specifiers:
  nx: ^18.2.0
`,
  ],
  [
    'pnpm, version 5 with importers',
    'pnpm-lock.yaml',
    `lockfileVersion: 5.4

importers:

  .:
    specifiers:
      nx: ^18.2.0
    devDependencies:
      nx: 18.3.5

  packages/a:
    specifiers:
      nx: 17.0.0
    devDependencies:
      nx: 17.0.0

packages:
`,
  ],
  [
    'pnpm, version 6',
    'pnpm-lock.yaml',
    `lockfileVersion: '6.0'

settings:
  autoInstallPeers: true

devDependencies:
  nx:
    specifier: ^18.2.0
    version: 18.3.5(@swc/core@1.3.0)

packages:

  /nx@17.0.0:
`,
  ],
  [
    'pnpm, version 9',
    'pnpm-lock.yaml',
    `lockfileVersion: '9.0'

importers:

  .:
    devDependencies:
      '@nx/js':
        specifier: ^17.0.0
        version: 17.0.0
      nx:
        specifier: ^18.2.0
        version: 18.3.5

packages:

  nx@17.0.0:
    resolution: {integrity: sha512-x}
`,
  ],
  [
    'pnpm, of a package that is not listed',
    'pnpm-lock.yaml',
    "lockfileVersion: '9.0'\n\npackages:\n\n  '@nx/js@17.0.0':\n    x: y\n\n  nx@20.0.0(@swc/core@1):\n    x: y\n\n  nx@18.3.5:\n    x: y\n",
  ],
  [
    'Yarn classic',
    'yarn.lock',
    `# yarn lockfile v1


"@nx/js@17.0.0":
  version "17.0.0"

nx@17.0.0:
  version "17.0.0"

nx@18.3.5, nx@^18.2.0:
  version "18.3.5"
  resolved "https://registry.yarnpkg.com/nx/-/nx-18.3.5.tgz#x"
  dependencies:
    tslib "^2.3.0"
`,
  ],
  [
    'Yarn classic, with quotes and CRLF',
    'yarn.lock',
    '# yarn lockfile v1\r\n\r\n"nx@>=17 <19", nx@^18.2.0:\r\n  version "18.3.5"\r\n',
  ],
  [
    'Yarn Berry',
    'yarn.lock',
    `__metadata:
  version: 8

"nx@npm:17.0.0":
  version: 17.0.0

"nx@npm:18.3.5, nx@npm:^18.2.0":
  version: 18.3.5
  resolution: "nx@npm:18.3.5"
`,
  ],
  [
    'Yarn Berry, of a package that is not listed',
    'yarn.lock',
    '__metadata:\n  version: 8\n\n"nx@npm:^20.0.0":\n  version: 20.8.4\n\n"nx@npm:^18.0.0":\n  version: 18.3.5\n\n"nx@workspace:packages/nx":\n  version: 0.0.0-use.local\n',
  ],
  [
    'Bun',
    'bun.lock',
    `{
  "workspaces": { "": { "devDependencies": { "nx": "^18.2.0" } } },
  "packages": {
    "@nrwl/tao/nx": ["nx@17.0.0", "", {}, "sha512-x"],

    "nx": ["nx@18.3.5", "", { "dependencies": { "tslib": "^2.3.0" } }, "sha512-x"],
  }
}`,
  ],
];

describe('the version of Nx in a lock file', () => {
  it.each(locks)('of %s is the one that the workspace itself has', async (_, name, text) => {
    const root = repository({ 'package.json': '{ "devDependencies": { "nx": "^18.2.0" } }', [name]: text });
    const { nx } = await readPackages(root);
    expect(nx).toEqual({ major: 18, minor: 3, text: expect.stringMatching(/^18\.3\.5/) as string, source: name });
  });

  it.each(Object.entries(lockFileReaders))('is unknown where a %s says nothing', (_, read) => {
    const locked = { name: 'nx', range: '^18.2.0', folder: '.' };
    for (const text of [
      '',
      '{}',
      '[]',
      '<<<<<<< HEAD\n',
      'nx',
      '"nx": 1',
      'packages:\n',
      'nx@',
      '\nnx@^18.2.0:',
      '\0',
    ]) {
      expect(read?.(text, locked)).toBeUndefined();
    }
  });

  it('counts behind the installed one, and before what package.json allows', async () => {
    const packageJson = '{ "devDependencies": { "nx": "^18.0.0" } }';
    const lock = '{ "packages": { "node_modules/nx": { "version": "18.1.0" } } }';
    const root = repository({ 'package.json': packageJson });
    await expect(readPackages(root)).resolves.toMatchObject({ nx: { minor: 0, source: 'package.json' } });
    writeFileSync(join(root, 'package-lock.json'), lock);
    await expect(readPackages(root)).resolves.toMatchObject({ nx: { minor: 1, source: 'package-lock.json' } });
    write(root, 'node_modules/nx/package.json', '{ "version": "18.3.5" }');
    await expect(readPackages(root)).resolves.toMatchObject({
      nx: { minor: 3, source: 'node_modules/nx/package.json' },
    });
  });

  it('is that of the package manager which package.json names, when several left a file', async () => {
    const files = {
      'yarn.lock': '\nnx@^18.0.0:\n  version "18.1.0"\n',
      'package-lock.json': '{ "packages": { "node_modules/nx": { "version": "18.3.5" } } }',
    };
    const listed = '"devDependencies": { "nx": "^18.0.0" }';
    const yarn = repository({ ...files, 'package.json': `{ ${listed} }` });
    await expect(readPackages(yarn)).resolves.toMatchObject({ nx: { text: '18.1.0' }, install: 'yarn install' });
    const npm = repository({ ...files, 'package.json': `{ ${listed}, "packageManager": "npm@10.9.0" }` });
    await expect(readPackages(npm)).resolves.toMatchObject({ nx: { text: '18.3.5' }, install: 'npm install' });
  });

  it('that is binary is said not to be read, and package.json is', async () => {
    const root = repository({ 'package.json': '{ "devDependencies": { "nx": "^18.0.0" } }', 'bun.lockb': '\0' });
    await expect(readPackages(root)).resolves.toMatchObject({
      nx: { source: 'package.json' },
      addDevDependency: 'bun add -d',
      lockFileProblem: expect.stringMatching(/^bun\.lockb is binary and was not read\./) as string,
    });
  });
});

describe('a workspace in a folder of a larger repository', () => {
  const packageJson = '{ "devDependencies": { "nx": "^18.0.0" } }';

  it('has the lock file and the packages of the repository', async () => {
    const lock = `importers:\n\n  .:\n    devDependencies:\n      nx:\n        version: 17.0.0\n\n  apps/web:\n    devDependencies:\n      nx:\n        version: 18.3.5\n`;
    const repo = repository({ '.git': 'gitdir: x', 'apps/web/package.json': packageJson, 'pnpm-lock.yaml': lock });
    const root = join(repo, 'apps', 'web');
    await expect(readPackages(root)).resolves.toMatchObject({
      nx: { text: '18.3.5', source: '../../pnpm-lock.yaml' },
      addDevDependency: 'pnpm add -D -w',
    });
    write(repo, 'node_modules/nx/package.json', '{ "version": "19.8.14" }');
    await expect(readPackages(root)).resolves.toMatchObject({
      nx: { text: '19.8.14', source: '../../node_modules/nx/package.json' },
    });
  });

  it('has its own in a package-lock.json before that of the repository', async () => {
    const versions = { 'node_modules/nx': '17.0.0', 'apps/web/node_modules/nx': '18.3.5' };
    const packages = Object.fromEntries(Object.entries(versions).map(([path, version]) => [path, { version }]));
    const files = { 'apps/web/package.json': packageJson, 'apps/api/package.json': packageJson };
    const repo = repository({ ...files, '.git': '' });
    for (const indentation of [0, 2]) {
      write(repo, 'package-lock.json', JSON.stringify({ packages }, null, indentation));
      await expect(readPackages(join(repo, 'apps/web'))).resolves.toMatchObject({ nx: { text: '18.3.5' } });
      await expect(readPackages(join(repo, 'apps/api'))).resolves.toMatchObject({ nx: { text: '17.0.0' } });
    }
  });

  it('has nothing of what lies above the repository, or above itself where there is none', async () => {
    const above = { 'package-lock.json': '{ "packages": { "node_modules/nx": { "version": "13.0.0" } } }' };
    const inGit = repository({ ...above, 'repo/.git': '', 'repo/package.json': packageJson });
    await expect(readPackages(join(inGit, 'repo'))).resolves.toMatchObject({ nx: { source: 'package.json' } });
    const without = repository({ ...above, 'repo/package.json': packageJson });
    await expect(readPackages(join(without, 'repo'))).resolves.toMatchObject({ nx: { source: 'package.json' } });
  });
});

describe('a version from a catalog', () => {
  it.each([
    ['catalog:', 'pnpm-workspace.yaml', 'packages: ["apps/*"]\ncatalog: { nx: "^18.3.0" } # all\n'],
    ['catalog:default', 'pnpm-workspace.yaml', 'catalog:\n  nx: ^18.3.0\n'],
    ['catalog:nx18', 'pnpm-workspace.yaml', 'catalogs:\n  nx18:\n    nx: ^18.3.0\n  nx20:\n    nx: ^20.0.0\n'],
    ['catalog:', '.yarnrc.yml', 'catalog:\n  nx: ^18.3.0\n'],
  ])('is looked up for %s in %s', async (range, file, text) => {
    const root = repository({ 'package.json': `{ "devDependencies": { "nx": "${range}" } }`, [file]: text });
    await expect(readPackages(root)).resolves.toMatchObject({ nx: { major: 18, minor: 3, source: file } });
  });

  it.each(['', 'catalog:\n  nx: latest', 'catalog: [', 'catalog: nx'])('is unknown with %j', async (text) => {
    const packageJson = '{ "devDependencies": { "nx": "catalog:" } }';
    const root = repository({ 'package.json': packageJson, 'pnpm-workspace.yaml': text });
    await expect(readPackages(root)).resolves.toMatchObject({ nx: undefined });
  });
});

describe('the package nx-cloud', () => {
  it.each([
    ['16.5.2', '16.5.2'],
    ['^19.0.0', '^19.0.0'],
    ['19.1.0', undefined],
    ['latest', undefined],
  ])('%s knows ids or is told: %s', async (range, expected) => {
    const root = repository({ 'package.json': `{ "devDependencies": { "nx": "20.0.0", "nx-cloud": "${range}" } }` });
    expect((await readPackages(root)).nxCloudWithoutIds).toBe(expected);
    write(root, 'node_modules/nx-cloud/package.json', '{ "version": "19.1.3" }');
    expect((await readPackages(root)).nxCloudWithoutIds).toBeUndefined();
  });
});

function repository(files: Record<string, string>): string {
  const root = tempDir();
  for (const [file, text] of Object.entries(files)) write(root, file, text);
  return root;
}

function write(root: string, file: string, text: string): void {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
}
