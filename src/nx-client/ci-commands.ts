import { ProgramFailed } from '../errors.js';
import { tell } from '../cli/io.js';
import type { Dependencies } from '../cli/dependencies.js';
import type { Program } from '../cli/run-program.js';

/**
 * Commands of `nx-cloud`, as Nx 13 to 24 and their documentation name them, for what a remote cache does not have:
 * agents, recorded runs, fixes by a machine. They stand in pipelines, which have to go on.
 */
export const commandsWithoutEffect: ReadonlySet<string> = new Set([
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

/** The one line that such a command prints. */
export function withoutEffect(name: string): string {
  return `nx-cloud ${name}: nothing was done. This server is a remote cache and has no such feature.`;
}

/**
 * `nx-cloud record -- <command>`: the command runs as it would without us.
 * @param args what stands behind `record`
 * @throws {ProgramFailed} with the command's exit code
 * @throws {ProgramNotStarted}
 */
export async function record(args: readonly string[], { io, env, runProgram }: Dependencies): Promise<void> {
  const program = recordedProgram(args);
  if (program === undefined) {
    tell(io, withoutEffect('record'));
    return;
  }
  tell(io, 'nx-cloud record: nothing is recorded. This server is a remote cache; the command runs without it.');
  const exitCode = await runProgram({ ...program, env });
  if (exitCode !== 0) throw new ProgramFailed(exitCode);
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
