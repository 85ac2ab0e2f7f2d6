import type { Invocation } from '../cli/main.js';

/** Those of the CLI's commands that Nx calls by name; all others are reached through `npx nx-cloud`. */
const cliCommands = ['login', 'logout', 'status', 'whoami', 'configure', 'convert-to-nx-cloud-id'] as const;

/** A command as Nx calls it: its arguments are in `process.argv`, and Nx ends the process with 0 when it has returned. */
export type NxCommand = () => Promise<void>;

export function createCommands(process: NodeJS.Process, invocation: Invocation): Record<string, NxCommand> {
  const entries = cliCommands.map((name): [string, NxCommand] => [
    name,
    async () => {
      process.exit(await runCli(process, invocation, [name, ...argumentsOf(name, process.argv)]));
    },
  ]);
  return Object.fromEntries(entries);
}

/** What stands behind the command: `nx login URL` as well as `nx-cloud login URL`. */
function argumentsOf(name: string, argv: readonly string[]): string[] {
  return argv.slice(argv.indexOf(name) + 1);
}

export async function runCli(
  process: NodeJS.Process,
  invocation: Invocation,
  args: readonly string[],
): Promise<number> {
  process.argv = [process.argv[0] ?? '', process.argv[1] ?? '', ...args];
  const { main } = await import('../cli/main.js');
  return main(process, invocation);
}
