import { UsageError } from '../../errors.js';

/**
 * The words of a command line, split as a POSIX shell splits them (XCU 2.2, Quoting), but for two things: nothing is
 * expanded, and a backslash escapes only white space, quotes and itself, so that `C:\tools\gh.exe` stays what it is.
 * @throws {UsageError} for a quote that does not end, and for what only a shell could do: it would be an argument here
 */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote: '"' | "'" | undefined;
  for (let i = 0; i < text.length; i++) {
    const character = text.charAt(i);
    const next = text.charAt(i + 1);
    if (quote === "'" || (quote === '"' && character === '"')) {
      if (character === quote) quote = undefined;
      else word += character;
    } else if (character === '\\' && (quote === '"' ? /["\\$`]/ : /[\s"'\\$`|&;<>()]/).test(next)) {
      word = (word ?? '') + next;
      i++;
    } else if (character === '`' || (character === '$' && /[A-Za-z_({]/.test(next))) {
      throw needsShell(character);
    } else if (quote === '"') {
      word += character;
    } else if (character === '"' || character === "'") {
      quote = character;
      word ??= '';
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (/[|&;<>()]/.test(character)) {
      throw needsShell(character);
    } else {
      word = (word ?? '') + character;
    }
  }
  if (quote !== undefined) {
    throw new UsageError(`--secret-command has a ${quote} that nothing ends.`, { remedy: 'Close the quotation.' });
  }
  return word === undefined ? words : [...words, word];
}

function needsShell(character: string): UsageError {
  return new UsageError(`--secret-command has a ${character} in it, which no shell will read: none is started.`, {
    remedy: `Put it in single quotes if it is meant as it stands. Otherwise start a shell:  sh -c '…' sh {repo} {name}`,
  });
}
