import { constants } from 'node:os';
import { CommanderError } from 'commander';
import { AlreadyTold, Cancelled, ProgramFailed, UsageError, UserError } from '../errors.js';
import { findTokensInText } from '../protocol/token-search.js';
import { printableLines } from '../rest-client/printable.js';
import { takeConfiguredToken } from './commands/configure/command.js';
import { createDependencies } from './create-dependencies.js';
import { exitCodeOf, exitCodes } from './exit-codes.js';
import { watchInterrupts } from './interrupts.js';
import { createIo, tell, type CalledAs, type Io } from './io.js';
import { createProgram, type CommandName } from './program.js';

/** How long a command may clean up after Ctrl-C before the process ends without it, in milliseconds. */
const interruptGrace = 3000;

/** What the way in knows: the package's version, and the subcommand that the program was called as, if any. */
export interface Invocation {
  version: string;
  /** The command line without the program. */
  args: readonly string[];
  command?: CommandName;
  /** `nxkey` if not given. */
  calledAs?: CalledAs;
}

/** From the command line to the exit code. The only place that turns errors into text and exit codes. */
export async function main(process: NodeJS.Process, invocation: Invocation): Promise<number> {
  const io = createIo(process, invocation.calledAs);
  const interrupts = watchInterrupts(process, (signal) => {
    setTimeout(() => process.exit(128 + constants.signals[signal]), interruptGrace).unref();
  });
  try {
    const { args, token: configuredToken } = takeConfiguredToken(invocation.args);
    refuseTokens(args);
    const dependencies = createDependencies({ process, io, interrupts, version: invocation.version });
    await createProgram(dependencies, { ...invocation, configuredToken }).parseAsync(args, { from: 'user' });
    return exitCodes.success;
  } catch (error) {
    // Whatever an aborted command failed with, it failed because it was aborted.
    const exitCode = report(interrupts.signal.aborted ? new Cancelled() : error, io, process.env['NXKEY_DEBUG']);
    const interruptedBy = interrupts.received();
    return interruptedBy === undefined ? exitCode : 128 + constants.signals[interruptedBy];
  } finally {
    interrupts.release();
  }
}

/** Before anything looks at the arguments: a token taken for a host name would be printed, and asked for in the DNS. */
function refuseTokens(args: readonly string[]): void {
  if (args.every((arg) => findTokensInText(arg).length === 0)) return;
  throw new UsageError(
    "A token does not belong on the command line: it stands in the shell's history and in the process list now.",
    { remedy: 'Revoke it. A new one is read from standard input:  npx nxkey login --with-token < token.txt' },
  );
}

function report(error: unknown, io: Io, debug: string | undefined): number {
  if (error instanceof CommanderError) {
    // Commander has written its message; `--help` and `--version` end with 0, everything else is a wrong command line.
    return error.exitCode === 0 ? exitCodes.success : exitCodes.usage;
  }
  if (error instanceof ProgramFailed || error instanceof AlreadyTold) return exitCodeOf(error);
  if (error instanceof UserError) {
    // Paths and names in it may be somebody else's.
    const message = printableLines(error.message);
    tell(io, error instanceof Cancelled ? message : `${io.style.red('error:')} ${message}`);
    if (error.remedy !== undefined) tell(io, printableLines(error.remedy));
  } else {
    tell(io, `${io.style.red('error:')} nxkey has a defect and could not finish: ${printableLines(describe(error))}`);
    tell(io, 'Please report it, with what the same command prints when NXKEY_DEBUG=1 is set.');
  }
  if (debug !== undefined && debug !== '') tellCauses(error, io);
  return exitCodeOf(error);
}

function tellCauses(error: unknown, io: Io): void {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    tell(io, io.style.dim(cause.stack ?? describe(cause)));
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
