import { sep } from 'node:path';
import { DamagedArtifact } from './errors.js';

/** What ext4, APFS and NTFS take as one name, in bytes (NTFS: 255 UTF-16 units, never more than that many bytes allow). */
const longestName = 255;
/** PATH_MAX on Linux is 4,096 with the terminating NUL, and the folder stands in front. */
const longestPath = 3_500;

/**
 * The name of an entry as the path below the folder, `/` between its parts and none at its ends: `dist/app/main.js`.
 * The empty path is the folder itself (Rust's `tar` may write it as an empty name or `./`).
 *
 * The rules are the same on every system, so that an artifact that one colleague's machine takes is taken by all:
 * what is a path trick on Windows is refused on Linux too. Only what Windows cannot have as a name at all is left to it.
 * @throws {DamagedArtifact} `unsafe-name`
 */
export function parseEntryPath(name: string): string {
  const problem = findProblem(name);
  if (problem !== undefined) {
    throw new DamagedArtifact('unsafe-name', `It holds an entry whose name ${problem}: ${describeName(name)}.`);
  }
  return name
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
}

/**
 * What is wrong with a name that was made on this machine or came from the cache; `undefined` when nothing is.
 * @param separator of this system; `\` tells Windows
 */
export function findProblem(name: string, separator = sep): string | undefined {
  if (name.startsWith('/')) return 'is an absolute path';
  if (/^[A-Za-z]:/.test(name)) return 'begins with a drive letter';
  if (name.includes('\\')) return 'has a backslash, which Windows takes for a separator';
  if (name.includes('\0')) return 'has a NUL';
  // What decoding puts in place of bytes that are not UTF-8: two different names could become one.
  if (name.includes('\uFFFD')) return 'is not UTF-8';
  const parts = name.split('/');
  if (parts.includes('..')) return 'leads out of the folder';
  if (Buffer.byteLength(name) > longestPath || parts.some((part) => Buffer.byteLength(part) > longestName)) {
    return 'is too long';
  }
  return separator === '\\' && parts.some(isImpossibleOnWindows) ? 'Windows cannot have' : undefined;
}

/**
 * `a:b` would be written to a stream behind the file `a`, `NUL` and `nul .txt` to a device, and `a.` to `a` (Microsoft,
 * "Naming Files, Paths, and Namespaces").
 */
function isImpossibleOnWindows(part: string): boolean {
  if (part === '.') return false;
  // eslint-disable-next-line no-control-regex -- they are what Windows does not have
  const hasSuchCharacters = /[\0-\x1f:<>"|?*]|[. ]$/.test(part);
  return hasSuchCharacters || /^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[\d¹²³]) *(\.|$)/i.test(part);
}

/** As JSON, so that no control character reaches a terminal, and not longer than a line. */
export function describeName(name: string): string {
  return JSON.stringify(name.length > 100 ? `${name.slice(0, 100)}…` : name);
}
