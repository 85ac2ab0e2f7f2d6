import { CommanderError } from 'commander';
import { UsageError, UserError } from '../errors.js';
import { tell, type CliContext } from './context.js';
import { createProgram } from './program.js';

const exitCodes = { success: 0, failure: 1, usage: 2 } as const;

/** From the command line to the exit code. The only place that turns errors into text. */
export async function main(argv: string[], context: CliContext): Promise<number> {
  try {
    await createProgram(context).parseAsync(argv, { from: 'user' });
    return exitCodes.success;
  } catch (error) {
    // Commander has written its message; help and version end with 0, everything else is a wrong command line.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.success : exitCodes.usage;
    if (!(error instanceof UserError)) {
      tell(context, `error: nxkey-server has a defect and could not finish: ${describe(error)}`);
      return exitCodes.failure;
    }
    tell(context, `error: ${error.message}`);
    if (error.remedy !== undefined) tell(context, error.remedy);
    return error instanceof UsageError ? exitCodes.usage : exitCodes.failure;
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
