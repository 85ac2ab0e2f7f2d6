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
  /** What the tasks runner of Nx Cloud is called in nx.json; up to Nx 19.5 it is a package beside Nx. */
  cloudRunner: 'nx-cloud' | '@nrwl/nx-cloud';
}

/** @param modules a node_modules folder */
export function nxIn(modules: string): NxInstallation {
  const { version } = JSON.parse(readFileSync(join(modules, 'nx/package.json'), 'utf8')) as { version: string };
  const program = (name: string) => realpathSync(join(modules, '.bin', name));
  const major = Number.parseInt(version);
  return {
    modules,
    version,
    major,
    nx: program('nx'),
    loginProgram: program(major >= 19 ? 'nx' : 'nx-cloud'),
    cloudRunner: existsSync(join(modules, '@nrwl/nx-cloud')) ? '@nrwl/nx-cloud' : 'nx-cloud',
  };
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
