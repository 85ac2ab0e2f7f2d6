import { printResult, type Io } from './io.js';

/**
 * Rows of text under headings. On a terminal the columns are aligned and a row is cut where the line ends, or left for
 * the terminal to wrap; for a pipe they are separated by tabs, without headings, and nothing is cut: `| cut -f 1` has
 * the ids.
 */
export function printTable(
  io: Io,
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  { longRows = 'cut' }: { longRows?: 'cut' | 'wrap' } = {},
): void {
  if (io.columns === undefined) {
    for (const row of rows) printResult(io, row.join('\t'));
    return;
  }
  for (const line of alignedLines([headings, ...rows])) {
    printResult(io, longRows === 'cut' ? cut(line, io.columns) : line);
  }
}

/** What is known about one thing: a name and its value on each line. */
export function printFacts(io: Io, facts: Readonly<Record<string, string>>): void {
  const rows = Object.entries(facts).map(([name, value]) => [`${name}:`, value]);
  for (const line of io.columns === undefined ? rows.map((row) => row.join('\t')) : alignedLines(rows)) {
    printResult(io, line);
  }
}

function alignedLines(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, text] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, width(text));
  }
  const pad = (text: string, column: number) => text + ' '.repeat((widths[column] ?? 0) - width(text));
  return rows.map((row) => row.map(pad).join('  ').trimEnd());
}

function cut(line: string, columns: number): string {
  if (width(line) <= columns) return line;
  let kept = '';
  let used = 1;
  for (const character of characters(line)) {
    used += width(character);
    if (used > columns) break;
    kept += character;
  }
  return `${kept}…`;
}

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** As a person counts them: an accent or an emoji's skin color belongs to what stands before it. */
function characters(text: string): string[] {
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/** Emoji and the scripts of East Asia take two places on a terminal (Unicode's East Asian Width "W" and "F"). */
const wide = /^[\p{Emoji_Presentation}\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Hang}\uff01-\uff60\uffe0-\uffe6]/u;

function width(text: string): number {
  return characters(text).reduce((sum, character) => sum + (wide.test(character) ? 2 : 1), 0);
}
