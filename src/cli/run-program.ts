import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { constants } from 'node:os';
import { ProgramNotStarted } from '../errors.js';
import { errorCode } from '../files/file-errors.js';
import type { InterruptSignal, Interrupts } from './interrupts.js';
import { programOnWindows } from './program-on-windows.js';

/** Another program, to be run in our place: in our folder, with our standard streams. */
export interface Program {
  /** As a shell finds it: a name on the PATH, or a path. */
  command: string;
  args: readonly string[];
  env: Readonly<Record<string, string | undefined>>;
  /** `command` is a whole command line, and a shell reads it. `args` are not looked at. */
  inShell?: boolean;
}

export interface RunProgramOptions {
  platform: NodeJS.Platform;
  interrupts: Pick<Interrupts, 'passTo'>;
  /** Our terminal is its terminal. */
  onTerminal: boolean;
}

/**
 * Runs a program to its end and passes signals on. No shell has a hand in it unless that was asked for, so that arguments
 * arrive as they are.
 * @returns its exit code; as shells count, 128 and the signal's number when a signal ended it
 * @throws {ProgramNotStarted}
 */
export async function runProgram(program: Program, options: RunProgramOptions): Promise<number> {
  const { platform, interrupts, onTerminal } = options;
  const child = await spawnProgram(program, platform);
  const passOn = (signal: InterruptSignal) => {
    // Ctrl-C goes to all programs of the terminal's foreground group. Sent once more by us, it would be the second one,
    // with which many programs give up cleaning up.
    if (signal === 'SIGINT' && onTerminal) return;
    child.kill(signal);
  };
  const stopPassing = interrupts.passTo(passOn);
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once('error', (cause) => {
        reject(notStarted(program.command, cause));
      });
      child.once('exit', (code, signal) => {
        resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
      });
    });
  } finally {
    stopPassing();
  }
}

async function spawnProgram(program: Program, platform: NodeJS.Platform): Promise<ChildProcess> {
  const options: SpawnOptions = { stdio: 'inherit', env: program.env };
  if (program.inShell === true) return spawn(program.command, { ...options, shell: true });
  if (platform !== 'win32') return spawn(program.command, program.args, options);
  const { command, args, verbatim } = await programOnWindows(program);
  return spawn(command, args, { ...options, windowsVerbatimArguments: verbatim });
}

/** The codes are those of a shell (POSIX, "Exit Status for Commands"): 127 not found, 126 found and not runnable. */
function notStarted(command: string, cause: unknown): ProgramNotStarted {
  const code = errorCode(cause);
  if (code === 'ENOENT') {
    return new ProgramNotStarted(`There is no program "${command}".`, {
      exitCode: 127,
      remedy: `Check the spelling. One that the workspace has installed is started with npx:  npx ${command}`,
      cause,
    });
  }
  const why = code === 'EACCES' ? 'it may not be executed' : `the system says ${code ?? 'nothing more'}`;
  return new ProgramNotStarted(`The program "${command}" could not be started: ${why}.`, {
    exitCode: 126,
    remedy: `Check that it is a program, and its permissions:  ls -l ${command}`,
    cause,
  });
}
