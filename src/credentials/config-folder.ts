import { posix, win32, type PlatformPath } from 'node:path';
import { UserError } from '../errors.js';

export interface ConfigFolderOptions {
  platform: NodeJS.Platform;
  env: Readonly<Record<string, string | undefined>>;
  /** `os.homedir`. Asked only where it is needed: without `HOME` it throws for a user that the system does not list. */
  homedir: () => string;
}

/**
 * Where nxkey keeps its own files, by each platform's custom:
 * - Linux and other Unix: `$XDG_CONFIG_HOME/nxkey`, else `~/.config/nxkey` (XDG Base Directory Specification, which
 *   also says that a relative path in the variable is invalid and has to be ignored)
 * - macOS: `~/Library/Application Support/nxkey`
 * - Windows: `%APPDATA%\nxkey`, else where that variable usually points
 *
 * Always an absolute path: below the current folder, a repository could bring a list of logins along, and would be
 * given the token.
 * @throws {UserError} when no home folder is known, or only a relative one. (`os.homedir()` is `''` with `HOME=`.)
 */
export function configFolder({ platform, env, homedir }: ConfigFolderOptions): string {
  switch (platform) {
    case 'win32': {
      const appData = env['APPDATA'] ?? '';
      if (win32.isAbsolute(appData)) return win32.join(appData, 'nxkey');
      const home = absoluteHome(homedir, win32, 'USERPROFILE or APPDATA');
      return win32.join(home, 'AppData', 'Roaming', 'nxkey');
    }
    case 'darwin':
      return posix.join(absoluteHome(homedir, posix, 'HOME'), 'Library', 'Application Support', 'nxkey');
    default: {
      const configHome = env['XDG_CONFIG_HOME'] ?? '';
      if (posix.isAbsolute(configHome)) return posix.join(configHome, 'nxkey');
      return posix.join(absoluteHome(homedir, posix, 'HOME or XDG_CONFIG_HOME'), '.config', 'nxkey');
    }
  }
}

function absoluteHome(homedir: () => string, paths: PlatformPath, variables: string): string {
  const home = known(homedir);
  if (paths.isAbsolute(home)) return home;
  const reason = home === '' ? '' : `: ${JSON.stringify(home)} is not an absolute path`;
  throw new UserError(`No home folder is known, so nxkey has no place for its own files${reason}.`, {
    remedy: `Set ${variables} to an absolute path.`,
  });
}

/** `''` where the system knows none. */
function known(homedir: () => string): string {
  try {
    return homedir();
  } catch {
    return '';
  }
}
