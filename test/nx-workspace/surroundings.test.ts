import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tokenVariables, tokenVariablesOf } from '../../src/nx-workspace/nx-cloud-env.js';
import { parseNxVersion, readPackages, readsTopLevelId } from '../../src/nx-workspace/packages.js';
import { findTokensInText, maskTokensInText } from '../../src/protocol/token-search.js';
import { recordOutput } from '../support/ledger.js';
import { tempDir } from '../support/temp-dir.js';
import { ciToken, personalToken, readToken, readWriteToken } from './convert-text.js';

describe('nx-cloud.env', () => {
  it('tells which variables hold a token, and on which lines', () => {
    const text = `# NX_CLOUD_ACCESS_TOKEN=x\r\n\r\nNX_CLOUD_ACCESS_TOKEN=${readToken}\r\n export NX_CLOUD_AUTH_TOKEN = "x" # y\nNX_CLOUD_API=https://x`;
    expect(tokenVariables(text)).toEqual([
      { name: 'NX_CLOUD_ACCESS_TOKEN', line: 3 },
      { name: 'NX_CLOUD_AUTH_TOKEN', line: 4 },
    ]);
  });

  it.each([
    'NX_CLOUD_ACCESS_TOKEN=',
    "NX_CLOUD_ACCESS_TOKEN=''",
    'NX_CLOUD_ACCESS_TOKEN= # none',
    'MY_NX_CLOUD_ACCESS_TOKEN=x',
    'NX_CLOUD_ACCESS_TOKENS=x',
    '',
  ])('holds none in %j', (text) => {
    expect(tokenVariables(text)).toEqual([]);
  });

  it('may be missing', async () => {
    await expect(tokenVariablesOf(tempDir())).resolves.toEqual([]);
  });
});

describe('the version of Nx', () => {
  it.each([
    ['19.7.0', 19, 7, true],
    ['^19.7.1', 19, 7, true],
    ['19.6.9', 19, 6, false],
    ['~17.2', 17, 2, false],
    ['>=16 <18', 16, 0, false],
    ['20', 20, 0, true],
    ['24.x', 24, 0, true],
    ['19.10.0-beta.1', 19, 10, true],
    ['workspace:^18.0.0', 18, 0, false],
  ])('%s reads a top-level id: %#', (text, major, minor, expected) => {
    const version = parseNxVersion(text);
    expect(version).toEqual({ major, minor, text });
    expect(version && readsTopLevelId(version)).toBe(expected);
  });

  it.each(['latest', 'catalog:', '*', ''])('cannot be told from %j', (text) => {
    expect(parseNxVersion(text)).toBeUndefined();
  });
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

describe('text with tokens in it', () => {
  const text = `//${readWriteToken}\n"a": "${ciToken}", /*${readToken}*/ ${personalToken}x ${readToken}`;

  it('gives up all of them', () => {
    expect(findTokensInText(text).map(({ token }) => token)).toEqual([
      readWriteToken,
      ciToken,
      readToken,
      `${personalToken}x`,
      readToken,
    ]);
  });

  it('can be shown when they are masked', () => {
    const masked = maskTokensInText(text);
    recordOutput('masked text', masked);
    expect(masked).toBe(`//NWIw…\n"a": "nxc_abcd…", /*NmYx…*/ nxp_… NmYx…`);
  });

  it('is not confused by other base64', () => {
    expect(
      findTokensInText(`${btoa('x'.repeat(36))}fHJlYWQ= ${btoa('some other text that is long enough to be one|read')}`),
    ).toEqual([]);
  });
});
