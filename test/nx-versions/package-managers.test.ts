/** Repositories whose node_modules look otherwise than npm's. */
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ciToken } from '../support/cache-users.js';
import { byClientProgram, complaints, newClone, outputOf, startNx, type Clone } from '../support/nx.js';
import { nxUnderTest } from '../support/nx-installation.js';
import type { Repository } from '../support/nx-repository.js';
import { authoritiesOfTheRegistry, isolatedEnv } from '../support/programs.js';
import { startServer, type TestServer } from '../support/server.js';
import { atTheEndOfTheFile, tempDir } from '../support/temp-dir.js';

let server: TestServer;
let ci: NodeJS.ProcessEnv;
let tools: string;
let registry: string;
const atTheEnd = atTheEndOfTheFile();
beforeAll(async () => {
  server = await startServer({ atTheEnd });
  ci = { NX_CLOUD_ACCESS_TOKEN: await ciToken(server, 'read-write') };
  tools = tempDir(atTheEnd);
  const npm = (args: string[]) =>
    execFileSync('npm', args, { cwd: tools, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  registry = npm(['config', 'get', 'registry']).trim();
  writeFileSync(join(tools, 'package.json'), '{ "private": true }');
  npm(['install', '--no-save', '--no-package-lock', '--ignore-scripts', 'pnpm@9.15.9', '@yarnpkg/cli-dist@4.18.1']);
});

/** The variables of pnpm and Yarn: nothing is asked, and all that they download stays in a folder of the test. */
function installEnv(): NodeJS.ProcessEnv {
  return isolatedEnv(join(tools, 'home'), {
    ...authoritiesOfTheRegistry(),
    npm_config_registry: registry,
    YARN_NPM_REGISTRY_SERVER: registry,
    YARN_GLOBAL_FOLDER: join(tools, 'yarn'),
    YARN_ENABLE_TELEMETRY: 'false',
    YARN_ENABLE_IMMUTABLE_INSTALLS: 'false',
    YARN_ENABLE_SCRIPTS: 'false',
  });
}

/** A clone in which a package manager has installed Nx, which only the root's devDependencies name. */
function cloneInstalledBy(
  program: string,
  args: string[],
  repository: Repository,
  files: Record<string, object | string>,
): Clone {
  const clone = newClone(repository);
  rmSync(join(clone.root, 'node_modules'), { recursive: true });
  const devDependencies = { nx: nxUnderTest.version };
  const packageJson = { name: 'shop', private: true, workspaces: ['packages/*'], devDependencies };
  for (const [path, content] of Object.entries({ 'package.json': packageJson, ...files })) {
    mkdirSync(join(clone.root, path, '..'), { recursive: true });
    writeFileSync(join(clone.root, path), typeof content === 'string' ? content : JSON.stringify(content));
  }
  execFileSync(process.execPath, [program, ...args], {
    cwd: clone.root,
    env: installEnv(),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return clone;
}

function newRepository(): Repository {
  return { nxCloudId: server.nxCloudId, nxCloudUrl: server.url, source: randomUUID() };
}

describe(`Nx ${nxUnderTest.version}, installed by pnpm`, () => {
  it('stores and hits with its isolated node_modules, also from a folder with another copy of Nx', async () => {
    const pnpm = join(tools, 'node_modules/pnpm/bin/pnpm.cjs');
    const repository = newRepository();
    const install = (): Clone => {
      const clone = cloneInstalledBy(
        pnpm,
        ['install', '--ignore-scripts', '--store-dir', join(tools, 'store')],
        repository,
        {
          'pnpm-workspace.yaml': 'packages:\n  - packages/*\n',
          'packages/lib/package.json': { name: 'lib', private: true, devDependencies: { nx: '20.8.4' } },
        },
      );
      expect(realpathSync(join(clone.root, 'node_modules/nx'))).toContain(`.pnpm/nx@${nxUnderTest.version}`);
      expect(realpathSync(join(clone.root, 'packages/lib/node_modules/nx'))).toContain('.pnpm/nx@20.8.4');
      return { ...clone, nx: realpathSync(join(clone.root, 'node_modules/nx/dist/bin/nx.js')) };
    };

    const built = await startNx(install(), byClientProgram(ci), ['build', 'lib']).finished;
    expect(built).toMatchObject({ code: 0, ran: ['lib'] });
    expect(complaints(built)).toEqual([]);

    const second = install();
    const hit = await startNx(second, byClientProgram(ci), ['build', 'lib'], { from: 'packages/lib' }).finished;
    expect(hit).toMatchObject({ code: 0, ran: [] });
    expect(hit.printed).toMatch(/nx run lib:build +\[remote cache\]/);
    expect(complaints(hit)).toEqual([]);
    expect(outputOf(second)).toBe(repository.source);
  });
});

describe(`Nx ${nxUnderTest.version}, installed by Yarn`, () => {
  it.each(['pnp', 'node-modules'])('stores and hits with nodeLinker %s', async (nodeLinker) => {
    const yarn = join(tools, 'node_modules/@yarnpkg/cli-dist/bin/yarn.js');
    const repository = newRepository();
    const install = (): Clone => {
      const clone = cloneInstalledBy(yarn, ['install'], repository, {
        '.yarnrc.yml': `nodeLinker: ${nodeLinker}\n`,
        'yarn.lock': '',
      });
      expect(existsSync(join(clone.root, '.pnp.cjs'))).toBe(nodeLinker === 'pnp');
      return { ...clone, nx: yarn };
    };
    const access = byClientProgram({ ...installEnv(), ...ci });

    const built = await startNx(install(), access, ['nx', 'build', 'lib']).finished;
    expect(built, built.printed).toMatchObject({ code: 0, ran: ['lib'] });
    expect(complaints(built)).toEqual([]);

    const second = install();
    const hit = await startNx(second, access, ['nx', 'build', 'lib']).finished;
    expect(hit, hit.printed).toMatchObject({ code: 0, ran: [] });
    expect(hit.printed).toMatch(/nx run lib:build +\[remote cache\]/);
    expect(complaints(hit)).toEqual([]);
    expect(outputOf(second)).toBe(repository.source);
  });
});
