import { Command, Help } from 'commander';
import { auditCommand } from './commands/audit/command.js';
import { cacheCommand } from './commands/cache/command.js';
import { ciTokenCommand } from './commands/ci-token/command.js';
import { completionCommand } from './commands/completion/command.js';
import { configureCommand } from './commands/configure/command.js';
import { convertToNxCloudIdCommand } from './commands/convert-to-nx-cloud-id/command.js';
import { loginCommand } from './commands/login/command.js';
import { logoutCommand } from './commands/logout/command.js';
import { memberCommand } from './commands/member/command.js';
import { orgCommand } from './commands/org/command.js';
import { runCommand } from './commands/run/command.js';
import { statusCommand } from './commands/status/command.js';
import { tokenCommand } from './commands/token/command.js';
import { whoAmICommand } from './commands/whoami/command.js';
import { workspaceCommand } from './commands/workspace/command.js';
import type { Dependencies } from './dependencies.js';
import { inWordsOf } from './io.js';

/** The subcommands that are also programs of their own. */
export const programNames = ['login', 'convert-to-nx-cloud-id'] as const;
export type CommandName = (typeof programNames)[number];

export interface ProgramOptions {
  version: string;
  /** That subcommand is the program: `npx login` is `npx nxkey login`. */
  command?: CommandName;
  /** See `takeConfiguredToken`. */
  configuredToken?: string | undefined;
}

/** The whole command line. Nothing is loaded here but the flags of each command; the work is imported when it runs. */
export function createProgram(
  dependencies: Dependencies,
  { version, command: only, configuredToken }: ProgramOptions,
): Command {
  const { io } = dependencies;
  const program = new Command(io.calledAs)
    .description("A personal key to your team's Nx remote cache.")
    .version(version)
    .helpCommand(false)
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({
      writeOut: (text) => io.stdout.write(inWordsOf(io.calledAs, text)),
      writeErr: (text) => io.stderr.write(inWordsOf(io.calledAs, text)),
      // The pages that the build has made ready have to look like those that the program makes (scripts/build.ts).
      getOutHelpWidth: () => 80,
      outputError: (text, write) => {
        write(text.replace(/^error:/, io.style.red('error:')));
      },
    })
    .configureHelp({
      // A switch is off unless it is given, and need not say so.
      optionDescription(option) {
        return option.defaultValue === false ? option.description : Help.prototype.optionDescription.call(this, option);
      },
    })
    .addHelpText(
      'after',
      `
Examples:
  $ npx nxkey login https://cache.acme.com
  $ npx nxkey convert-to-nx-cloud-id --dry-run
  $ npx nxkey status

"${io.calledAs} <command> --help" tells more about a command. NXKEY_DEBUG=1 shows every request.`,
    );

  program.commandsGroup('Commands:');
  const commands = [
    loginCommand(dependencies),
    logoutCommand(dependencies),
    statusCommand(dependencies),
    whoAmICommand(dependencies),
    tokenCommand(dependencies),
    configureCommand(dependencies, undefined, configuredToken),
    runCommand(dependencies),
    convertToNxCloudIdCommand(dependencies),
  ];
  const administration = [
    orgCommand(dependencies),
    workspaceCommand(dependencies),
    ciTokenCommand(dependencies),
    memberCommand(dependencies),
    cacheCommand(dependencies),
    auditCommand(dependencies),
  ];
  for (const command of commands) {
    if (command.name() === only) return inherit(command, program, only);
    program.addCommand(command);
  }
  program.commandsGroup('Administration:');
  for (const command of administration) program.addCommand(command);
  program.commandsGroup('More:');
  program.addCommand(completionCommand(dependencies));
  program.addCommand(helpCommand(program));
  for (const command of program.commands) inherit(command, program, `${io.calledAs} ${command.name()}`);
  return program.showHelpAfterError(`Type "${io.calledAs} --help" to see all commands.`);
}

/** addCommand() leaves a command its own exit and output settings, so they are given to it and to those below it. */
function inherit(command: Command, parent: Command, path: string): Command {
  command.copyInheritedSettings(parent);
  command.showHelpAfterError(`Type "${path} --help" to see what it takes.`);
  for (const subcommand of command.commands) inherit(subcommand, command, `${path} ${subcommand.name()}`);
  return command;
}

/** Commander's own answers an unknown command with all the help there is, and no word about the command. */
function helpCommand(program: Command): Command {
  return new Command('help')
    .summary('explain a command')
    .argument('[command...]')
    .action(async (words: string[]) => {
      const { path, unknown } = known(program, words);
      if (path.length === 0 && unknown === undefined) program.help();
      // An unknown command is parsed as it is: then commander suggests the one that was probably meant.
      await program.parseAsync([...path, unknown ?? '--help'], { from: 'user' });
    });
}

/** The command that the words lead to, and the word that leads nowhere. Behind a command without others all is ignored. */
function known(command: Command, [word, ...rest]: readonly string[]): { path: string[]; unknown?: string } {
  if (word === undefined || command.commands.length === 0) return { path: [] };
  const next = command.commands.find((candidate) => candidate.name() === word);
  if (next === undefined) return { path: [], unknown: word };
  const { path, unknown } = known(next, rest);
  return { path: [word, ...path], ...(unknown !== undefined && { unknown }) };
}
