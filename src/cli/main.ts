import { CommanderError } from 'commander';
import { Cancelled, UserError } from '../errors.js';
import { createDependencies } from './create-dependencies.js';
import { exitCodeOf, exitCodes } from './exit-codes.js';
import { createIo, tell, type Io } from './io.js';
import { createProgram, type CommandName } from './program.js';

/** How long a command may clean up after Ctrl-C before the process ends without it, in milliseconds. */
const interruptGrace = 3000;

/** What `bin/` knows: the package's version, and the subcommand that the program was called as, if any. */
export interface Invocation {
  version: string;
  command?: CommandName;
}

/** From the command line to the exit code. The only place that turns errors into text and exit codes. */
export async function main(process: NodeJS.Process, invocation: Invocation): Promise<number> {
  const io = createIo(process);
  const interrupt = new AbortController();
  const onInterrupt = () => {
    interrupt.abort(new Cancelled());
    setTimeout(() => process.exit(exitCodes.cancelled), interruptGrace).unref();
  };
  // Once: a second Ctrl-C ends the process at once.
  process.once('SIGINT', onInterrupt);
  quietBrokenPipe(process);
  try {
    const dependencies = createDependencies({ process, io, signal: interrupt.signal, version: invocation.version });
    const program = createProgram(dependencies, invocation);
    await program.parseAsync(process.argv.slice(2), { from: 'user' });
    return exitCodes.success;
  } catch (error) {
    // Whatever an aborted command failed with, it failed because it was aborted.
    return report(interrupt.signal.aborted ? new Cancelled() : error, io, process.env['NXKEY_DEBUG']);
  } finally {
    process.removeListener('SIGINT', onInterrupt);
  }
}

function report(error: unknown, io: Io, debug: string | undefined): number {
  if (error instanceof CommanderError) {
    // Commander has written its message; `--help` and `--version` end with 0, everything else is a wrong command line.
    return error.exitCode === 0 ? exitCodes.success : exitCodes.usage;
  }
  if (error instanceof UserError) {
    tell(io, error instanceof Cancelled ? error.message : `${io.style.red('error:')} ${error.message}`);
    if (error.remedy !== undefined) tell(io, error.remedy);
  } else {
    tell(io, `${io.style.red('error:')} nxkey has a defect and could not finish: ${describe(error)}`);
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

/** `nxkey token | head -c 0` closes our standard output early: that is the reader's choice and no error. */
function quietBrokenPipe(process: NodeJS.Process): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
}
