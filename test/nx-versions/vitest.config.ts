import { mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { versions } from './versions.js';

/**
 * `npm run test:nx-versions`: a project for each version of Nx, which its `globalSetup` installs. One version alone:
 * `npm run test:nx-versions -- --project 'Nx 24*'`.
 */
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'nxkey-nx-')));

/** Nx has its own client for a remote cache since 20.8; the first of each of its releases that is tested has it. */
const hasBuiltInClient = (nx: string) => Number.parseInt(nx) >= 20;
const withBuiltInClient = [
  'test/acceptance/real-nx.test.ts',
  'test/nx-versions/built-in-client.test.ts',
  'test/nx-versions/unusable-cache.test.ts',
];
/**
 * 24 is the first that locks its download of the client program. (19.8 fails now and then where two of it start at once,
 * whether there is a program to be downloaded or not.)
 */
const upgrades = ['20', '21', '22', '24'];

function suitesFor(nx: string): string[] {
  const [major = ''] = nx.split('.');
  return [
    'test/acceptance/nx-client.test.ts',
    'test/nx-versions/each-version.test.ts',
    ...(hasBuiltInClient(nx) ? withBuiltInClient : []),
    ...(['19', '20'].includes(major) ? ['test/nx-versions/other-local-cache.test.ts'] : []),
    ...(upgrades.includes(major) ? ['test/nx-versions/upgrade.test.ts'] : []),
    ...(['15', '18', '24'].includes(major) ? ['test/nx-versions/conversion.test.ts'] : []),
    ...(major === '22' ? ['test/nx-versions/package-managers.test.ts'] : []),
    ...(major === '24' ? ['test/nx-versions/keychain.test.ts'] : []),
  ];
}

export default defineConfig({
  test: {
    root: '.',
    reporters: ['default', './test/support/reporter.ts'],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // Each runs one program after the other.
    maxWorkers: 3,
    projects: versions.map(({ nx }) => ({
      extends: true,
      test: {
        name: `Nx ${nx}`,
        include: suitesFor(nx),
        globalSetup: './test/nx-versions/install.ts',
        env: { NXKEY_TEST_NX_MODULES: join(folder, nx, 'node_modules') },
      },
    })),
  },
});
