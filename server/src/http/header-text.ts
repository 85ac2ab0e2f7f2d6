/** A header as one text, lines of the same name joined by ", "; empty where there is none. */
export function headerText(header: string | string[] | undefined): string {
  return typeof header === 'string' ? header : (header ?? []).join(', ');
}
