import { PassThrough, Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { confirm } from '../../src/cli/confirm.js';
import { size } from '../../src/cli/format.js';
import { printSecret } from '../../src/cli/print-secret.js';
import { printTable } from '../../src/cli/table.js';
import { Cancelled, UsageError, UserError } from '../../src/errors.js';
import { failure } from '../rest-client/failure.js';
import { recordToken } from '../support/ledger.js';
import { tempDir } from '../support/temp-dir.js';
import { collectingDependencies } from './collecting-dependencies.js';

const token = 'nxc_thisIsNotARealTokenButLooksLikeOne222222';
recordToken(token);

function tableOn(columns: number | undefined, rows: string[][], options?: { longRows: 'wrap' }): string[] {
  const { dependencies, printed } = collectingDependencies(tempDir());
  printTable({ ...dependencies.io, columns }, ['ID', 'NAME', 'ACCESS'], rows, options);
  return printed.stdout.split('\n').slice(0, -1);
}

describe('a table', () => {
  it('has aligned columns under headings on a terminal', () => {
    const rows = [
      ['1', 'main', 'read-write'],
      ['22', 'pull-requests', 'read-only'],
    ];
    expect(tableOn(80, rows)).toEqual([
      'ID  NAME           ACCESS',
      '1   main           read-write',
      '22  pull-requests  read-only',
    ]);
  });

  it('is as wide as the terminal at most', () => {
    expect(tableOn(12, [['1', 'a long name', 'x']])).toEqual(['ID  NAME   …', '1   a long …']);
  });

  it('leaves long rows to the terminal where their ends matter', () => {
    const rows = [['1', 'main', 'x'.repeat(30)]];
    expect(tableOn(20, rows, { longRows: 'wrap' })).toEqual(['ID  NAME  ACCESS', `1   main  ${'x'.repeat(30)}`]);
  });

  it('counts characters as they are seen: accents in two parts, wide scripts, emoji', () => {
    const rows = [
      ['1', 'e\u0301te\u0301', 'x'],
      ['2', '東京', 'x'],
      ['3', '👩🏽‍🚀', 'x'],
    ];
    expect(tableOn(80, rows)).toEqual(['ID  NAME  ACCESS', '1   e\u0301te\u0301   x', '2   東京  x', '3   👩🏽‍🚀    x']);
  });

  it('has tabs, no headings and everything in a pipe', () => {
    const long = 'x'.repeat(500);
    expect(tableOn(undefined, [['1', 'main', long]])).toEqual([`1\tmain\t${long}`]);
  });
});

describe('a size', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [99_949, '99.9 kB'],
    [99_950, '100 kB'],
    [999_500, '1.0 MB'],
    [1_500_000_000, '1.5 GB'],
    [Number.MAX_SAFE_INTEGER, '9007 TB'],
  ])('of %d bytes is %s', (bytes, text) => {
    expect(size(bytes)).toBe(text);
  });
});

describe('a secret that is shown once', () => {
  const broken = () =>
    new Writable({
      write(_chunk, _encoding, done) {
        done(new Error('ENOSPC'));
      },
    }).on('error', () => undefined);

  it('is printed and stays', async () => {
    const { dependencies, printed } = collectingDependencies(tempDir());
    let revoked = false;
    const revoke = () => {
      revoked = true;
      return Promise.resolve();
    };
    await printSecret(dependencies.io, { text: token, revoke, revokeByHand: 'nxkey …' });
    expect({ right: printed.stdout === `${token}\n`, revoked }).toEqual({ right: true, revoked: false });
  });

  it('is revoked when it cannot be printed', async () => {
    const { dependencies } = collectingDependencies(tempDir());
    let revoked = false;
    const revoke = () => {
      revoked = true;
      return Promise.resolve();
    };
    const io = { ...dependencies.io, stdout: broken() };
    const error = await failure(printSecret(io, { text: token, revoke, revokeByHand: 'nxkey …' }));
    expect(error.message).toContain('so it has been revoked again');
    expect(error.remedy).toContain('Run the command again');
    expect(revoked).toBe(true);
    const once = { text: token, revoke, revokeByHand: 'nxkey …', next: 'Make another.' };
    expect((await failure(printSecret(io, once))).remedy).toBe('Make another.');
  });

  it('is told to be revoked by hand when that fails as well', async () => {
    const { dependencies } = collectingDependencies(tempDir());
    const revoke = () => Promise.reject(new UserError('The server is down.'));
    const io = { ...dependencies.io, stdout: broken() };
    const error = await failure(printSecret(io, { text: token, revoke, revokeByHand: 'npx nxkey ci-token revoke 7' }));
    expect(error.message).toContain('The server is down.');
    expect(error.remedy).toContain('npx nxkey ci-token revoke 7');
  });
});

describe('what cannot be undone', () => {
  const dependenciesWith = (interactive: boolean, answer: boolean) => {
    const { dependencies } = collectingDependencies(tempDir());
    const asked: string[] = [];
    const prompts = {
      confirm: (message: string) => {
        asked.push(message);
        return Promise.resolve(answer);
      },
      password: () => Promise.reject(new Error('not asked')),
      select: () => Promise.reject(new Error('not asked')),
    };
    const io = { ...dependencies.io, stdin: new PassThrough(), interactive };
    return { asked, dependencies: { ...dependencies, io, prompts: () => Promise.resolve(prompts) } };
  };

  it('is asked at a terminal, and done after yes', async () => {
    const { asked, dependencies } = dependenciesWith(true, true);
    await confirm('All will be gone.', { yes: false }, dependencies);
    expect(asked).toEqual(['All will be gone. Go on?']);
  });

  it('is not done after no', async () => {
    const { dependencies } = dependenciesWith(true, false);
    await expect(confirm('All will be gone.', { yes: false }, dependencies)).rejects.toBeInstanceOf(Cancelled);
  });

  it('is not done without a terminal, unless --yes says so', async () => {
    const { asked, dependencies } = dependenciesWith(false, true);
    const error = await failure(confirm('All will be gone.', { yes: false }, dependencies));
    expect(error).toBeInstanceOf(UsageError);
    expect(error.remedy).toContain('--yes');
    await confirm('All will be gone.', { yes: true }, dependencies);
    expect(asked).toEqual([]);
  });
});
