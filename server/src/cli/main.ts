import { CommanderError } from 'commander';
import { findTokensInText } from '../../../src/protocol/token-search.js';
import { UsageError, UserError } from '../errors.js';
import { tell, type CliContext } from './context.js';
import { surviveClosedStreams, writeOutput } from './output.js';
import { createProgram } from './program.js';

const exitCodes = { success: 0, failure: 1, usage: 2 } as const;

/** From the command line to the exit code. The only place that turns errors into text. */
export async function main(argv: string[], context: CliContext): Promise<number> {
  surviveClosedStreams(context);
  try {
    refuseTokens(argv);
    await run(argv, context);
    return exitCodes.success;
  } catch (error) {
    // Commander has written its message: the command line was wrong.
    if (error instanceof CommanderError) return exitCodes.usage;
    if (!(error instanceof UserError)) {
      tell(context, `error: nxkey-server has a defect and could not finish: ${describe(error)}`);
      return exitCodes.failure;
    }
    tell(context, `error: ${error.message}`);
    if (error.remedy !== undefined) tell(context, error.remedy);
    return error instanceof UsageError ? exitCodes.usage : exitCodes.failure;
  }
}

/** Before anything else looks at the command line: error messages, commander's too, repeat what was given. */
function refuseTokens(argv: string[]): void {
  if (!argv.some((argument) => findTokensInText(argument).length > 0)) return;
  throw new UsageError(
    "A token does not belong on the command line: it stands in the shell's history and in the process list now.",
    {
      remedy:
        'Revoke it: a personal one on the page /tokens, one of CI with "nxkey-server ci-token revoke". ' +
        'Tokens are read from standard input only, with --token-stdin.',
    },
  );
}

async function run(argv: string[], context: CliContext): Promise<void> {
  // Commander does not wait for its writes, so its answer is kept and written in the end.
  let help = '';
  try {
    await createProgram(context, (text) => (help += text)).parseAsync(argv, { from: 'user' });
  } catch (error) {
    // `--help` and `--version` end with an error of code 0.
    if (!(error instanceof CommanderError) || error.exitCode !== 0) throw error;
  }
  if (help !== '') await writeOutput(context, help);
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
