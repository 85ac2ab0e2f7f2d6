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
import { noFlags } from './run-convert.js';

const id = '63f1a2b3c4d5e6f708192a3b';

describe('convert-to-nx-cloud-id', () => {
  it.each<[string[], Partial<ConvertFlags>]>([
    [[], {}],
    [['../web'], { paths: ['../web'] }],
    [['a', '-', 'b'], { paths: ['a', '-', 'b'] }],
    [['-r', '.'], { paths: ['.'], recursive: true }],
    [['-0', '-', '--jobs', '3'], { paths: ['-'], null: true, jobs: 3 }],
    [['--map', 'ids.tsv', '--resume=report.jsonl'], { map: 'ids.tsv', resume: 'report.jsonl' }],
    [['--dry-run'], { dryRun: true }],
    [['--json'], { json: true }],
    [['--nx-cloud-id', id], { nxCloudId: id }],
    [['--server', 'cache.acme.com'], { server: 'cache.acme.com' }],
    [
      ['--token-to=out.txt', '.', '--dry-run', '--json'],
      { paths: ['.'], tokenTo: 'out.txt', dryRun: true, json: true },
    ],
  ])('takes %j', async (argv, flags) => {
    await expect(flagsOf(argv)).resolves.toEqual({ ...noFlags, ...flags });
  });

  it.each([
    [['--nx-cloud-id', id, 'a', 'b'], '--nx-cloud-id gives one id, and here are several workspaces.'],
    [['--nx-cloud-id', id, '--recursive'], '--nx-cloud-id gives one id, and here are several workspaces.'],
    [['--token-to', 'x', '-'], '--token-to takes one token, and here are several workspaces.'],
    [['--nx-cloud-id', id, '--map', 'x'], '--nx-cloud-id and --map both give ids.'],
    [['-0', '.'], '--null is about paths on standard input, and they are read only for the path "-".'],
    [['--jobs', '0'], '--jobs takes a whole number from 1 to 64.'],
    [['--jobs', '65'], '--jobs takes a whole number from 1 to 64.'],
    [['--jobs', 'many'], '--jobs takes a whole number from 1 to 64.'],
    [['--map', ''], '--map takes the path of a file.'],
    [['--nx-cloud-id', id, ''], 'One of the paths is empty, perhaps from a variable that is not set.'],
    [['--commit', '-m', ' '], '--message is empty, and git makes no commit without a message.'],
    [['--resume', '-'], '--resume takes the path of a file.'],
  ])('refuses %j', async (argv, says) => {
    const error: unknown = await flagsOf(argv).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UsageError);
    expect(error).toHaveProperty('message', says);
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

  it.each([[['--token']], [['--token-to']], [['--server']]])('refuses %j', async (argv) => {
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
    expect(help).toMatch(/Examples:\n(?: {2}\$ npx nxkey convert-to-nx-cloud-id .*\n?){5}/);
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
