import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, expect, it } from 'vitest';
import { shells, type Shell } from '../../../../src/cli/commands/completion/command.js';
import { completion } from '../../../../src/cli/commands/completion/completion.js';
import { auditActions } from '../../../../src/protocol/audit-wire-types.js';
import { isolatedEnv } from '../../../support/programs.js';
import { describeWith } from '../../../support/system-parts.js';
import { atTheEndOfTheFile, tempDir } from '../../../support/temp-dir.js';
import { collectingDependencies } from '../../collecting-dependencies.js';

function systemPart(shell: Shell) {
  const present = spawnSync(shell, ['-c', 'true']).status === 0;
  return { name: shell, present, install: `sudo apt-get install ${shell}` };
}

const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));

let folder: string;
const atTheEnd = atTheEndOfTheFile();
beforeAll(() => {
  folder = tempDir(atTheEnd);
  for (const shell of shells) {
    const { dependencies, printed } = collectingDependencies(folder);
    completion({ shell }, dependencies);
    writeFileSync(join(folder, `nxkey.${shell}`), printed.stdout);
  }
  mkdirSync(join(folder, 'work/apps'), { recursive: true });
  writeFileSync(join(folder, 'work/answer.txt'), '');
});

/** What the real shell offers behind these words, the last of which is being typed; in the folder `work`. */
const ask: Record<Shell, (words: string[]) => [program: string, args: string[]]> = {
  bash: (words) => ['bash', [fixture('bash-completions.bash'), join(folder, 'nxkey.bash'), ...words]],
  zsh: (words) => ['zsh', ['-f', fixture('zsh-completions.zsh'), join(folder, 'nxkey.zsh'), words.join(' ')]],
  fish: (words) => ['fish', ['-N', '-c', `source ${folder}/nxkey.fish; complete -C "$argv"`, ...words]],
};

async function offers(shell: Shell, words: string[]): Promise<string[]> {
  const [program, args] = ask[shell](words);
  const options = { cwd: join(folder, 'work'), env: { ...isolatedEnv(join(folder, 'home')), TERM: 'xterm' } };
  const { stdout } = await promisify(execFile)(program, args, options);
  // fish puts the description behind a tab, and a slash behind a folder.
  const offered = stdout.split('\n').map((line) => line.replace(/\t.*/, '').replace(/\/$/, ''));
  return [...new Set(offered.filter((word) => word !== ''))].sort();
}

const cases: { typed: string[]; offered: string[] }[] = [
  { typed: ['nxkey', 'ci-token', ''], offered: ['create', 'import', 'list', 'revoke', 'rotate'] },
  { typed: ['nxkey', 'w'], offered: ['whoami', 'workspace'] },
  { typed: ['nxkey', 'ci-token', 'create', '--access', ''], offered: ['read-only', 'read-write'] },
  { typed: ['nxkey', 'workspace', 'set', '--opt-'], offered: ['--opt-in', '--opt-out'] },
  { typed: ['nxkey', 'audit', '--action', 'ci-'], offered: auditActions.filter((action) => action.startsWith('ci-')) },
  { typed: ['nxkey', 'member', 'role', 'grace@acme.example', ''], offered: ['admin', 'member', 'owner'] },
  { typed: ['nxkey', 'member', 'role', '--org', 'acme', 'grace@acme.example', 'o'], offered: ['owner'] },
  { typed: ['nxkey', 'completion', ''], offered: ['bash', 'fish', 'zsh'] },
  { typed: ['nxkey', 'help', 'ci'], offered: ['ci-token'] },
  { typed: ['nxkey', 'convert-to-nx-cloud-id', ''], offered: ['apps'] },
  { typed: ['convert-to-nx-cloud-id', '--token-to', 'a'], offered: ['answer.txt', 'apps'] },
  { typed: ['login', '--storage', ''], offered: ['file', 'keychain'] },
  { typed: ['nxkey', 'run', '--', 'printen'], offered: ['printenv'] },
  { typed: ['nxkey', 'run', '--', 'cat', 'answ'], offered: ['answer.txt'] },
  { typed: ['nxkey', 'org', 'create', 'acme', '--name', ''], offered: [] },
];

for (const shell of shells) {
  describeWith(systemPart(shell), `completion in ${shell}`, () => {
    it.each(cases)('offers for $typed: $offered', async ({ typed, offered }) => {
      expect(await offers(shell, typed)).toEqual([...offered].sort());
    });

    it('knows every command and every flag that the program has', async () => {
      const commands = await offers(shell, ['nxkey', '']);
      expect(commands).toContain('help');
      for (const command of ['login', 'status', 'org', 'member', 'cache', 'completion']) {
        expect(commands).toContain(command);
      }
      const flags = await offers(shell, ['nxkey', 'cache', 'purge', '--']);
      expect(flags).toEqual([
        '--all',
        '--hash',
        '--help',
        '--isolated',
        '--json',
        '--server',
        '--workspace',
        '--writer',
        '--yes',
      ]);
    });
  });
}

describeWith(systemPart('bash'), 'what bash makes of the words of a line', () => {
  it('completes the value behind an equals sign, which bash takes for a word of its own', async () => {
    expect(await offers('bash', ['nxkey', 'ci-token', 'create', '--access', '=', 'read-o'])).toEqual(['read-only']);
    expect(await offers('bash', ['nxkey', 'ci-token', 'create', '--access', '='])).toEqual(['read-only', 'read-write']);
  });

  it('completes a program that was called by its path', async () => {
    expect(await offers('bash', ['node_modules/.bin/nxkey', 'logi'])).toEqual(['login']);
  });
});
