/** Rows of text as aligned columns, two spaces apart; the last one as wide as it is. */
export function columns(rows: string[][]): string {
  const width = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  const line = (row: string[]) =>
    row.map((text, column) => (column === row.length - 1 ? text : text.padEnd(width(column)))).join('  ');
  return rows.map(line).join('\n');
}
