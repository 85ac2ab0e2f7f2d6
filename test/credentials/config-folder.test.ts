import { describe, expect, it } from 'vitest';
import { configFolder, type ConfigFolderOptions } from '../../src/credentials/config-folder.js';
import { UserError } from '../../src/errors.js';

function refusedFolder(options: ConfigFolderOptions): UserError {
  try {
    expect.fail(`it was expected to be refused, and is ${configFolder(options)}`);
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
}

describe('the config folder', () => {
  it.each([
    ['on Linux, ~/.config', 'linux', {}, '/home/ada', '/home/ada/.config/nxkey'],
    ['on Linux, XDG_CONFIG_HOME', 'linux', { XDG_CONFIG_HOME: '/srv/conf/' }, '/home/ada', '/srv/conf/nxkey'],
    [
      'on Linux, not a relative XDG_CONFIG_HOME',
      'linux',
      { XDG_CONFIG_HOME: 'conf' },
      '/home/ada',
      '/home/ada/.config/nxkey',
    ],
    [
      'on Linux, not an empty XDG_CONFIG_HOME',
      'linux',
      { XDG_CONFIG_HOME: '' },
      '/home/ada',
      '/home/ada/.config/nxkey',
    ],
    ['on FreeBSD, as on Linux', 'freebsd', {}, '/home/ada', '/home/ada/.config/nxkey'],
    ['on macOS, Application Support', 'darwin', {}, '/Users/ada', '/Users/ada/Library/Application Support/nxkey'],
    ['on Windows, APPDATA', 'win32', { APPDATA: 'D:\\Roaming' }, 'C:\\Users\\ada', 'D:\\Roaming\\nxkey'],
    [
      'on Windows, not a relative APPDATA',
      'win32',
      { APPDATA: 'Roaming' },
      'C:\\Users\\ada',
      'C:\\Users\\ada\\AppData\\Roaming\\nxkey',
    ],
    [
      'on Windows without APPDATA, its usual place',
      'win32',
      {},
      'C:\\Users\\ada',
      'C:\\Users\\ada\\AppData\\Roaming\\nxkey',
    ],
  ] as const)('is, %s', (_title, platform, env, homedir, expected) => {
    expect(configFolder({ platform, env, homedir: () => homedir })).toBe(expected);
  });
});

describe('without a home folder the config folder', () => {
  it.each([
    ['linux', { XDG_CONFIG_HOME: '/srv/conf' }, '/srv/conf/nxkey'],
    ['win32', { APPDATA: 'D:\\Roaming' }, 'D:\\Roaming\\nxkey'],
  ] as const)('is, on %s, where the variable says', (platform, env, expected) => {
    const homedir = () => expect.fail('it is not asked');
    expect(configFolder({ platform, env, homedir })).toBe(expected);
  });

  /** Below the current folder, a repository could plant a list of logins. */
  it.each([
    ['linux', '', 'Set HOME or XDG_CONFIG_HOME to an absolute path.'],
    ['linux', '.', 'Set HOME or XDG_CONFIG_HOME to an absolute path.'],
    ['linux', 'relative/home', 'Set HOME or XDG_CONFIG_HOME to an absolute path.'],
    ['darwin', '', 'Set HOME to an absolute path.'],
    ['darwin', '~', 'Set HOME to an absolute path.'],
    ['win32', '', 'Set USERPROFILE or APPDATA to an absolute path.'],
    ['win32', 'C:ada', 'Set USERPROFILE or APPDATA to an absolute path.'],
  ] as const)('is never, on %s with the home "%s", in the current one', (platform, home, remedy) => {
    const env = { XDG_CONFIG_HOME: 'conf', APPDATA: 'Roaming' };
    const refused = refusedFolder({ platform, env, homedir: () => home });
    expect(refused.message).toMatch(/^No home folder is known, so nxkey has no place for its own files/);
    expect(refused.remedy).toBe(remedy);
  });

  it('is refused in the same words where the system does not even list the user', () => {
    const homedir = () => {
      throw new Error('A system error occurred: uv_os_homedir returned ENOENT');
    };
    const refused = refusedFolder({ platform: 'linux', env: {}, homedir });
    expect(refused.message).toBe('No home folder is known, so nxkey has no place for its own files.');
  });
});
