import { stat } from 'node:fs/promises';
import { win32 } from 'node:path';
import type { Program } from './run-program.js';

export interface WindowsProgram {
  command: string;
  args: string[];
  /** The arguments are quoted already. */
  verbatim: boolean;
}

/**
 * What has to be started on Windows for a command. Programs that npm installs, and npx itself, are batch files there
 * (`npx.cmd`): they are found by PATHEXT, which Node's `spawn` does not look at, and only cmd.exe can run them, which
 * `spawn` refuses to do by itself because of what cmd.exe makes of unescaped arguments (CVE-2024-27980).
 */
export async function programOnWindows(
  { command, args, env }: Program,
  isFile: (path: string) => Promise<boolean> = isFileOnDisk,
): Promise<WindowsProgram> {
  for (const path of candidates(command, env)) {
    if (!(await isFile(path))) continue;
    if (!/\.(?:cmd|bat)$/i.test(path)) return { command: path, args: [...args], verbatim: false };
    const line = [escapeForCmd(path), ...args.map((arg) => escapeForBatchFile(arg))].join(' ');
    return {
      command: variable(env, 'ComSpec') ?? 'cmd.exe',
      args: ['/d', '/s', '/c', `"${line}"`],
      verbatim: true,
    };
  }
  // Not there: Node says so in its own words.
  return { command, args: [...args], verbatim: false };
}

/** Windows writes its variables `Path` and `ComSpec`, and takes them in any case. */
function variable(env: Program['env'], name: string): string | undefined {
  const key = Object.keys(env).find((candidate) => candidate.toLowerCase() === name.toLowerCase());
  return key === undefined ? undefined : env[key];
}

function candidates(command: string, env: Program['env']): string[] {
  const extensions = (variable(env, 'PATHEXT') ?? '.COM;.EXE;.BAT;.CMD').split(';').filter((part) => part !== '');
  const folders = /[\\/]/.test(command) ? [''] : (variable(env, 'Path') ?? '').split(';');
  const hasExtension = extensions.some((extension) => command.toLowerCase().endsWith(extension.toLowerCase()));
  const names = hasExtension ? [command] : extensions.map((extension) => command + extension);
  return folders.flatMap((folder) => names.map((name) => win32.join(folder.replaceAll('"', ''), name)));
}

/** Characters that mean something to cmd.exe, also within quotes. */
function escapeForCmd(text: string): string {
  return text.replace(/[()\][%!^"`<>&|;, *?]/g, '^$&');
}

/**
 * Quoted as the C runtime takes command lines apart (a quote and the backslashes before it are escaped), then for
 * cmd.exe, and once more since a batch file hands `%*` to cmd.exe again.
 */
function escapeForBatchFile(arg: string): string {
  const quoted = `"${arg.replace(/(\\*)"/g, '$1$1\\"').replace(/(\\+)$/, '$1$1')}"`;
  return escapeForCmd(escapeForCmd(quoted));
}

async function isFileOnDisk(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
