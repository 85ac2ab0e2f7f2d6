import type { DescribedCommand, DescribedOption, DescribedValue } from './describe-program.js';

/**
 * The script for fish 3 and later. Each line says what may stand at one place; a function that knows the commands, and
 * which flags take a value, finds the place of the cursor.
 */
export function fishScript(programs: readonly DescribedCommand[]): string {
  const all = programs.flatMap(withSubcommands);
  const takingValues = all.flatMap(({ path, options }) =>
    options.filter(({ value }) => value !== null).flatMap(({ names }) => names.map((name) => `${path} ${name}`)),
  );
  return `# fish completion for nxkey. Made by: nxkey completion fish

# Whether the cursor is behind a command, and (with a second argument) at its so-manieth argument.
function __nxkey_at
    set -l words (commandline -opc)
    set -l path (path basename -- $words[1])
    set -l count 1
    set -l value no
    for word in $words[2..]
        if test $value = yes
            set value no
        else if string match -q -- '-*' $word
            contains -- "$path $word" ${quotedList(takingValues)}
            and set value yes
        else if test $count = 1; and contains -- "$path $word" ${quotedList(all.map(({ path }) => path))}
            set path "$path $word"
        else
            set count (math $count + 1)
        end
    end
    test "$path" = "$argv[1]"; or return 1
    set -q argv[2]; or return 0
    set -l first (string trim -c + -- $argv[2])
    test $count = $first; and return 0
    test $first != $argv[2]; and test $count -gt $first
end

${programs.map(({ path }) => `complete -c ${path} -f`).join('\n')}
${programs.flatMap((program) => lines(program, program.path)).join('\n')}
`;
}

function withSubcommands(command: DescribedCommand): DescribedCommand[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}

function lines(command: DescribedCommand, program: string): string[] {
  const { path, commands, options, arguments: values } = command;
  const complete = (place: string, what: string) => `complete -c ${program} -n ${quoted(place)} ${what}`;
  return [
    ...commands.map((subcommand) =>
      complete(
        `__nxkey_at "${path}" 1`,
        `-a ${subcommand.path.slice(path.length + 1)} -d ${quoted(subcommand.summary)}`,
      ),
    ),
    ...options.map((option) =>
      complete(
        `__nxkey_at "${path}"`,
        [...names(option), valueOf(option), `-d ${quoted(option.description)}`].join(' '),
      ),
    ),
    ...values
      .map((value, index) => ({ value, place: `__nxkey_at "${path}" ${index + 1}${value.repeated ? '+' : ''}` }))
      .filter(({ value }) => value.kind !== 'unknown')
      .map(({ value, place }) => complete(place, candidates(value))),
    ...commands.flatMap((subcommand) => lines(subcommand, program)),
  ];
}

function names(option: DescribedOption): string[] {
  return option.names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
}

function valueOf({ value }: DescribedOption): string {
  if (value === null) return '';
  // -r alone would offer files as well.
  return `${value.kind === 'file' ? '-r' : '-x'} ${candidates(value)}`;
}

function candidates({ kind, words }: DescribedValue): string {
  switch (kind) {
    case 'words':
      return `-a ${quoted(words.join(' '))}`;
    case 'file':
      return '-F';
    case 'folder':
      return "-a '(__fish_complete_directories)'";
    case 'command':
      return "-a '(__fish_complete_command)'";
    case 'unknown':
      return '';
  }
}

function quotedList(texts: readonly string[]): string {
  return texts.map(quoted).join(' ');
}

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}
