import { CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { tell, type CalledAs } from '../../src/cli/io.js';
import { createProgram } from '../../src/cli/program.js';
import { recordOutput } from '../support/ledger.js';
import { tempDir } from '../support/temp-dir.js';
import { collectingDependencies } from './collecting-dependencies.js';

/** What the program prints for a command line that it answers by itself. */
async function answerTo(calledAs: CalledAs, ...args: string[]) {
  const { dependencies, printed } = collectingDependencies(tempDir());
  const io = { ...dependencies.io, calledAs };
  const parsing = createProgram({ ...dependencies, io }, { version: '1.2.3' }).parseAsync(args, { from: 'user' });
  await expect(parsing).rejects.toThrow(CommanderError);
  const text = printed.stdout + printed.stderr;
  recordOutput(`${calledAs} ${args.join(' ')}`, text);
  return text;
}

describe('the program that Nx has downloaded', () => {
  it.each(['--help', 'login --help', 'ci-token create --help', 'lgoin', 'login --storag', 'ci-token'])(
    'names no command that would have to be installed: "%s"',
    async (typed) => {
      const answer = await answerTo('nx-cloud', ...typed.split(' '));
      expect(answer).toMatch(/(?:Usage: |npx |")nx-cloud /);
      expect(answer).not.toMatch(/(?:Usage: |npx |")nxkey /);
    },
  );

  it('differs in nothing else', async () => {
    const own = await answerTo('nxkey', 'login', '--help');
    expect(await answerTo('nx-cloud', 'login', '--help')).toBe(own.replaceAll('nxkey', 'nx-cloud'));
  });

  it('says so also in what it tells people', () => {
    const { dependencies, printed } = collectingDependencies(tempDir());
    tell({ ...dependencies.io, calledAs: 'nx-cloud' }, 'Log in:  npx nxkey login https://cache.acme.example');
    expect(printed.stderr).toBe('Log in:  npx nx-cloud login https://cache.acme.example\n');
  });
});
