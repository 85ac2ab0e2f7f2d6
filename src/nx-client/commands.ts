import { tooOldNode, watchOutput } from '../../bin/guards.js';
import { interruptSignals } from '../cli/interrupts.js';

/** A command as Nx calls it. Its arguments are in `process.argv`; when it has returned, Nx ends the process with 0. */
export type NxCommand = () => Promise<void>;

/**
 * All that Nx 13 to 23 and the packages beside it look up by name. Whatever the name, it is one of ours: the CLI itself
 * knows its commands and says which was probably meant. So there is no list of them here, and `npx nx-cloud`,
 * `npx nx-cloud --help` and `npx nx-cloud lgoin` are answered like those of `nxkey`.
 */
export function createCommands(process: NodeJS.Process, version: string): Record<string, NxCommand> {
  const command =
    (name: string): NxCommand =>
    async () => {
      const exitCode = await runCli(process, version, argumentsOf(name, process.argv.slice(2)));
      // A rejection instead would be printed by Nx, and end in 1.
      if (exitCode !== 0) process.exit(exitCode);
    };
  return new Proxy<Record<string, NxCommand>>(
    {},
    {
      has: (_, name) => !notCommands.has(name),
      get: (_, name) => {
        if (typeof name !== 'string' || notCommands.has(name)) return undefined;
        return name === 'cleanup' ? cleanup : command(name);
      },
    },
  );
}

/** What `await` and `JSON.stringify` look for in any object, and call. */
const notCommands: ReadonlySet<string | symbol> = new Set(['then', 'toJSON']);

/**
 * Called by `nx reset`; there is nothing to clean up. Nx 19 to 23 do not wait for it and end the process as soon as it
 * has returned, which must not be before `nx reset` has said how it went.
 */
const cleanup: NxCommand = () =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

/**
 * The command line that is meant by a name and the arguments of the process: `login` and `nx --verbose login URL`. Where
 * Nx has a second name for a command (`nx complete-ci-run`), it calls it by the first. A name that is no word is what
 * Nx makes of `npx nx-cloud --help` and, `undefined`, of `npx nx-cloud`.
 */
export function argumentsOf(name: string, args: readonly string[]): string[] {
  const position = args.findIndex((arg) => !arg.startsWith('-'));
  if (position === -1 || name.startsWith('-')) return [...args];
  return [...args.slice(0, position), name, ...args.slice(position + 1)];
}

/**
 * `npx nx-cloud …` from the arguments to the exit code, with all output written: Nx ends the process right away.
 * Every way in ends here.
 */
export async function runCli(process: NodeJS.Process, version: string, args: readonly string[]): Promise<number> {
  watchOutput(process);
  // From here on they are ours. The handlers of Nx 19 to 21 end the process: a login would not be ended on the server.
  for (const signal of interruptSignals) process.removeAllListeners(signal);
  const { words, verbose } = withoutVerbose(args);
  const { runCiCommand } = await import('./ci-commands.js');
  const exitCode = (await runCiCommand(process, words)) ?? (await runNxkey(process, version, words, verbose));
  await Promise.all([written(process.stdout), written(process.stderr)]);
  return Number(process.exitCode ?? 0) || exitCode;
}

async function runNxkey(
  process: NodeJS.Process,
  version: string,
  args: readonly string[],
  verbose: boolean,
): Promise<number> {
  const tooOld = tooOldNode(process.versions.node);
  if (tooOld !== undefined) {
    process.stderr.write(`${tooOld}\n`);
    return 1;
  }
  if (verbose || process.env['NX_VERBOSE_LOGGING'] === 'true') process.env['NXKEY_DEBUG'] ??= '1';
  const { main } = await import('../cli/main.js');
  return main(process, { version, args, calledAs: 'nx-cloud' });
}

/** Nx's own flag, which it leaves in the arguments: for us it is `NXKEY_DEBUG`. What stands behind `--` is not ours. */
export function withoutVerbose(args: readonly string[]): { words: string[]; verbose: boolean } {
  const separator = args.indexOf('--');
  const end = separator === -1 ? args.length : separator;
  const isVerbose = (arg: string) => /^--(?:no-)?verbose(?:=(?:true|false))?$/.test(arg);
  const flag = args.slice(0, end).filter(isVerbose).pop();
  return {
    words: args.filter((arg, index) => index >= end || !isVerbose(arg)),
    verbose: flag === '--verbose' || flag === '--verbose=true',
  };
}

/** What has been written to a stream so far has left the process, also into a slow pipe, or never will. */
async function written(stream: NodeJS.WriteStream): Promise<void> {
  await new Promise<void>((resolve) => {
    stream.write('', () => {
      // Errors are emitted only after this.
      setImmediate(resolve);
    });
  });
}
