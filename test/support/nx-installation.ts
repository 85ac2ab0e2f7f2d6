import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A node_modules folder with an Nx in it, as the registry has it. */
export interface NxInstallation {
  modules: string;
  version: string;
  major: number;
  /** The path of the program `nx`. */
  nx: string;
  /** The path of the program that knows `login`: `nx` itself, up to Nx 19.6 `nx-cloud`, which is a package of its own. */
  loginProgram: string;
  /** The package that up to Nx 19.5 has to stand beside it, and is the tasks runner in nx.json. */
  cloudPackage: CloudPackage | null;
}

interface CloudPackage {
  name: 'nx-cloud' | '@nrwl/nx-cloud';
  version: string;
}

/** @param modules a node_modules folder */
export function nxIn(modules: string): NxInstallation {
  const version = versionOf(modules, 'nx');
  const major = Number.parseInt(version);
  const nx = realpathSync(join(modules, '.bin/nx'));
  const cloudPackage = cloudPackageIn(modules);
  return {
    modules,
    version,
    major,
    nx,
    // In node_modules/.bin, Nx 17 and 18 have put a program of their own in its place, which does nothing without a token.
    loginProgram: cloudPackage === null ? nx : join(modules, 'nx-cloud/bin/nx-cloud.js'),
    cloudPackage,
  };
}

/** `@nrwl/nx-cloud` brings `nx-cloud` with it. */
function cloudPackageIn(modules: string): CloudPackage | null {
  for (const name of ['@nrwl/nx-cloud', 'nx-cloud'] as const) {
    if (existsSync(join(modules, name))) return { name, version: versionOf(modules, name) };
  }
  return null;
}

function versionOf(modules: string, name: string): string {
  const { version } = JSON.parse(readFileSync(join(modules, name, 'package.json'), 'utf8')) as { version: string };
  return version;
}

/** The node_modules with the Nx under test; `npm run test:nx-versions` names it, otherwise it is the repository's. */
const given = process.env['NXKEY_TEST_NX_MODULES'];

/** By `npm run test:nx-versions`. */
export const nxVersionIsGiven = given !== undefined;

export const nxUnderTest = nxIn(given ?? fileURLToPath(new URL('../../node_modules', import.meta.url)));

/**
 * What to link into a clone's own node_modules: the packages, but nothing that some Nx has put between them. The
 * packages `nx-cloud` keep the client program in node_modules/.cache, which two clones do not share.
 */
export function packagesIn(modules: string): string[] {
  return readdirSync(modules).filter((name) => name === '.bin' || !name.startsWith('.'));
}
