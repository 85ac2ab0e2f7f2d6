import type { Argument, Command, Option } from 'commander';

/** A command as the scripts of the shells need it: what may stand behind it. */
export interface DescribedCommand {
  /** From the program on: `nxkey ci-token create`. */
  path: string;
  summary: string;
  commands: DescribedCommand[];
  options: DescribedOption[];
  arguments: DescribedValue[];
}

export interface DescribedOption {
  /** With their dashes: `--json`, `-h`. */
  names: string[];
  description: string;
  /** `null` for an option that takes no value. */
  value: DescribedValue | null;
}

/** What a value may be: one of some words, a file, a folder, a command of the system, or something nobody can know. */
export interface DescribedValue {
  words: readonly string[];
  kind: 'words' | 'file' | 'folder' | 'command' | 'unknown';
  /** Whether all that follows is one of these, too. */
  repeated: boolean;
}

/** Everything from a program's flags; nothing here has to be kept in step with them. */
export function describeProgram(program: Command): DescribedCommand {
  return describeCommand(program, program.name(), program);
}

function describeCommand(command: Command, path: string, program: Command): DescribedCommand {
  const help = command.createHelp();
  return {
    path,
    summary: command.summary() || command.description(),
    commands: command.commands.map((subcommand) =>
      describeCommand(subcommand, `${path} ${subcommand.name()}`, program),
    ),
    options: help.visibleOptions(command).map(describeOption),
    arguments:
      command.name() === 'help'
        ? [{ words: program.commands.map((other) => other.name()), kind: 'words', repeated: false }]
        : command.registeredArguments.flatMap(describeArgument),
  };
}

function describeOption(option: Option): DescribedOption {
  return {
    names: [option.long, option.short].filter((name) => name !== undefined),
    description: option.description,
    value:
      option.required || option.optional
        ? describeNamed(/[<[]([^>\].]+)/.exec(option.flags)?.[1] ?? '', option.argChoices, option.variadic)
        : null,
  };
}

function describeArgument(argument: Argument): DescribedValue[] {
  const value = describeNamed(argument.name(), argument.argChoices, argument.variadic);
  if (value.kind !== 'command') return [value];
  // Behind a command come its arguments; files are the best guess.
  return [
    { ...value, repeated: false },
    { words: [], kind: 'file', repeated: true },
  ];
}

/** Without choices, the name in the help says what a value is: `<file>`. */
function describeNamed(name: string, choices: readonly string[] | undefined, repeated: boolean): DescribedValue {
  if (choices !== undefined) return { words: choices, kind: 'words', repeated };
  const kinds: Readonly<Record<string, DescribedValue['kind']>> = {
    file: 'file',
    folder: 'folder',
    report: 'file',
    // convert-to-nx-cloud-id's: roots of workspaces.
    path: 'folder',
    command: 'command',
  };
  return { words: [], kind: kinds[name] ?? 'unknown', repeated };
}
