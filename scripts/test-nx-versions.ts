/**
 * `npm run test:nx-versions`: the suite with unmodified Nx, with the oldest Nx that has the built-in cache client, the
 * last one of each major since, and the newest. `npm test` runs the shorter half of it, with the repository's own Nx.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const versions = ['20.8.4', '21.6.11', '22.7.12', '24.0.6'];
const root = fileURLToPath(new URL('..', import.meta.url));

function passes(modules: string): boolean {
  const vitest = [join(root, 'node_modules/vitest/vitest.mjs'), 'run', 'test/acceptance/real-nx.test.ts'];
  const env = { ...process.env, NXKEY_TEST_NX_MODULES: modules };
  return spawnSync(process.execPath, vitest, { cwd: root, stdio: 'inherit', env }).status === 0;
}

const failed: string[] = [];
if (!passes(join(root, 'node_modules'))) failed.push('of the repository');
for (const version of versions) {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'nxkey-nx-')));
  try {
    const install = ['install', '--no-save', '--no-package-lock', '--ignore-scripts', '--prefix', folder];
    // Nx's optional peers, SWC and its tools, are for repositories written in TypeScript.
    execFileSync('npm', [...install, '--legacy-peer-deps', `nx@${version}`], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    if (!passes(join(folder, 'node_modules'))) failed.push(version);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
if (failed.length > 0) {
  console.error(`Failed with Nx ${failed.join(', ')}.`);
  process.exitCode = 1;
}
