import { describe, expect, it } from 'vitest';
import {
  configureCommand,
  takeConfiguredToken,
  type ConfigureFlags,
} from '../../../../src/cli/commands/configure/command.js';
import { anyToken } from '../../../credentials/credential-store-contract.js';
import { recordToken } from '../../../support/ledger.js';
import { tempDir } from '../../../support/temp-dir.js';
import { collectingDependencies } from '../../collecting-dependencies.js';

const token = anyToken();
recordToken(token);
/** In the titles of the tests, and to be replaced by the token. */
const withToken = (words: string[]) => words.map((word) => word.replace('nxp_…', token));
const url = 'https://cache.acme.example';

/** What `nxkey configure` makes of a command line. */
async function flagsOf(words: string[]): Promise<unknown> {
  let flags: ConfigureFlags | undefined;
  const { args, token: taken } = takeConfiguredToken(['configure', ...withToken(words)]);
  const command = configureCommand(
    collectingDependencies(tempDir()).dependencies,
    (given) => {
      flags = given;
      return Promise.resolve();
    },
    taken,
  );
  const silent = { writeErr: () => undefined };
  await command.exitOverride().configureOutput(silent).parseAsync(args.slice(1), { from: 'user' });
  return flags;
}

describe('nxkey configure', () => {
  it.each<[string[], Omit<ConfigureFlags, 'json' | 'personalAccessToken'>]>([
    [[], {}],
    [['--personalAccessToken=nxp_…'], {}],
    [['--personal-access-token=nxp_…'], {}],
    [['--personalAccessToken', 'nxp_…'], {}],
    [['--personal-access-token', 'nxp_…', '--nx-cloud-url', url], { nxCloudUrl: url }],
    [[`--nxCloudUrl=${url}`, '--personalAccessToken=nxp_…'], { nxCloudUrl: url }],
    [['--storage', 'file'], { storage: 'file' }],
  ])('takes %j', async (words, flags) => {
    const given = words.some((word) => word.includes('nxp_…')) && { personalAccessToken: token };
    expect(await flagsOf(words)).toEqual({ json: false, ...flags, ...given });
  });

  it('takes an empty token for one, to be refused, and does not read another', async () => {
    expect(await flagsOf(['--personalAccessToken='])).toEqual({ json: false, personalAccessToken: '' });
  });

  it.each<[string[]]>([
    [['--personalAccessToken']],
    [['--storage', '--personalAccessToken=nxp_…']],
    [['--nx-cloud-url', '--personal-access-token', 'nxp_…']],
    [['--personalAccessToken=nxp_…', 'more']],
  ])('refuses %j, without the token in what it says', async (words) => {
    const refused = flagsOf(words);
    await expect(refused).rejects.toHaveProperty('code', expect.stringMatching(/^commander\./));
    await expect(refused).rejects.not.toThrow(token);
  });
});

describe('the command line without the token', () => {
  it('has no trace of it', () => {
    const words = withToken(['configure', '--json', '--personal-access-token', 'nxp_…', '--personalAccessToken=nxp_…']);
    expect(takeConfiguredToken(words)).toEqual({ args: ['configure', '--json'], token });
  });

  it.each<[string[]]>([
    [['login', '--personalAccessToken=nxp_…']],
    [['--personalAccessToken', 'nxp_…']],
    [['configure', 'nxp_…']],
    [['configure', '--token=nxp_…']],
    [['configure', '--storage', 'nxp_…']],
  ])('is %j as it was: there a token is refused', (words) => {
    const args = withToken(words);
    expect(takeConfiguredToken(args)).toEqual({ args });
  });
});
