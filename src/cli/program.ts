import { Command } from 'commander';
import { convertToNxCloudIdCommand } from './commands/convert-to-nx-cloud-id/command.js';
import { loginCommand } from './commands/login/command.js';
import { logoutCommand } from './commands/logout/command.js';
import { runCommand } from './commands/run/command.js';
import { statusCommand } from './commands/status/command.js';
import { tokenCommand } from './commands/token/command.js';
import { whoAmICommand } from './commands/whoami/command.js';
import type { Dependencies } from './dependencies.js';

/** The subcommands that are also programs of their own. */
export type CommandName = 'login' | 'convert-to-nx-cloud-id';

/**
 * The whole command line. Nothing is loaded here but the flags of each command; the work is imported when it runs.
 * With `command`, that subcommand is the program: `npx login` is `npx nxkey login`.
 */
export function createProgram(
  dependencies: Dependencies,
  { version, command: only }: { version: string; command?: CommandName },
): Command {
  const program = new Command('nxkey')
    .description("A personal key to your team's Nx remote cache.")
    .version(version)
    .helpCommand(false)
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({
      writeOut: (text) => dependencies.io.stdout.write(text),
      writeErr: (text) => dependencies.io.stderr.write(text),
      outputError: (text, write) => {
        write(text.replace(/^error:/, dependencies.io.style.red('error:')));
      },
    })
    .addHelpText(
      'after',
      `
Examples:
  $ npx nxkey login https://cache.acme.com
  $ npx nxkey convert-to-nx-cloud-id --dry-run
  $ npx nxkey status

"nxkey <command> --help" tells more about a command. NXKEY_DEBUG=1 shows every request.`,
    );

  const commands = [
    loginCommand(dependencies),
    logoutCommand(dependencies),
    statusCommand(dependencies),
    whoAmICommand(dependencies),
    tokenCommand(dependencies),
    runCommand(dependencies),
    convertToNxCloudIdCommand(dependencies),
  ];
  for (const command of commands) {
    // addCommand() leaves a command its own exit and output settings.
    command.copyInheritedSettings(program);
    command.showHelpAfterError(`Type "${only ?? `nxkey ${command.name()}`} --help" to see what it takes.`);
    if (command.name() === only) return command;
    program.addCommand(command);
  }
  program.addCommand(helpCommand(program).copyInheritedSettings(program));
  return program.showHelpAfterError('Type "nxkey --help" to see all commands.');
}

/** Commander's own answers an unknown command with all the help there is, and no word about the command. */
function helpCommand(program: Command): Command {
  return new Command('help')
    .summary('explain a command')
    .argument('[command]')
    .action(async (name: string | undefined) => {
      if (name === undefined) program.help();
      const known = program.commands.some((command) => command.name() === name);
      await program.parseAsync(known ? [name, '--help'] : [name], { from: 'user' });
    });
}
