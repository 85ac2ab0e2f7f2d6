import type { DescribedCommand, DescribedOption, DescribedValue } from './describe-program.js';

/**
 * The script for zsh: one function for each command, made of `_arguments`, which knows where the cursor is by itself.
 * It works from a file in `$fpath` as well as with `source <(nxkey completion zsh)`.
 */
export function zshScript(programs: readonly DescribedCommand[]): string {
  return `#compdef ${programs.map(({ path }) => path).join(' ')}
# zsh completion for nxkey. Made by: nxkey completion zsh

${programs.flatMap(functions).join('\n\n')}

_nxkey_programs() {
  local program=\${service:-\${words[1]}}
  "_nxkey:\${program:t}"
}

if [[ \${funcstack[1]} == _nxkey ]]; then
  _nxkey_programs "$@"
else
  compdef _nxkey_programs ${programs.map(({ path }) => path).join(' ')}
fi
`;
}

function functions(command: DescribedCommand): string[] {
  return [command.commands.length === 0 ? leaf(command) : group(command), ...command.commands.flatMap(functions)];
}

function leaf({ path, options, arguments: values }: DescribedCommand): string {
  const specs = [...options.map(optionSpec), ...values.map(argumentSpec)];
  return `${functionName(path)}() {
  _arguments -s -S \\
${specs.map((spec) => `    ${quoted(spec)}`).join(' \\\n')}
}`;
}

function group({ path, options, commands }: DescribedCommand): string {
  const described = commands.map(({ path: of, summary }) => `${of.slice(path.length + 1)}:${escaped(summary)}`);
  return `${functionName(path)}() {
  local curcontext=$curcontext state line
  _arguments -C -S \\
${options.map((option) => `    ${quoted(optionSpec(option))}`).join(' \\\n')} \\
    '1: :->command' '*:: :->arguments'
  case $state in
    command)
      local -a commands=(
${described.map((text) => `        ${quoted(text)}`).join('\n')}
      )
      _describe command commands
      ;;
    arguments)
      (( $+functions[${functionName(path)}:$words[1]] )) && "${functionName(path)}:$words[1]"
      ;;
  esac
}`;
}

/** No path has a colon in it. */
function functionName(path: string): string {
  return `_nxkey:${path.replaceAll(' ', ':')}`;
}

function optionSpec({ names, description, value }: DescribedOption): string {
  const which = names.length === 1 ? (names[0] ?? '') : `(${names.join(' ')})`;
  return names.length === 1
    ? `${which}[${escaped(description)}]${valueSpec(value)}`
    : `${which}${names[0] ?? ''}[${escaped(description)}]${valueSpec(value)}`;
}

function valueSpec(value: DescribedValue | null): string {
  return value === null ? '' : `:value:${action(value)}`;
}

function argumentSpec(value: DescribedValue): string {
  return value.repeated ? `*:value:${action(value)}` : `:value:${action(value)}`;
}

function action({ kind, words }: DescribedValue): string {
  switch (kind) {
    case 'words':
      return `(${words.join(' ')})`;
    case 'file':
      return '_files';
    case 'folder':
      return '_files -/';
    case 'command':
      return '_command_names -e';
    case 'unknown':
      return ' ';
  }
}

/** What `_arguments` and `_describe` take for an end. */
function escaped(text: string): string {
  return text.replace(/[\\[\]:]/g, '\\$&');
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
