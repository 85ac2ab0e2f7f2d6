import type { DescribedCommand, DescribedValue } from './describe-program.js';

/**
 * The script for bash, also for the 3.2 of macOS: no associative arrays, and no bash-completion needed. One table knows
 * what may stand where; one function walks along the words to find the place in it:
 * `nxkey ci-token create` holds commands, `… -` its flags, `… --access` a flag's values, `… 1` its first argument.
 */
export function bashScript(programs: readonly DescribedCommand[]): string {
  return `# bash completion for nxkey. Made by: nxkey completion bash

# Sets words and kind for a place; fails where there is no such place.
_nxkey_place() {
  words= kind=words
  case $1 in
${programs.flatMap(places).join('\n')}
    *) return 1 ;;
  esac
}

_nxkey() {
  local current=\${COMP_WORDS[COMP_CWORD]} place=\${1##*/} flag= count=0 only_arguments= word words kind i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ $flag ]]; then
      # bash takes the equals sign of --flag=value for a word.
      [[ $word == = ]] || flag=
    elif [[ ! $only_arguments && $word == -- ]]; then
      only_arguments=yes
    elif [[ ! $only_arguments && $word == -* ]]; then
      _nxkey_place "$place $word" && flag=$word
    elif ((count == 0)) && _nxkey_place "$place $word" && [[ ! $word =~ ^[0-9]+$ ]]; then
      place="$place $word"
    else
      ((count++))
    fi
  done
  [[ $current == = ]] && current=
  COMPREPLY=()
  if [[ $flag ]]; then
    _nxkey_place "$place $flag"
  elif [[ ! $only_arguments && $current == -* ]]; then
    _nxkey_place "$place -"
  else
    _nxkey_place "$place $((count + 1))" || _nxkey_place "$place *" || _nxkey_place "$place"
  fi
  case $kind in
    words) COMPREPLY=($(compgen -W "$words" -- "$current")) ;;
    file) compopt -o filenames 2>/dev/null; COMPREPLY=($(IFS=$'\\n'; compgen -f -- "$current")) ;;
    folder) compopt -o filenames 2>/dev/null; COMPREPLY=($(IFS=$'\\n'; compgen -d -- "$current")) ;;
    command) COMPREPLY=($(compgen -c -- "$current")) ;;
  esac
}

complete -F _nxkey ${programs.map(({ path }) => path).join(' ')}
`;
}

/** One line of the table for each place in a command. Quotes keep the star from matching everything. */
function places({ path, commands, options, arguments: values }: DescribedCommand): string[] {
  const names = commands.map((command) => command.path.slice(path.length + 1));
  const flags = options.flatMap((option) => option.names);
  return [
    `    '${path}') words='${names.join(' ')}' ;;`,
    `    '${path} -') words='${flags.join(' ')}' ;;`,
    ...options.flatMap((option) =>
      option.value === null ? [] : [`    ${alternatives(path, option.names)}) ${assignment(option.value)} ;;`],
    ),
    ...values.map((value, index) => `    '${path} ${value.repeated ? '*' : index + 1}') ${assignment(value)} ;;`),
    ...commands.flatMap(places),
  ];
}

function alternatives(path: string, names: readonly string[]): string {
  return names.map((name) => `'${path} ${name}'`).join(' | ');
}

function assignment({ kind, words }: DescribedValue): string {
  return kind === 'words' ? `words='${words.join(' ')}'` : `kind=${kind}`;
}
