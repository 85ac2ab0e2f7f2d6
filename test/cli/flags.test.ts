import { describe, expect, it } from 'vitest';
import { loginCommand } from '../../src/cli/commands/login/command.js';
import { logoutCommand } from '../../src/cli/commands/logout/command.js';
import { statusCommand } from '../../src/cli/commands/status/command.js';
import { tokenCommand } from '../../src/cli/commands/token/command.js';
import { whoAmICommand } from '../../src/cli/commands/whoami/command.js';
import { UsageError } from '../../src/errors.js';
import { flagsOf, type MakeCommand } from './flags-of.js';

const url = 'https://cache.acme.example';
const login = { browser: true, withToken: false, json: false };

describe('the flags of each command', () => {
  it.each<[string, MakeCommand, string[], unknown]>([
    ['login', loginCommand, [], login],
    ['login', loginCommand, [url, '--no-browser'], { ...login, nxCloudUrl: url, browser: false }],
    ['login', loginCommand, ['--with-token', '--storage', 'file'], { ...login, withToken: true, storage: 'file' }],
    ['login', loginCommand, ['--name', 'Ada’s laptop', '--json'], { ...login, name: 'Ada’s laptop', json: true }],
    ['login', loginCommand, ['--nxCloudUrl', url], { ...login, nxCloudUrl: url }],
    ['login', loginCommand, [`--nx-cloud-url=${url}`], { ...login, nxCloudUrl: url }],
    ['logout', logoutCommand, [], { all: false, json: false }],
    ['logout', logoutCommand, ['--nxCloudUrl', url], { nxCloudUrl: url, all: false, json: false }],
    ['logout', logoutCommand, [url], { nxCloudUrl: url, all: false, json: false }],
    ['logout', logoutCommand, ['--all', '--json'], { all: true, json: true }],
    ['status', statusCommand, [], { json: false }],
    ['status', statusCommand, ['--json'], { json: true }],
    ['whoami', whoAmICommand, [url, '--json'], { nxCloudUrl: url, json: true }],
    ['token', tokenCommand, [], {}],
    ['token', tokenCommand, [url], { nxCloudUrl: url }],
  ])('%s takes %3$j', async (_, command, argv, flags) => {
    expect(await flagsOf(command, argv)).toEqual(flags);
  });

  it.each<[string, MakeCommand, string[], string]>([
    ['login', loginCommand, ['--name', ''], '--name'],
    ['login', loginCommand, ['--name', 'a\u0007b'], '--name'],
    ['login', loginCommand, ['--name', 'x'.repeat(101)], '--name'],
    ['login', loginCommand, ['--with-token', '--name', 'x'], '--with-token'],
    ['logout', logoutCommand, [url, '--all'], '--all'],
    ['logout', logoutCommand, ['--nxCloudUrl', url, '--all'], '--all'],
  ])('%s refuses %3$j', async (_, command, argv, says) => {
    const refused = flagsOf(command, argv);
    await expect(refused).rejects.toBeInstanceOf(UsageError);
    await expect(refused).rejects.toThrow(says);
  });

  it.each<[string, MakeCommand, string[]]>([
    ['login', loginCommand, [url, url]],
    ['login', loginCommand, ['--storage', 'cloud']],
    ['login', loginCommand, ['--storage']],
    ['status', statusCommand, [url]],
    ['token', tokenCommand, ['--json']],
  ])('%s does not know %3$j', async (_, command, argv) => {
    await expect(flagsOf(command, argv)).rejects.toHaveProperty('code', expect.stringMatching(/^commander\./));
  });
});
