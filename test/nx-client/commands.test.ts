import { describe, expect, it } from 'vitest';
import { recordedProgram } from '../../src/nx-client/ci-commands.js';
import { argumentsOf, createCommands, withoutVerbose } from '../../src/nx-client/commands.js';

describe('the command line behind a name that Nx calls', () => {
  it.each<[name: string, typed: string, args: string[]]>([
    ['login', 'nx login https://cache.acme.example', ['login', 'https://cache.acme.example']],
    ['login', 'nx login --storage file', ['login', '--storage', 'file']],
    ['login', 'nx --verbose login', ['--verbose', 'login']],
    ['logout', 'nx logout --all', ['logout', '--all']],
    ['stop-all-agents', 'nx complete-ci-run --verbose', ['stop-all-agents', '--verbose']],
    ['record', 'nx record -- nx build record', ['record', '--', 'nx', 'build', 'record']],
    ['org', 'nx-cloud org list', ['org', 'list']],
    ['lgoin', 'nx-cloud lgoin', ['lgoin']],
    ['--help', 'nx-cloud --help', ['--help']],
    ['--help', 'nx-cloud --help login', ['--help', 'login']],
    ['undefined', 'nx-cloud', []],
  ])('%s, typed as "%s", is %j', (name, typed, args) => {
    expect(argumentsOf(name, typed.split(' ').slice(1))).toEqual(args);
  });
});

describe('the commands', () => {
  const commands = createCommands(process, '1.2.3');

  it.each(['login', 'whoami', 'ci-token', 'start-ci-run', 'undefined', '--help', 'lgoin', 'toString'])(
    'have an answer of ours for "%s"',
    (name) => {
      expect(name in commands).toBe(true);
      expect(commands[name]).toBeTypeOf('function');
      expect(commands[name]).not.toBe(Reflect.get(Object.prototype, name));
    },
  );

  it('are none for what the language calls by itself: whoever awaits or prints them runs nothing', async () => {
    expect(await Promise.resolve(commands)).toBe(commands);
    expect(JSON.stringify({ commands })).toBe('{"commands":{}}');
    expect('then' in commands).toBe(false);
  });

  it('let `nx reset` say how it went before the process is ended for it', async () => {
    const order: string[] = [];
    const cleanup = commands['cleanup']?.().then(() => order.push('Nx ends the process'));
    await Promise.resolve().then(() => order.push('nx reset says how it went'));
    await cleanup;
    expect(order).toEqual(['nx reset says how it went', 'Nx ends the process']);
  });
});

describe("Nx's flag --verbose", () => {
  it.each<[args: string[], words: string[], verbose: boolean]>([
    [['login'], ['login'], false],
    [['login', '--verbose'], ['login'], true],
    [['--verbose=true', 'login', 'https://a.example'], ['login', 'https://a.example'], true],
    [['login', '--verbose=false'], ['login'], false],
    [['login', '--verbose', '--no-verbose'], ['login'], false],
    [['record', '--verbose', '--', 'nx', 'build', '--verbose'], ['record', '--', 'nx', 'build', '--verbose'], true],
    [['record', '--', 'nx', 'build', '--verbose'], ['record', '--', 'nx', 'build', '--verbose'], false],
  ])('is taken out of %j', (args, words, verbose) => {
    expect(withoutVerbose(args)).toEqual({ words, verbose });
  });
});

describe('the program that `record` runs', () => {
  it.each<[args: string[], command: string, rest: string[], inShell: boolean]>([
    [['--', 'nx', 'format:check'], 'nx', ['format:check'], false],
    [['--ci', '--', 'nx', 'build', '--', '--watch'], 'nx', ['build', '--', '--watch'], false],
    [['echo', '-n', 'a'], 'echo', ['-n', 'a'], false],
    [['--ci', 'echo'], 'echo', [], false],
    [['--', 'nx lint && nx test'], 'nx lint && nx test', [], true],
    [['--', 'my program', 'a'], 'my program', ['a'], false],
  ])('of %j is %s', (args, command, rest, inShell) => {
    expect(recordedProgram(args)).toEqual({ command, args: rest, inShell });
  });

  it.each([[[]], [['--']], [['--ci']]])('is none for %j', (args) => {
    expect(recordedProgram(args)).toBeUndefined();
  });
});
