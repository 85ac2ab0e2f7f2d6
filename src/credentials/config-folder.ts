import { posix, win32 } from 'node:path';

export interface ConfigFolderOptions {
  platform: NodeJS.Platform;
  env: Readonly<Record<string, string | undefined>>;
  /** As `os.homedir()` gives it. */
  homedir: string;
}

/**
 * Where nxkey keeps its own files, by each platform's custom:
 * - Linux and other Unix: `$XDG_CONFIG_HOME/nxkey`, else `~/.config/nxkey` (XDG Base Directory Specification, which
 *   also says that a relative path in the variable is invalid and has to be ignored)
 * - macOS: `~/Library/Application Support/nxkey`
 * - Windows: `%APPDATA%\nxkey`, else where that variable usually points
 */
export function configFolder({ platform, env, homedir }: ConfigFolderOptions): string {
  switch (platform) {
    case 'win32': {
      const appData = env['APPDATA'] ?? '';
      return win32.join(win32.isAbsolute(appData) ? appData : win32.join(homedir, 'AppData', 'Roaming'), 'nxkey');
    }
    case 'darwin':
      return posix.join(homedir, 'Library', 'Application Support', 'nxkey');
    default: {
      const configHome = env['XDG_CONFIG_HOME'] ?? '';
      return posix.join(posix.isAbsolute(configHome) ? configHome : posix.join(homedir, '.config'), 'nxkey');
    }
  }
}
