import type { Node } from 'jsonc-parser';
import { propertiesOf, type Property } from './nx-json.js';

/** Characters of a text that are replaced, removed (`content` is empty) or, with a length of 0, inserted before. */
export interface Edit {
  readonly offset: number;
  readonly length: number;
  readonly content: string;
}

export type JsonValue = string | { readonly [name: string]: JsonValue };
export type JsonObject = Readonly<Record<string, JsonValue>>;

/** The edits must be in the order of the text and must not overlap. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  let result = '';
  let end = 0;
  for (const { offset, length, content } of edits) {
    result += text.slice(end, offset) + content;
    end = offset + length;
  }
  return result + text.slice(end);
}

/** In the order of the text; those at one place stay in the order in which they were made. */
export function inOrder(edits: readonly Edit[]): Edit[] {
  return [...edits].sort((a, b) => a.offset - b.offset);
}

/**
 * Inserts properties into an object, behind one of its properties (without one: behind the last), written as its
 * neighbors are: on lines of their own with the same indentation and line ends, or on the same line. A comment on the
 * neighbor's line stays beside the neighbor; a trailing comma stays one. `members` has at least one.
 */
export function insertMembers(
  text: string,
  owner: Node,
  members: JsonObject,
  behind: Property | undefined = propertiesOf(owner).at(-1),
): Edit[] {
  if (behind === undefined) return [intoEmptyObject(text, owner, members)];
  const end = endOf(behind.value);
  const sign = skipTrivia(text, end);
  const hasComma = text[sign] === ',';
  const from = hasComma ? sign + 1 : end;
  const style = styleAt(text, behind.key);
  if (style.indent === undefined) {
    const written = membersOf(members, style);
    const space = style.compact ? '' : ' ';
    return [insertion(from, hasComma ? `${space}${written},` : `,${space}${written}`)];
  }
  const line = style.lineEnd + style.indent;
  const content = line + membersOf(members, style) + (hasComma ? ',' : '');
  const place = endOfComments(text, from);
  return hasComma ? [insertion(place, content)] : [insertion(end, ','), insertion(place, content)];
}

/** The same in front of a property. */
export function insertMembersBefore(text: string, next: Property, members: JsonObject): Edit[] {
  const style = styleAt(text, next.key);
  const space = style.compact ? '' : ' ';
  const separator = style.indent === undefined ? space : style.lineEnd + style.indent;
  return [insertion(next.key.offset, `${membersOf(members, style)},${separator}`)];
}

/** Puts another property in the place of one. What stands between its key and its value, comments too, stays there. */
export function replaceProperty(text: string, { key, value }: Property, name: string, content: JsonValue): Edit[] {
  const written = valueText(content, styleAt(text, key));
  return [
    { offset: key.offset, length: key.length, content: JSON.stringify(name) },
    { offset: value.offset, length: value.length, content: written },
  ];
}

/**
 * Takes a property out of its object, with one comma, and its line when nothing else stands there. Comments stay, also
 * those between its key and its value.
 */
export function removeProperty(text: string, owner: Node, property: Property): Edit[] {
  const { key, value } = property;
  const colon = skipTrivia(text, endOf(key));
  const sign = skipTrivia(text, endOf(value));
  const signs = [rangeOf(key), { start: colon, end: colon + 1 }, rangeOf(value)];
  const edits: Edit[] = [];
  if (text[sign] === ',') {
    signs.push({ start: sign, end: sign + 1 });
  } else {
    const comma = commaBefore(text, owner, property);
    if (comma !== undefined) edits.push(removal({ start: comma, end: comma + 1 }));
  }
  const ranges = joined(text, signs);
  return [...edits, ...withSpaceAround(text, ranges, text[sign] === ',').map(removal)];
}

interface Span {
  start: number;
  end: number;
}

/** Signs with nothing but white space between them are one. */
function joined(text: string, signs: readonly Span[]): Span[] {
  return signs.reduce<Span[]>((spans, { start, end }) => {
    const last = spans.at(-1);
    if (last === undefined || text.slice(last.end, start).trim() !== '') return [...spans, { start, end }];
    return [...spans.slice(0, -1), { start: last.start, end }];
  }, []);
}

/** The white space that goes with a removed property: its whole line, or what divides it from a neighbor. */
function withSpaceAround(text: string, spans: readonly Span[], hasComma: boolean): Span[] {
  const [first, last] = [spans.at(0), spans.at(-1)];
  if (first === undefined || last === undefined) return [];
  const start = startOfSpace(text, first.start);
  const end = endOfSpace(text, last.end);
  const startsLine = isLineBreak(text[start - 1]);
  const endsLine = isLineBreak(text[end]);
  const changed = spans.map((span) => ({ ...span }));
  const [head = first, tail = last] = [changed.at(0), changed.at(-1)];
  if (startsLine && endsLine) {
    // With a comment in between the line is not empty afterwards.
    if (changed.length > 1) return changed;
    head.start = start;
    tail.end = end + (text.startsWith('\r\n', end) ? 2 : 1);
  } else if (!endsLine && (hasComma || (startsLine && changed.length === 1))) {
    tail.end = end;
  } else if (!startsLine) {
    head.start = start;
  }
  return changed;
}

function commaBefore(text: string, owner: Node, { key }: Property): number | undefined {
  const previous = propertiesOf(owner).findLast((other) => other.key.offset < key.offset);
  return previous && skipTrivia(text, endOf(previous.value));
}

function intoEmptyObject(text: string, owner: Node, members: JsonObject): Edit {
  const [open, close] = [owner.offset + 1, endOf(owner) - 1];
  const inner = text.slice(open, close);
  if (/[\r\n]/.test(inner)) {
    const indent = lineIndent(text, owner.offset) + indentUnit(text);
    const style: Style = { indent, lineEnd: lineEndOf(text), unit: indentUnit(text), compact: false };
    return insertion(open + endOfLastComment(inner), style.lineEnd + indent + membersOf(members, style));
  }
  const compact = /^\uFEFF?\s*\{"(?:[^"\\]|\\.)*":\S/.test(text);
  const written = membersOf(members, { indent: undefined, lineEnd: '', unit: '', compact });
  if (inner.trim() !== '') return insertion(close, compact ? written : `${/\s$/.test(inner) ? '' : ' '}${written} `);
  return { offset: open, length: inner.length, content: compact ? written : ` ${written} ` };
}

/** How the properties of an object are written. */
interface Style {
  /** In front of a key that starts its line; `undefined` when it follows something else. */
  readonly indent: string | undefined;
  readonly lineEnd: string;
  readonly unit: string;
  /** No space behind colons and commas. Only on one line. */
  readonly compact: boolean;
}

function styleAt(text: string, key: Node): Style {
  const start = startOfSpace(text, key.offset);
  const compact = /^\s*:\S/.test(text.slice(endOf(key), endOf(key) + 10));
  if (!isLineBreak(text[start - 1])) return { indent: undefined, lineEnd: '', unit: '', compact };
  const indent = text.slice(start, key.offset);
  return { indent, lineEnd: lineEndOf(text), unit: indentUnit(text), compact };
}

function membersOf(members: JsonObject, style: Style): string {
  const separator = style.indent === undefined ? (style.compact ? ',' : ', ') : `,${style.lineEnd}${style.indent}`;
  return Object.entries(members)
    .map(([name, value]) => `${JSON.stringify(name)}:${style.compact ? '' : ' '}${valueText(value, style)}`)
    .join(separator);
}

function valueText(value: JsonValue, style: Style): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (style.indent === undefined) {
    return style.compact ? `{${membersOf(value, style)}}` : `{ ${membersOf(value, style)} }`;
  }
  const inner = style.indent + style.unit;
  const content = membersOf(value, { ...style, indent: inner });
  return `{${style.lineEnd}${inner}${content}${style.lineEnd}${style.indent}}`;
}

/** One step of indentation: that of the first line that has some. */
function indentUnit(text: string): string {
  return /[\r\n]([ \t]+)["/]/.exec(text)?.[1] ?? '  ';
}

function lineEndOf(text: string): string {
  return /\r\n|\n|\r/.exec(text)?.[0] ?? '\n';
}

function lineIndent(text: string, offset: number): string {
  let start = offset;
  while (start > 0 && !isLineBreak(text[start - 1])) start--;
  return /[ \t]*/.exec(text.slice(start))?.[0] ?? '';
}

/** The offset of the first character that is neither white space nor in a comment. */
function skipTrivia(text: string, offset: number): number {
  trivia.lastIndex = offset;
  trivia.test(text);
  return Math.max(offset, trivia.lastIndex);
}

/** The end of the last comment that starts on the line of the offset, or the offset. */
function endOfComments(text: string, offset: number): number {
  commentsOnLine.lastIndex = offset;
  commentsOnLine.test(text);
  return Math.max(offset, commentsOnLine.lastIndex);
}

function endOfLastComment(trivialText: string): number {
  let end = 0;
  for (const match of trivialText.matchAll(/\/\/[^\r\n]*|\/\*[^]*?\*\//g)) end = match.index + match[0].length;
  return end;
}

// Sticky, and they match at every offset, if only nothing.
const trivia = /(?:[ \t\r\n]+|\/\/[^\r\n]*|\/\*[^]*?\*\/)*/y;
const commentsOnLine = /(?:[ \t]*(?:\/\/[^\r\n]*|\/\*[^]*?\*\/))*/y;

function startOfSpace(text: string, offset: number): number {
  let start = offset;
  while (text[start - 1] === ' ' || text[start - 1] === '\t') start--;
  return start;
}

function endOfSpace(text: string, offset: number): number {
  let end = offset;
  while (text[end] === ' ' || text[end] === '\t') end++;
  return end;
}

function isLineBreak(character: string | undefined): boolean {
  return character === '\n' || character === '\r';
}

function insertion(offset: number, content: string): Edit {
  return { offset, length: 0, content };
}

function removal({ start, end }: Span): Edit {
  return { offset: start, length: end - start, content: '' };
}

function rangeOf(node: Node): Span {
  return { start: node.offset, end: endOf(node) };
}

function endOf({ offset, length }: Node): number {
  return offset + length;
}
