/** One command of a shell text: its words without their quotes. */
export interface SimpleCommand {
  readonly words: readonly string[];
  /** Where it starts, counted from 0. */
  readonly line: number;
}

/**
 * Splits a shell text into its simple commands: at line ends, `;`, `&`, `|` and parentheses, outside of quotes and comments.
 * That is all that sh, PowerShell and cmd have in common, and enough to see which programs are called. Expressions of the
 * CI system, `${{ … }}`, are one opaque word: they have quotes and operators of their own.
 */
export function simpleCommands(shell: string): SimpleCommand[] {
  const text = shell.replaceAll(/\$\{\{[^]*?\}\}/g, (expression) => expression.replaceAll(/[^\n]/g, '_'));
  const commands: SimpleCommand[] = [];
  let words: string[] = [];
  let word: string | undefined;
  let line = 0;
  let startLine = 0;

  const endWord = () => {
    if (word === undefined) return;
    if (words.length === 0) startLine = line;
    words.push(word);
    word = undefined;
  };
  const endCommand = () => {
    endWord();
    if (words.length > 0) commands.push({ words, line: startLine });
    words = [];
  };

  for (let i = 0; i < text.length; i++) {
    const character = text.charAt(i);
    const continued = '\\`^'.includes(character) ? /^.[ \t]*\r?\n/.exec(text.slice(i, i + 20))?.[0] : undefined;
    if (continued !== undefined) {
      endWord();
      i += continued.length - 1;
      line++;
    } else if (character === '"' || character === "'") {
      const end = closingQuote(text, i);
      const quoted = text.slice(i + 1, end);
      word = (word ?? '') + (character === '"' ? quoted.replaceAll(/\\(["\\$`])/g, '$1') : quoted);
      // A word of several lines starts where it starts.
      if (words.length === 0) startLine = line;
      endLines(quoted);
      i = end;
    } else if (character === '#' && word === undefined) {
      const end = text.indexOf('\n', i);
      i = (end === -1 ? text.length : end) - 1;
    } else if ('\n;&|()'.includes(character)) {
      endCommand();
      if (character === '\n') line++;
    } else if (' \t\r'.includes(character)) {
      endWord();
    } else {
      word = (word ?? '') + character;
    }
  }
  endCommand();
  return commands;

  function endLines(quoted: string): void {
    line += quoted.split('\n').length - 1;
  }
}

function closingQuote(text: string, from: number): number {
  const quote = text.charAt(from);
  for (let i = from + 1; i < text.length; i++) {
    if (quote === '"' && text.charAt(i) === '\\') i++;
    else if (text.charAt(i) === quote) return i;
  }
  // Never closed: an apostrophe in a heredoc, say. It is a character like any other then.
  return from;
}
