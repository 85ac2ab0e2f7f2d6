import { describe, expect, it } from 'vitest';
import {
  convertToNxCloudIdCommand,
  type ConvertFlags,
} from '../../../../src/cli/commands/convert-to-nx-cloud-id/command.js';
import { UsageError } from '../../../../src/errors.js';
import { readWriteToken } from '../../../nx-workspace/convert-text.js';
import { recordOutput } from '../../../support/ledger.js';
import { tempDir } from '../../../support/temp-dir.js';
import { collectingDependencies } from '../../collecting-dependencies.js';

const id = '63f1a2b3c4d5e6f708192a3b';

describe('convert-to-nx-cloud-id', () => {
  it.each<[string[], ConvertFlags]>([
    [[], { dryRun: false, json: false }],
    [['../web'], { workspace: '../web', dryRun: false, json: false }],
    [['--dry-run'], { dryRun: true, json: false }],
    [['--json'], { dryRun: false, json: true }],
    [['--nx-cloud-id', id], { nxCloudId: id, dryRun: false, json: false }],
    [['--server', 'cache.acme.com'], { server: 'cache.acme.com', dryRun: false, json: false }],
    [
      ['--token-to=out.txt', '.', '--dry-run', '--json'],
      { workspace: '.', tokenTo: 'out.txt', dryRun: true, json: true },
    ],
  ])('takes %j', async (argv, flags) => {
    await expect(flagsOf(argv)).resolves.toEqual(flags);
  });

  it.each([
    [['--nx-cloud-id', 'short']],
    [['--nx-cloud-id', `${id}0`]],
    [['--nx-cloud-id', 'with spaces in the middle']],
    [['--nx-cloud-id', readWriteToken]],
  ])('refuses what is no nxCloudId, and does not repeat it: %#', async (argv) => {
    const error: unknown = await flagsOf(argv).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UsageError);
    expect(String(error)).toContain('--nx-cloud-id takes the 24 letters and digits of an nxCloudId');
    expect(String(error)).not.toContain(argv[1]);
    recordOutput('refused --nx-cloud-id', String(error));
  });

  it.each([[['a', 'b']], [['--token']], [['--token-to']], [['--server']]])('refuses %j', async (argv) => {
    await expect(flagsOf(argv)).rejects.toMatchObject({ code: expect.stringMatching(/^commander\./) as string });
  });

  it('has a help with examples', async () => {
    let help = '';
    const { dependencies } = collectingDependencies(tempDir());
    const command = convertToNxCloudIdCommand(dependencies).exitOverride();
    command.configureOutput({ writeOut: (text) => (help += text) });
    await expect(command.parseAsync(['--help'], { from: 'user' })).rejects.toMatchObject({
      code: 'commander.helpDisplayed',
    });
    expect(help).toMatch(/Examples:\n(?: {2}\$ npx nxkey convert-to-nx-cloud-id .*\n?){4}/);
    for (const flag of ['--nx-cloud-id <id>', '--server <url>', '--token-to <file>', '--dry-run', '--json'])
      expect(help).toContain(flag);
  });
});

async function flagsOf(argv: string[]): Promise<ConvertFlags | undefined> {
  let flags: ConvertFlags | undefined;
  const command = convertToNxCloudIdCommand(collectingDependencies(tempDir()).dependencies, (given) => {
    flags = given;
    return Promise.resolve();
  });
  command.exitOverride().configureOutput({ writeErr: () => undefined });
  await command.parseAsync(argv, { from: 'user' });
  return flags;
}
