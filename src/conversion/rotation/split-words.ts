import { UsageError } from '../../errors.js';

const piece =
  /(?<space>\s+)|'(?<single>[^']*)'|"(?<double>(?:\\.|[^"\\])*)"|\\(?<escaped>[\s"'\\$`|&;<>()])|(?<open>['"])|(?<shell>[`|&;<>()]|\$(?=[A-Za-z_({]))|(?<plain>.)/gs;

/**
 * The words of a command line, split as a POSIX shell splits them (XCU 2.2, "Quoting"), but for two things: nothing is
 * expanded, and a backslash escapes only white space, quotes and what a shell would act on, so that `C:\tools\gh.exe`
 * stays what it is.
 * @throws {UsageError} for a quote that does not end, and for what only a shell could do: here it would be an argument
 */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  // Quotes begin a word, even with nothing between them.
  let word: string | undefined;
  for (const { groups = {} } of text.matchAll(piece)) {
    const { space, single, double, escaped, open, shell, plain } = groups;
    if (shell !== undefined) throw needsShell(shell);
    if (open !== undefined) {
      throw new UsageError(`--secret-command has a ${open} that nothing ends.`, { remedy: 'Close the quotation.' });
    }
    if (space === undefined) {
      word = (word ?? '') + (single ?? escaped ?? plain ?? inDoubleQuotes(double ?? ''));
    } else if (word !== undefined) {
      words.push(word);
      word = undefined;
    }
  }
  return word === undefined ? words : [...words, word];
}

function inDoubleQuotes(text: string): string {
  const expanded = /`|\$(?=[A-Za-z_({])/.exec(text.replace(/\\./gs, ''))?.[0];
  if (expanded !== undefined) throw needsShell(expanded);
  return text.replace(/\\(["\\$`])/g, '$1');
}

function needsShell(character: string): UsageError {
  return new UsageError(`--secret-command has a ${character} that only a shell understands, and no shell runs it.`, {
    remedy: `Put it in single quotes if it is meant as it stands. Otherwise start a shell:  sh -c '…' sh {repo} {name}`,
  });
}
