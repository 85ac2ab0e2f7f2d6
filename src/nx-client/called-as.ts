import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { CalledAs } from '../cli/io.js';

/**
 * What is to be typed for our commands in a workspace that has the package of no nxkey: `nx-cloud`, which loads this
 * program. But Nx 17 to 19.5 put a program of that name into node_modules/.bin which wants an access token before it loads
 * anything, also where the package `nx-cloud` stands beside it (`createApiAxiosInstance` in nx/src/nx-cloud/utilities).
 */
export function calledAs(folder: string): CalledAs {
  const [major = 0, minor = 0] = nxVersion(folder).split('.').map(Number);
  return (major >= 17 && major < 19) || (major === 19 && minor < 6) ? 'nxkey' : 'nx-cloud';
}

function nxVersion(folder: string): string {
  try {
    // A file that need not exist. With Yarn's Plug'n'Play this asks Yarn.
    const found: unknown = createRequire(join(folder, 'nx-client.js'))('nx/package.json');
    if (typeof found === 'object' && found !== null && 'version' in found) return String(found.version);
  } catch {
    // Nx that cannot be found from here is none of these: they stand in node_modules.
  }
  return '';
}
