import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseNxVersion, readsTopLevelId } from '../../src/nx-workspace/nx-version.js';
import { readPackages } from '../../src/nx-workspace/packages.js';
import { tempDir } from '../support/temp-dir.js';

describe('the version of Nx', () => {
  it.each([
    ['19.7.0', 19, 7, true],
    ['^19.7.1', 19, 7, true],
    ['19.6.0', 19, 6, true],
    ['19.5.7', 19, 5, false],
    ['~17.2', 17, 2, false],
    ['>=16 <18', 16, 0, false],
    ['20', 20, 0, true],
    ['24.x', 24, 0, true],
    ['19.10.0-beta.1', 19, 10, true],
    ['workspace:^18.0.0', 18, 0, false],
    ['npm:nx@18.1.0', 18, 1, false],
    ['^20.0.0 || ^18.2.0 || 19', 18, 2, false],
    ['<20 >=17.1', 17, 1, false],
    ['>= 16 < 18', 16, 0, false],
    ['16.1.0 - 18', 16, 1, false],
  ])('%s reads a top-level id: %#', (text, major, minor, expected) => {
    const version = parseNxVersion(text);
    expect(version).toEqual({ major, minor, text });
    expect(version && readsTopLevelId(version)).toBe(expected);
  });

  it.each(['latest', 'catalog:', '*', '', '<20', '^18 || <16', 'file:../nx-18', 'https://example.com/nx-18.0.0.tgz'])(
    'cannot be told from %j',
    (text) => {
      expect(parseNxVersion(text)).toBeUndefined();
    },
  );
});

describe('the packages of a workspace', () => {
  it('are told by the installed nx before package.json', async () => {
    const root = tempDir();
    writeFileSync(join(root, 'package.json'), '{ "devDependencies": { "nx": "^18.0.0", "nx-cloud": "18.0.0" } }');
    await expect(readPackages(root)).resolves.toMatchObject({ nx: { major: 18, minor: 0 }, listsNxCloud: true });
    mkdirSync(join(root, 'node_modules', 'nx'), { recursive: true });
    writeFileSync(join(root, 'node_modules', 'nx', 'package.json'), '{ "version": "18.3.4" }');
    await expect(readPackages(root)).resolves.toMatchObject({ nx: { text: '18.3.4' } });
  });

  it('are told by @nrwl/workspace where there is no nx', async () => {
    const root = tempDir();
    writeFileSync(join(root, 'package.json'), '{ "dependencies": { "@nrwl/workspace": "13.10.6" } }');
    await expect(readPackages(root)).resolves.toMatchObject({ nx: { major: 13, minor: 10 }, listsNxCloud: false });
  });

  it.each(['', '{', '[]', 'null', '{ "dependencies": ["nx"] }'])(
    'are unknown with a package.json of %j',
    async (text) => {
      const root = tempDir();
      writeFileSync(join(root, 'package.json'), text);
      await expect(readPackages(root)).resolves.toEqual({
        nx: undefined,
        listsNxCloud: false,
        addDevDependency: 'npm install --save-dev',
        install: 'npm install',
      });
    },
  );

  it.each([
    ['pnpm-lock.yaml', 'pnpm add -D -w'],
    ['yarn.lock', 'yarn add -D'],
    ['bun.lock', 'bun add -d'],
    ['package-lock.json', 'npm install --save-dev'],
  ])('are added as the lock file %s tells: %s', async (lockFile, command) => {
    const root = tempDir();
    writeFileSync(join(root, lockFile), '');
    await expect(readPackages(root)).resolves.toMatchObject({ addDevDependency: command });
  });
});
