import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { versions } from './versions.js';

/** Installs a project's version of Nx from the registry, and removes it when its tests have run. */
export default function install(project: TestProject): () => void {
  const version = versions.find(({ nx }) => project.name === `Nx ${nx}`);
  const modules = project.config.env['NXKEY_TEST_NX_MODULES'];
  if (version === undefined || modules === undefined) throw new Error(`No version of Nx belongs to ${project.name}`);
  const folder = dirname(modules);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  const flags = ['--no-save', '--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
  // Nx's optional peers, SWC and its tools, are for repositories written in TypeScript.
  const args = ['install', ...flags, '--legacy-peer-deps', `nx@${version.nx}`, ...version.beside];
  execFileSync('npm', args, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  return () => {
    rmSync(folder, { recursive: true, force: true });
  };
}
