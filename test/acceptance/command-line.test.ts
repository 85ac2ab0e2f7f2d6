import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { newPerson } from '../support/person.js';
import { programs, run } from '../support/programs.js';

const manifest = JSON.parse(readFileSync(fileURLToPath(new URL('../../package.json', import.meta.url)), 'utf8')) as {
  version: string;
  bin: Record<string, string>;
};

describe('the programs', () => {
  it.each(['nxkey', 'login', 'convert'] as const)('print their version: %s', async (name) => {
    for (const flag of ['--version', '-V']) {
      expect(await run(programs[name], [flag])).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: '' });
    }
  });

  it('are nxkey and its two subcommands that people run by name', async () => {
    expect(Object.keys(manifest.bin)).toEqual(['nxkey', 'login', 'convert-to-nx-cloud-id']);
    const asSubcommand = await run(programs.nxkey, ['convert-to-nx-cloud-id', '--help']);
    const asProgram = await run(programs.convert, ['--help']);
    expect(asSubcommand.stdout).toContain('Usage: nxkey convert-to-nx-cloud-id [options]');
    expect(asProgram.stdout).toContain('Usage: convert-to-nx-cloud-id [options]');
    expect((await run(programs.login, ['--help'])).stdout).toContain('Usage: login [options] [nxCloudUrl]');
  });

  it.each(['login', 'logout', 'status', 'whoami', 'token', 'run', 'convert-to-nx-cloud-id'])(
    'explain %s with examples',
    async (command) => {
      const { code, stdout, stderr } = await run(programs.nxkey, [command, '--help']);
      expect(code).toBe(0);
      expect(stderr).toBe('');
      expect(stdout).toMatch(/Examples:\n\s+\$ .*nxkey/);
    },
  );

  it('suggest the command and the flag that was probably meant', async () => {
    const command = await run(programs.nxkey, ['logn']);
    expect(command.code).toBe(2);
    expect(command.stderr).toContain('Did you mean login?');
    const flag = await run(programs.nxkey, ['logout', '--al']);
    expect(flag.code).toBe(2);
    expect(flag.stderr).toContain('Did you mean --all?');
    expect(flag.stderr).toContain('nxkey logout --help');
  });

  it('explain a command after "help", and suggest one when it is not there', async () => {
    const known = await run(programs.nxkey, ['help', 'logout']);
    expect(known.code).toBe(0);
    expect(known.stdout).toBe((await run(programs.nxkey, ['logout', '--help'])).stdout);
    const unknown = await run(programs.nxkey, ['help', 'logot']);
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain('Did you mean logout?');
  });

  it('show all commands on standard error and exit with 2 when none is given', async () => {
    const { code, stdout, stderr } = await run(programs.nxkey, []);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('convert-to-nx-cloud-id');
  });

  it('color nothing that is no terminal, and obey FORCE_COLOR and NO_COLOR', async () => {
    const { home, env } = newPerson();
    const status = (extra: NodeJS.ProcessEnv) =>
      run(programs.nxkey, ['status'], { cwd: home, env: { ...env, ...extra } });
    expect((await status({})).stderr).not.toContain('\x1b[');
    expect((await status({ FORCE_COLOR: '1' })).stderr).toContain('\x1b[');
    expect((await status({ FORCE_COLOR: '1', NO_COLOR: '1' })).stderr).not.toContain('\x1b[');
  });

  it('run through a link, as npm installs them', async () => {
    const { home } = newPerson();
    mkdirSync(join(home, '.bin'));
    symlinkSync(programs.nxkey, join(home, '.bin/nxkey'));
    expect(await run(join(home, '.bin/nxkey'), ['--version'])).toMatchObject({
      code: 0,
      stdout: `${manifest.version}\n`,
    });
    expect((await run(join(home, '.bin/nxkey'), ['--help'])).code).toBe(0);
  });

  it('say in a sentence when a file of theirs is damaged', async () => {
    const { home, env } = newPerson();
    mkdirSync(join(home, '.config/nxkey'), { recursive: true, mode: 0o700 });
    writeFileSync(join(home, '.config/nxkey/logins.json'), '{ "version": 1, "logins": [ {', { mode: 0o600 });
    const { code, stderr } = await run(programs.nxkey, ['status'], { env, cwd: home });
    expect(code).toBe(1);
    expect(stderr).toContain('logins.json');
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});
