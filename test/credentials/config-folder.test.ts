import { describe, expect, it } from 'vitest';
import { configFolder } from '../../src/credentials/config-folder.js';

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
      'on Windows without APPDATA, its usual place',
      'win32',
      {},
      'C:\\Users\\ada',
      'C:\\Users\\ada\\AppData\\Roaming\\nxkey',
    ],
  ] as const)('is, %s', (_title, platform, env, homedir, expected) => {
    expect(configFolder({ platform, env, homedir })).toBe(expected);
  });
});
