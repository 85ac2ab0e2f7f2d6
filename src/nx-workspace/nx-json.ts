import { parseTree, printParseErrorCode, type Node, type ParseError } from 'jsonc-parser';
import { UserError } from '../errors.js';

/** A place in a text. Both count from 1; columns in UTF-16 units, as editors do, and a byte order mark is no column. */
export interface Position {
  line: number;
  column: number;
}

/** Something in nx.json that stands in the way. The message starts with the place: `nx.json:12:5: …`. */
export class NxJsonProblem extends UserError {
  readonly position: Position;
  readonly #problem: string;

  constructor(position: Position, problem: string, options: { remedy: string; cause?: unknown; file?: string }) {
    const { file = 'nx.json', ...rest } = options;
    super(`${file}:${position.line}:${position.column}: ${problem}`, rest);
    this.position = position;
    this.#problem = problem;
  }

  /** The same with the file's path, for those who know it: `../web/nx.json:12:5: …`. */
  in(file: string): NxJsonProblem {
    return new NxJsonProblem(this.position, this.#problem, { remedy: this.remedy ?? '', cause: this.cause, file });
  }
}

/** An nx.json with the place of everything in it. */
export interface NxJson {
  readonly text: string;
  /** The outermost object. */
  readonly root: Node;
}

export interface Property {
  /** Decoded: the key `"nxCloud\u0041ccessToken"` has the name `nxCloudAccessToken`. */
  readonly name: string;
  readonly key: Node;
  readonly value: Node;
}

/**
 * Reads nx.json as Nx does, with comments and trailing commas, and tolerates a byte order mark. One pass over the text:
 * all that is looked up afterwards walks the few nodes near the root.
 * @throws {NxJsonProblem} for anything else than one object
 */
export function parseNxJson(text: string): NxJson {
  // The mark is blanked rather than cut off: every offset stays that of the file.
  const json = text.startsWith(byteOrderMark) ? ` ${text.slice(1)}` : text;
  const errors: ParseError[] = [];
  const root = parseTreeOf(json, errors);
  const [error] = errors;
  if (error !== undefined) {
    const name = printParseErrorCode(error.error);
    throw new NxJsonProblem(positionAt(text, error.offset), `this is not valid JSON: ${reasons[name] ?? name}.`, {
      remedy: 'Correct it there, then run the command again. (Comments and trailing commas are fine.)',
    });
  }
  if (root?.type !== 'object') {
    throw new NxJsonProblem(
      positionAt(text, root?.offset ?? 0),
      'the configuration of a workspace is an object: { … }.',
      {
        remedy: 'Is this the nx.json of an Nx workspace?',
      },
    );
  }
  return { text, root };
}

function parseTreeOf(text: string, errors: ParseError[]): Node | undefined {
  try {
    return parseTree(text, errors, { allowTrailingComma: true });
  } catch (cause) {
    // The parser calls itself for each level, and some thousand levels are more than the stack holds.
    if (!(cause instanceof RangeError)) throw cause;
    throw new NxJsonProblem({ line: 1, column: 1 }, 'objects and arrays are nested too deeply to be read.', {
      remedy: 'Is this the nx.json of an Nx workspace?',
      cause,
    });
  }
}

export function positionAt(text: string, offset: number): Position {
  return positionsIn(text)(offset);
}

/** For many places in one text, which is gone through only once: somebody may have filled it with thousands of tokens. */
export function positionsIn(text: string): (offset: number) => Position {
  const lineStarts = [text.startsWith(byteOrderMark) ? 1 : 0];
  for (let index = 0; index < text.length; index++) {
    const sign = text.charCodeAt(index);
    const breaksLine = sign === lineFeed || (sign === carriageReturn && text.charCodeAt(index + 1) !== lineFeed);
    if (breaksLine) lineStarts.push(index + 1);
  }
  return (offset) => {
    let [line, after] = [0, lineStarts.length];
    while (after - line > 1) {
      const middle = (line + after) >>> 1;
      if ((lineStarts[middle] ?? 0) <= offset) line = middle;
      else after = middle;
    }
    return { line: line + 1, column: Math.max(1, offset - (lineStarts[line] ?? 0) + 1) };
  };
}

/** The properties of an object in the order of the text, duplicates included; of anything else, none. */
export function propertiesOf(node: Node | undefined): Property[] {
  if (node?.type !== 'object') return [];
  return (node.children ?? []).map(propertyAt).filter((property) => property !== undefined);
}

function propertyAt({ children: pair = [] }: Node): Property | undefined {
  const [key, value] = [pair[0], pair[1]];
  return key && value && { name: stringOf(key) ?? '', key, value };
}

/** The property that counts: of several with one name the last, as for every JSON reader. */
export function propertyOf(node: Node | undefined, name: string): Property | undefined {
  if (node?.type !== 'object') return undefined;
  const found = node.children?.findLast(({ children }) => children?.[1] !== undefined && children[0]?.value === name);
  return found && propertyAt(found);
}

/** The value at the end of a path of property names. */
export function valueAt(node: Node | undefined, ...path: readonly string[]): Node | undefined {
  return path.reduce((current, name) => propertyOf(current, name)?.value, node);
}

export function stringOf(node: Node | undefined): string | undefined {
  const value: unknown = node?.value;
  return typeof value === 'string' ? value : undefined;
}

const byteOrderMark = '\uFEFF';
const lineFeed = 0x0a;
const carriageReturn = 0x0d;

const reasons: Partial<Record<string, string>> = {
  InvalidSymbol: 'this is neither a value nor a sign that JSON knows',
  InvalidNumberFormat: 'this number is not complete',
  UnexpectedEndOfNumber: 'this number is not complete',
  PropertyNameExpected: 'a property name in double quotes is missing here',
  ValueExpected: 'a value is missing here',
  ColonExpected: 'a colon is missing before this',
  CommaExpected: 'a comma is missing before this',
  CloseBraceExpected: 'an object is not closed with }',
  CloseBracketExpected: 'an array is not closed with ]',
  EndOfFileExpected: 'the file should end before this',
  UnexpectedEndOfComment: 'this comment is not closed with */',
  UnexpectedEndOfString: 'this string is not closed with a double quote on its line',
  InvalidUnicode: 'a \\u in this string is not followed by four hexadecimal digits',
  InvalidEscapeCharacter: 'a backslash in this string is followed by a character that cannot be escaped',
  InvalidCharacter: 'a control character in this string is not escaped',
};
