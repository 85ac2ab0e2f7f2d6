import { isDeepStrictEqual } from 'node:util';
import { isAlias, isMap, isScalar, isSeq, Scalar, visit, type Document, type Node, type YAMLMap } from 'yaml';
import {
  columnOf,
  entriesOf,
  lineStart,
  parseYaml,
  startOf,
  unfold,
  type YamlDialect,
  type YamlFile,
} from './yaml-file.js';

/** Keys and values in order; a value is a text or more of these. */
export type Entries = readonly (readonly [key: string, value: string | Entries])[];

/** What is to be put in: `entries` below `key` of the mapping at `path`, which may have a `key` already. */
export interface Addition {
  /** From the root of the document, through no alias. */
  readonly path: readonly (string | number)[];
  readonly map: YAMLMap;
  readonly key: string;
  readonly entries: Entries;
  /** A new `key` goes behind the first of these that is there, else behind the last one. */
  readonly behind: readonly string[];
}

interface Insertion {
  readonly offset: number;
  readonly content: string;
}

export interface Added {
  /** The new text; the old one when nothing could be added. */
  readonly text: string;
  /** What could not be added, and why: the end of a sentence. */
  readonly refused: ReadonlyMap<Addition, string>;
}

/**
 * Writes the entries as new lines into the text; every other character stays. (`Document.toString()` keeps comments, but
 * sets indentation, blank lines and line widths anew.) What came out is read again and has to equal what the document
 * API makes of the same additions, merge keys and aliases included: otherwise nothing is changed.
 */
export function addEntries(file: YamlFile, additions: readonly Addition[], dialect?: YamlDialect): Added {
  const refused = new Map<Addition, string>();
  const insertions = additions.flatMap((addition) => {
    const insertion = insertionFor(file, addition);
    if ('offset' in insertion) return [insertion];
    refused.set(addition, insertion.refused);
    return [];
  });
  const wanted = additions.filter((addition) => !refused.has(addition));
  const text = withInsertions(file.text, insertions);
  const reread = parseYaml(text, dialect);
  if ('problem' in reread || !isDeepStrictEqual(unfold(reread.document), withAdditions(file.document, wanted))) {
    for (const addition of wanted)
      refused.set(addition, `a line below "${addition.key}" would change more than that there`);
    return { text: file.text, refused };
  }
  return { text, refused };
}

function withInsertions(text: string, insertions: readonly Insertion[]): string {
  let result = '';
  let end = 0;
  for (const { offset, content } of insertions.toSorted((a, b) => a.offset - b.offset)) {
    result += text.slice(end, offset) + content;
    end = offset;
  }
  return result + text.slice(end);
}

function withAdditions(document: Document, additions: readonly Addition[]): unknown {
  const copy = document.clone();
  for (const { path, key, entries } of additions) {
    const target = copy.getIn([...path, key]);
    if (isMap(target))
      for (const [name, value] of entries) target.set(copy.createNode(name), copy.createNode(plain(value)));
    else copy.setIn([...path, key], copy.createNode(plain(entries)));
  }
  return unfold(copy);
}

function plain(value: string | Entries): unknown {
  if (typeof value === 'string') return value;
  return Object.fromEntries(value.map(([key, inner]) => [key, plain(inner)]));
}

function insertionFor(file: YamlFile, addition: Addition): Insertion | { refused: string } {
  const { map, path, key, entries } = addition;
  // A key that is given twice has a second mapping, which no path leads to.
  if (path.length > 0 && file.document.getIn(path) !== map) return { refused: 'it stands there twice' };
  if (map.flow === true) return { refused: 'it is written in braces' };
  const existing = entriesOf(file, map).find(({ name }) => name === key);
  if (existing === undefined) return newKey(file, addition);

  const value = existing.pair.value;
  if (isAlias(value)) return { refused: `"${key}" is the alias *${value.source}` };
  const keyOffset = startOf(existing.key) ?? 0;
  if (isEmpty(value)) {
    const column = columnOf(file.text, keyOffset) ?? 0;
    return linesBehind(file, keyOffset, render(entries, column + file.indent, file.indent));
  }
  if (!isMap(value)) return { refused: `"${key}" is not a list of names and values` };
  if (value.anchor !== undefined && isAliased(file, value.anchor)) {
    return { refused: `"${key}" is used elsewhere, too, through the anchor &${value.anchor}` };
  }
  if (value.flow === true) return insideBraces(file, value, entries);
  const firstKey = startOf(value.items[0]?.key);
  // Right below the key: a comment above the first name stays with it.
  return linesBehind(file, keyOffset, render(entries, columnOf(file.text, firstKey) ?? 0, file.indent));
}

function newKey(file: YamlFile, { map, key, entries, behind }: Addition): Insertion | { refused: string } {
  // An own key would take the place of all that the merge key brings.
  if (bringsByMerge(file, map, key)) return { refused: `its "${key}" comes through a merge key (<<)` };
  const present = entriesOf(file, map);
  const named = behind.map((name) => present.find((entry) => entry.name === name));
  const place = named.find((entry) => entry !== undefined) ?? present.at(-1);
  const column = columnOf(file.text, startOf(place?.key));
  if (place === undefined || column === undefined) return { refused: 'it is empty' };
  const lines = render([[key, entries]], column, file.indent);
  return linesBehind(file, endOfPair(file, place.pair), lines);
}

function bringsByMerge(file: YamlFile, map: YAMLMap, key: string): boolean {
  if (!entriesOf(file, map).some(({ name }) => name === '<<')) return false;
  const merged: unknown = map.toJS(file.document);
  return typeof merged === 'object' && merged !== null && key in merged;
}

function isEmpty(value: unknown): boolean {
  if (value === null) return true;
  return isScalar(value) && value.value === null && value.anchor === undefined && (value.source ?? '') === '';
}

function isAliased(file: YamlFile, anchor: string): boolean {
  let found = false;
  visit(file.document, {
    Alias(_, alias) {
      if (alias.source !== anchor) return undefined;
      found = true;
      return visit.BREAK;
    },
  });
  return found;
}

function insideBraces(file: YamlFile, value: YAMLMap, entries: Entries): Insertion | { refused: string } {
  const offset = file.text.indexOf('{', value.range?.[0] ?? 0) + 1;
  const words = entries.flatMap(([key, inner]) =>
    typeof inner === 'string' ? [`${key}: ${JSON.stringify(inner)}`] : [],
  );
  if (offset === 0 || words.length < entries.length) return { refused: 'it is written in braces' };
  const rest = value.items.length === 0 ? ' ' : /\s/.test(file.text.charAt(offset)) ? ',' : ', ';
  return { offset, content: ` ${words.join(', ')}${rest}` };
}

function render(entries: Entries, column: number, indent: number): string[] {
  return entries.flatMap(([key, value]) => {
    const start = `${' '.repeat(column)}${key}:`;
    return typeof value === 'string' ? [`${start} ${value}`] : [start, ...render(value, column + indent, indent)];
  });
}

/** New lines below the one that the offset is on, with the line ends of that line. */
function linesBehind({ text }: YamlFile, offset: number, lines: readonly string[]): Insertion {
  const end = text.indexOf('\n', offset);
  if (end === -1) {
    const lineEnd = text.includes('\r\n') ? '\r\n' : '\n';
    return { offset: text.length, content: lines.map((line) => lineEnd + line).join('') };
  }
  const lineEnd = text.charAt(end - 1) === '\r' ? '\r\n' : '\n';
  return { offset: end + 1, content: lines.map((line) => line + lineEnd).join('') };
}

/** An offset on the last line that a pair takes, comments behind it not counted. */
function endOfPair(file: YamlFile, pair: { readonly key: unknown; readonly value?: unknown }): number {
  const value = pair.value;
  const key = startOf(pair.key) ?? 0;
  if (isEmpty(value) || value === undefined) return key;
  return isNode(value) ? endOf(file, value, key) : key;
}

function endOf(file: YamlFile, node: Node, start: number): number {
  const end = node.range?.[1] ?? start;
  if ((isMap(node) || isSeq(node)) && node.flow !== true) {
    const last: unknown = node.items.at(-1);
    if (isNode(last)) return endOf(file, last, startOf(last) ?? start);
    if (typeof last === 'object' && last !== null && 'key' in last) return endOfPair(file, last);
    return start;
  }
  if (!isScalar(node) || (node.type !== Scalar.BLOCK_LITERAL && node.type !== Scalar.BLOCK_FOLDED))
    return Math.max(start, end - 1);
  const header = file.text.slice(startOf(node) ?? start, file.text.indexOf('\n', startOf(node) ?? start));
  // With `|+` the empty lines behind are part of the text.
  const body = header.includes('+') ? end - 1 : file.text.slice(0, end).trimEnd().length - 1;
  return Math.max(body, lineStart(file.text, body));
}

function isNode(value: unknown): value is Node {
  return isScalar(value) || isMap(value) || isSeq(value) || isAlias(value);
}
