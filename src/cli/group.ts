import { Command } from 'commander';

/** A command that only holds others: `nxkey org`. Alone it shows what there is. */
export function group(name: string, summary: string, commands: readonly Command[]): Command {
  const command = new Command(name)
    .summary(summary)
    .description(`${capitalized(summary)}.`)
    .helpCommand(false);
  for (const subcommand of commands) command.addCommand(subcommand);
  return command;
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
