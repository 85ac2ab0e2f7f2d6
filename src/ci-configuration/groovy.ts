/** A string of a Groovy program. */
export interface GroovyString {
  readonly value: string;
  /** Of its first character, behind the quotes. */
  readonly offset: number;
  /** It is what `sh`, `bat`, `powershell` or `pwsh` runs: `sh '…'`, `sh(script: "…")`. */
  readonly command: boolean;
}

/** The strings of a program outside of its comments. Enough of Groovy to tell apart strings, comments and addresses. */
export function groovyStrings(code: string): GroovyString[] {
  return parts(code).flatMap(({ kind, from, to, quotes }) => {
    if (kind !== 'string') return [];
    const before = code.slice(Math.max(0, from - 200), from);
    const command = /\b(?:sh|bat|powershell|pwsh)\s*(?:\(?\s*(?:[^()\n]*\bscript\s*:\s*)?)$/.test(before);
    return [{ value: code.slice(from + quotes, to - quotes), offset: from + quotes, command }];
  });
}

/** The program with blanks in place of its comments, so that every offset stays. */
export function withoutComments(code: string): string {
  let result = '';
  let end = 0;
  for (const { kind, from, to } of parts(code)) {
    if (kind !== 'comment') continue;
    result += code.slice(end, from) + code.slice(from, to).replaceAll(/[^\n]/g, ' ');
    end = to;
  }
  return result + code.slice(end);
}

interface Part {
  readonly kind: 'string' | 'comment';
  readonly from: number;
  readonly to: number;
  /** How many characters its quotes have. */
  readonly quotes: number;
}

function parts(code: string): Part[] {
  const starts = /\/\/[^\n]*|\/\*[^]*?(?:\*\/|$(?![^]))|'''|"""|'|"/g;
  const found: Part[] = [];
  for (let match = starts.exec(code); match !== null; match = starts.exec(code)) {
    const [start] = match;
    const from = match.index;
    const isComment = start.startsWith('/');
    const to = isComment ? from + start.length : endOfString(code, from, start);
    found.push({ kind: isComment ? 'comment' : 'string', from, to, quotes: isComment ? 0 : start.length });
    starts.lastIndex = to;
  }
  return found;
}

function endOfString(code: string, from: number, quotes: string): number {
  for (let i = from + quotes.length; i < code.length; i++) {
    if (code.charAt(i) === '\\') i++;
    else if (code.startsWith(quotes, i)) return i + quotes.length;
    else if (quotes.length === 1 && code.charAt(i) === '\n') return i + 1;
  }
  return code.length;
}
