import { UsageError } from '../../errors.js';
import { findTokensInText } from '../../protocol/token-search.js';
import { splitWords } from './split-words.js';

/** What a secret command may name, in braces: `gh secret set {name} -R {repo}`. */
export const placeholders = ['repo', 'name', 'workspace', 'nxCloudId', 'access'] as const;
export type Placeholder = (typeof placeholders)[number];

/** The command of the user's that takes a new token on standard input and puts it where CI finds it. */
export interface SecretCommand {
  /** The program and its arguments, placeholders and all. */
  words: readonly string[];
  placeholders: ReadonlySet<Placeholder>;
}

/**
 * Splits a command into words as a shell would, and looks at it as far as that goes without running it. No shell will
 * run it either.
 * @throws {UsageError}
 */
export function parseSecretCommand(text: string): SecretCommand {
  // Looked at first, so that no later message repeats it.
  if (findTokensInText(text).length > 0) {
    throw new UsageError('--secret-command has an access token in it, which everybody on this machine could see.', {
      remedy: 'Leave it out: the command gets each new token on standard input. Revoke the one that was written there.',
    });
  }
  const words = splitWords(text);
  const [program] = words;
  if (program === undefined || program === '') {
    throw new UsageError('--secret-command is empty.', { remedy: `Name a program:  ${example}` });
  }
  if (namesIn(program).length > 0) {
    throw new UsageError('--secret-command begins with a placeholder, and has to begin with a program.', {
      remedy: `Name the program itself:  ${example}`,
    });
  }
  refuseCode(words);
  return { words, placeholders: new Set(words.flatMap(namesIn).map(known)) };
}

/** The words with all placeholders filled in. A value never becomes a second word, whatever it consists of. */
export function fillIn({ words }: SecretCommand, values: Readonly<Record<Placeholder, string>>): string[] {
  return words.map((word) => word.replace(placeholder, (_, name: string) => values[known(name)]));
}

const example = "--secret-command 'gh secret set {name} -R {repo}'";
const placeholder = /\{([A-Za-z]\w*)\}/g;

function namesIn(word: string): string[] {
  return [...word.matchAll(placeholder)].flatMap(([, name]) => (name === undefined ? [] : [name]));
}

function known(name: string): Placeholder {
  const found = placeholders.find((candidate) => candidate === name);
  if (found !== undefined) return found;
  throw new UsageError(`--secret-command has a placeholder {${name}}, which there is not.`, {
    remedy: `There are ${placeholders.map((candidate) => `{${candidate}}`).join(', ')}.`,
  });
}

/** Programs that read an argument as code of their own, and the options that such an argument follows. */
const interpreters: readonly (readonly [program: RegExp, option: RegExp])[] = [
  [/^(?:ba|da|k|z|fi)?sh$/, /^-[a-z]*c$/],
  [/^(?:node|bun|deno)$/, /^(?:-e|-p|-pe|--eval|--print|eval)$/],
  [/^(?:python[\d.]*|perl|ruby|php)$/, /^-[a-z]*[cer]$/i],
  [/^cmd$/i, /^\/[ck]$/i],
  [/^(?:powershell|pwsh)$/i, /^-c(?:ommand)?$/i],
];

/** A folder may be named `$(…)`: filled into code, that would be run. Also by a shell that another program starts. */
function refuseCode(words: readonly string[]): void {
  for (const [index, word] of words.entries()) {
    const found = codeBehind(word, words.slice(index + 1)).flatMap(namesIn)[0];
    if (found === undefined) continue;
    const name = programName(word);
    throw new UsageError(
      `--secret-command has {${found}} within code for ${name}, which would run what is filled in.`,
      {
        remedy: `Hand it over as an argument:  sh -c 'my-tool --into "$1"' sh {${found}}  or write a script for it.`,
      },
    );
  }
}

/** Which of the words behind the name of a program it would take for code. */
function codeBehind(program: string, words: readonly string[]): readonly string[] {
  const name = programName(program);
  // A shell on the other side gets all of them as one text.
  if (name === 'ssh') return words;
  const option = interpreters.find(([interpreter]) => interpreter.test(name))?.[1];
  const at = option === undefined ? -1 : words.findIndex((word) => option.test(word));
  if (at === -1) return [];
  // cmd.exe and PowerShell take all that follows for code.
  return /^(?:cmd|powershell|pwsh)$/i.test(name) ? words.slice(at + 1) : words.slice(at + 1, at + 2);
}

function programName(word: string): string {
  return word.replace(/^.*[\\/]/, '').replace(/\.exe$/i, '');
}
