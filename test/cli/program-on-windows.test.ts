import { describe, expect, it } from 'vitest';
import { programOnWindows, type WindowsProgram } from '../../src/cli/program-on-windows.js';

const npx = 'C:\\Program Files\\nodejs\\npx.cmd';
const node = 'C:\\Program Files\\nodejs\\node.exe';

function start(command: string, args: string[], files = [npx, node]): Promise<WindowsProgram> {
  const env = {
    Path: 'C:\\Windows;"C:\\Program Files\\nodejs"',
    PATHEXT: '.COM;.EXE;.BAT;.CMD',
    ComSpec: 'C:\\Windows\\system32\\cmd.exe',
  };
  const there = new Set(files.map((file) => file.toLowerCase()));
  return programOnWindows({ command, args, env }, (path) => Promise.resolve(there.has(path.toLowerCase())));
}

/** Pure, since the tests run on Linux: what Windows makes of it follows the documented rules of cmd.exe. */
describe('a program on Windows', () => {
  it('is found by PATHEXT and started without a shell', async () => {
    expect(await start('node', ['-e', 'a "b" & c'])).toEqual({
      command: 'C:\\Program Files\\nodejs\\node.EXE',
      args: ['-e', 'a "b" & c'],
      verbatim: false,
    });
  });

  it('is started by cmd.exe when it is a batch file, as npx is, with every special character escaped', async () => {
    expect(await start('npx', ['nx', 'build', '--out=a b', '100%PATH%'])).toEqual({
      command: 'C:\\Windows\\system32\\cmd.exe',
      args: [
        '/d',
        '/s',
        '/c',
        '"C:\\Program^ Files\\nodejs\\npx.CMD ^^^"nx^^^" ^^^"build^^^" ^^^"--out=a^^^ b^^^" ^^^"100^^^%PATH^^^%^^^""',
      ],
      verbatim: true,
    });
  });

  it.each([
    ['a "quoted" word', '^^^"a^^^ \\^^^"quoted\\^^^"^^^ word^^^"'],
    ['a backslash at the end\\', '^^^"a^^^ backslash^^^ at^^^ the^^^ end\\\\^^^"'],
    ['& calc.exe', '^^^"^^^&^^^ calc.exe^^^"'],
    ['', '^^^"^^^"'],
  ])('gives a batch file the argument %j as one', async (arg, escaped) => {
    const { args } = await start('npx', [arg]);
    expect(args.at(-1)).toBe(`"C:\\Program^ Files\\nodejs\\npx.CMD ${escaped}"`);
  });

  it('may be named with its extension, and by its path', async () => {
    expect((await start('npx.cmd', [])).verbatim).toBe(true);
    expect((await start(node, [])).command).toBe(node);
  });

  it('that is not there is left to the system, which says so', async () => {
    expect(await start('nosuch', ['x'])).toEqual({ command: 'nosuch', args: ['x'], verbatim: false });
  });
});
