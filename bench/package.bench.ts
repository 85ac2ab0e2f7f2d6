/** `npm run bench:package`: what `npx nxkey` fetches and unpacks, beside the `nx-cloud` package in the same run. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { report } from './measure.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('..', import.meta.url));
const folder = await mkdtemp(join(tmpdir(), 'nxkey-bench-'));

interface Installed {
  packages: number;
  megabytes: number;
}

/** Installs into an empty folder, without running any install script, and counts what is there afterwards. */
async function install(name: string, specifier: string): Promise<Installed> {
  const target = join(folder, name);
  await mkdir(target);
  await writeFile(join(target, 'package.json'), '{ "private": true }');
  await run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', specifier], {
    cwd: target,
  });
  const { stdout } = await run('npm', ['ls', '--all', '--parseable'], { cwd: target });
  const packages = stdout.split('\n').filter((line) => line.includes('node_modules')).length;
  return { packages, megabytes: (await size(join(target, 'node_modules'))) / 1e6 };
}

async function size(path: string): Promise<number> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(files.map(async (file) => (await stat(join(file.parentPath, file.name))).size));
  return sizes.reduce((sum, bytes) => sum + bytes, 0);
}

try {
  await run('npm', ['pack', '--pack-destination', folder], { cwd: root });
  const archive = (await readdir(folder)).find((name) => name.endsWith('.tgz'));
  if (archive === undefined) throw new Error('npm pack made no archive');
  const ours = await install('ours', join(folder, archive));
  const theirs = await install('theirs', 'nx-cloud');

  const installed = join(folder, 'ours/node_modules/.bin/nxkey');
  const { stdout: version } = await run(installed, ['--version']);
  const { stdout: help } = await run(installed, ['--help']);
  if (!help.includes('convert-to-nx-cloud-id')) throw new Error('the installed nxkey does not run');

  console.log(`nxkey ${version.trim()}, installed from its archive with --ignore-scripts, beside nx-cloud:`);
  report(
    'packages',
    `${ours.packages} (nx-cloud: ${theirs.packages}, ratio ${(ours.packages / theirs.packages).toFixed(2)})`,
    ours.packages,
    { atMost: 4 },
  );
  report(
    'unpacked, in MB',
    `${ours.megabytes.toFixed(1)} (nx-cloud: ${theirs.megabytes.toFixed(1)}, ratio ${(ours.megabytes / theirs.megabytes).toFixed(2)})`,
    ours.megabytes,
    { atMost: 5 },
  );
} finally {
  await rm(folder, { recursive: true, force: true });
}
