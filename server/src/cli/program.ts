import { Command, Help, type OutputConfiguration } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { auditCommand } from './audit.js';
import { ciTokenCreateCommand } from './ci-token-create.js';
import { ciTokenImportCommand } from './ci-token-import.js';
import { ciTokenListCommand } from './ci-token-list.js';
import { ciTokenRevokeCommand } from './ci-token-revoke.js';
import { ciTokenRotateCommand } from './ci-token-rotate.js';
import type { CliContext } from './context.js';
import { initCommand } from './init.js';
import { memberListCommand } from './member-list.js';
import { memberRemoveCommand } from './member-remove.js';
import { memberRoleCommand } from './member-role.js';
import { orgCreateCommand } from './org-create.js';
import { patCreateCommand } from './pat-create.js';
import { startCommand } from './start.js';
import { userAddCommand } from './user-add.js';
import { userResetPasswordCommand } from './user-reset-password.js';
import { workspaceCreateCommand } from './workspace-create.js';
import { workspaceListCommand } from './workspace-list.js';
import { workspaceSetCommand } from './workspace-set.js';

/** @param writeHelp takes what was asked for with `--help` and `--version` */
export function createProgram(context: CliContext, writeHelp: (text: string) => void): Command {
  const program = new Command('nxkey-server')
    .description('Who may use the remote cache of your Nx workspaces: people, CI and their tokens.')
    .version(packageJson.version, '-V, --version', 'print the version')
    .helpCommand(true)
    .showSuggestionAfterError()
    .addHelpText(
      'after',
      `
Examples:
  $ nxkey-server init --data ./nxkey-data        the first owner, organization and workspace
  $ nxkey-server start --data ./nxkey-data
  $ nxkey-server user add --data ./nxkey-data --email grace@acme.example --name Grace --org acme

All commands but start may be used while a server runs on the same data folder.`,
    );
  const group = (name: string, description: string, commands: Command[]) => {
    const command = new Command(name).description(description).showSuggestionAfterError();
    for (const subcommand of commands) command.addCommand(subcommand);
    return command;
  };
  program
    .addCommand(initCommand(context))
    .addCommand(startCommand(context))
    .addCommand(group('org', 'organizations', [orgCreateCommand(context)]))
    .addCommand(
      group('member', 'who belongs to an organization', [
        memberListCommand(context),
        memberRoleCommand(context),
        memberRemoveCommand(context),
      ]),
    )
    .addCommand(group('user', 'people', [userAddCommand(context), userResetPasswordCommand(context)]))
    .addCommand(group('pat', 'personal access tokens', [patCreateCommand(context)]))
    .addCommand(
      group('workspace', 'workspaces and who may use their cache', [
        workspaceCreateCommand(context),
        workspaceListCommand(context),
        workspaceSetCommand(context),
      ]),
    )
    .addCommand(
      group('ci-token', 'CI access tokens', [
        ciTokenCreateCommand(context),
        ciTokenImportCommand(context),
        ciTokenListCommand(context),
        ciTokenRotateCommand(context),
        ciTokenRevokeCommand(context),
      ]),
    )
    .addCommand(auditCommand(context));
  configure(program, 'nxkey-server', { writeOut: writeHelp, writeErr: (text) => context.stderr.write(text) });
  return program;
}

/** addCommand() leaves each command its own settings, so they are given to all of them. */
function configure(command: Command, name: string, output: OutputConfiguration): void {
  command
    .exitOverride()
    .configureOutput(output)
    .configureHelp({
      // A switch is off unless it is given, and need not say so.
      optionDescription(option) {
        return option.defaultValue === false ? option.description : Help.prototype.optionDescription.call(this, option);
      },
    })
    .showHelpAfterError(`Type "${name} --help" to see what it takes.`);
  for (const subcommand of command.commands) configure(subcommand, `${name} ${subcommand.name()}`, output);
}
