import { exitCodeOf } from '../cli/exit-codes.js';
import { watchInterrupts } from '../cli/interrupts.js';
import { runProgram, type Program } from '../cli/run-program.js';
import { UserError } from '../errors.js';

/**
 * Commands of `nx-cloud`, as Nx 13 to 24 and their documentation name them, for what a remote cache does not have:
 * agents, recorded runs, fixes by a machine. They stand in pipelines, which have to go on, also with an old Node: nothing
 * in this file may need a new one.
 */
const commandsWithoutEffect: ReadonlySet<string> = new Set([
  'apply-locally',
  'cleanup',
  'complete-ci-run',
  'complete-run',
  'complete-run-group',
  'download-cloud-client',
  'fix-ci',
  'get',
  'get-workspace-data',
  'onboard',
  'start-agent',
  'start-ci-run',
  'start-nx-agents',
  'start-workers',
  'stop-all-agents',
  'stop-all-workers',
  'upload-agent-metrics',
  'upload-and-show-run-details',
  'validate',
]);

/**
 * Such a command: says in one line that nothing was done, whatever its flags. `record` runs its program.
 * @returns the exit code; `undefined` for a command that is none of these
 */
export async function runCiCommand(process: NodeJS.Process, args: readonly string[]): Promise<number | undefined> {
  const [name = '', ...rest] = args;
  const program = name === 'record' ? recordedProgram(rest) : undefined;
  if (program !== undefined) return record(process, program);
  if (name !== 'record' && !commandsWithoutEffect.has(name)) return undefined;
  process.stderr.write(`nx-cloud ${name}: nothing was done. This server is a remote cache and has no such feature.\n`);
  return 0;
}

/** What is behind `--`; without that, what follows the flags. */
export function recordedProgram(args: readonly string[]): Omit<Program, 'env'> | undefined {
  const separator = args.indexOf('--');
  const words = separator === -1 ? fromFirstWord(args) : args.slice(separator + 1);
  const [command, ...rest] = words;
  if (command === undefined) return undefined;
  // Nx's own `record`, for workspaces without a cloud, lets a shell read the command.
  return { command, args: rest, inShell: rest.length === 0 && /\s/.test(command) };
}

function fromFirstWord(args: readonly string[]): readonly string[] {
  const first = args.findIndex((arg) => !arg.startsWith('-'));
  return first === -1 ? [] : args.slice(first);
}

async function record(process: NodeJS.Process, program: Omit<Program, 'env'>): Promise<number> {
  const { platform, env, stdin, stdout, stderr } = process;
  stderr.write('nx-cloud record: nothing is recorded. This server is a remote cache; the command runs as it is.\n');
  const interrupts = watchInterrupts(process, () => undefined);
  const onTerminal = [stdin, stdout, stderr].some((stream) => stream.isTTY);
  try {
    return await runProgram({ ...program, env }, { platform, interrupts, onTerminal });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    stderr.write(`error: ${error.message}\n${error.remedy === undefined ? '' : `${error.remedy}\n`}`);
    return exitCodeOf(error);
  } finally {
    interrupts.release();
  }
}
