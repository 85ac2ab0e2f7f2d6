import {
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  Scalar,
  visit,
  type Document,
  type Node,
  type Pair,
  type YAMLMap,
} from 'yaml';

/** A YAML text with the place of everything in it. */
export interface YamlFile {
  readonly text: string;
  /** The document that counts. */
  readonly document: Document.Parsed;
  /** The outermost mapping. */
  readonly root: YAMLMap;
  /** Counted from 1. */
  readonly lineAt: (offset: number) => number;
  /** How deep this file indents. */
  readonly indent: number;
}

export interface YamlDialect {
  /** GitLab lets a header document go first, and Azure repeats keys such as `${{ else }}`. */
  readonly headerDocument?: boolean;
  readonly repeatedKeys?: boolean;
}

/** No CI system takes a configuration of that size (GitLab: 2 MiB with all includes), and parsing takes its time. */
const largestFile = 1024 * 1024;
/** yaml's own limit for how often aliases may be expanded, against documents that unfold to gigabytes. */
const maxAliasCount = 100;

/** The file, or why it cannot be looked into: the end of a sentence that starts with the path. */
export function parseYaml(text: string, dialect: YamlDialect = {}): YamlFile | { readonly problem: string } {
  if (text.length > largestFile) return { problem: 'is larger than 1 MiB' };
  const lines = new LineCounter();
  const parsed = parsedDocuments(text, lines, dialect);
  if ('problem' in parsed) return parsed;
  const documents = parsed.documents.filter((document) => document.contents !== null);
  for (const document of parsed.documents) {
    const [error] = document.errors;
    if (error !== undefined) return { problem: `is not valid YAML (line ${lines.linePos(error.pos[0]).line})` };
  }
  const document = dialect.headerDocument === true ? documents.at(-1) : documents[0];
  if (document === undefined) return { problem: 'is empty' };
  if (documents.length > (dialect.headerDocument === true ? 2 : 1)) return { problem: 'has several YAML documents' };
  if (!isMap(document.contents)) return { problem: 'is not a YAML mapping' };
  if (namesItself(document) || unfold(document) === undefined) {
    return { problem: 'has aliases or merge keys that cannot be followed' };
  }
  return {
    text,
    document,
    root: document.contents,
    lineAt: (offset) => lines.linePos(offset).line,
    indent: indentOf(document.contents, text),
  };
}

/**
 * The plain values of a document with merge keys applied; `undefined` when that cannot be done: aliases that unfold to too
 * much ("Excessive alias count"), merge keys of something else than a mapping, more levels than the stack holds.
 */
export function unfold(document: Document): unknown {
  try {
    const value: unknown = document.toJS({ maxAliasCount });
    return value;
  } catch (cause) {
    // yaml throws a ReferenceError for the first and a bare Error for the second, V8 a RangeError for the third.
    if (cause instanceof Error) return undefined;
    throw cause;
  }
}

/** An alias within the node that it names, which whoever follows it would never come out of. */
function namesItself(document: Document): boolean {
  let found = false;
  visit(document, {
    Alias(_, { source }, path) {
      if (!path.some((node) => (isMap(node) || isSeq(node)) && node.anchor === source)) return undefined;
      found = true;
      return visit.BREAK;
    },
  });
  return found;
}

function parsedDocuments(
  text: string,
  lineCounter: LineCounter,
  { repeatedKeys = false }: YamlDialect,
): { documents: Document.Parsed[] } | { problem: string } {
  const options = {
    lineCounter,
    prettyErrors: false,
    uniqueKeys: !repeatedKeys,
    merge: true,
    logLevel: 'error' as const,
  };
  try {
    return { documents: [...parseAllDocuments(text, options)] };
  } catch (cause) {
    // The parser calls itself for each level, and some thousand levels are more than the stack holds.
    if (!(cause instanceof RangeError)) throw cause;
    return { problem: 'is nested too deeply to be looked into' };
  }
}

/** The first step that a nested block mapping takes; 2 where there is none. */
function indentOf(root: YAMLMap, text: string): number {
  let step: number | undefined;
  visit(root, {
    Pair(_, { key, value }) {
      if (!isMap(value) || value.flow === true || value.items.length === 0) return undefined;
      const inner = columnOf(text, startOf(value.items[0]?.key));
      const outer = columnOf(text, startOf(key));
      if (inner === undefined || outer === undefined || inner <= outer) return undefined;
      step = inner - outer;
      return visit.BREAK;
    },
  });
  return step ?? 2;
}

/** Where the own line of a node starts to have text, as a number of characters; `undefined` for what has no place. */
export function columnOf(text: string, offset: number | undefined): number | undefined {
  return offset === undefined ? undefined : offset - lineStart(text, offset);
}

export function lineStart(text: string, offset: number): number {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  return start === 0 && text.startsWith('\uFEFF') ? 1 : start;
}

export function startOf(node: unknown): number | undefined {
  return isScalar(node) || isMap(node) || isSeq(node) || isAlias(node) ? (node.range?.[0] ?? undefined) : undefined;
}

/** A property of a mapping in the text itself: what merge keys bring in is none. */
export interface Entry {
  readonly name: string;
  readonly pair: Pair;
  readonly key: Node;
  /** With an alias followed; `undefined` for no value. */
  readonly value: Node | undefined;
}

export function entriesOf(file: YamlFile, node: unknown): Entry[] {
  const map = follow(file, node);
  if (!isMap(map)) return [];
  return map.items.flatMap((pair) => {
    if (!isPair(pair) || !isScalar(pair.key)) return [];
    return [{ name: nameOf(pair.key.value), pair, key: pair.key, value: follow(file, pair.value) }];
  });
}

/** yaml has a symbol for the merge key, `Symbol(<<)`. */
function nameOf(value: unknown): string {
  return typeof value === 'symbol' ? (value.description ?? '') : String(value);
}

export function entryOf(file: YamlFile, node: unknown, ...path: readonly string[]): Entry | undefined {
  let entry: Entry | undefined;
  let current = node;
  for (const name of path) {
    entry = entriesOf(file, current).find((candidate) => candidate.name === name);
    if (entry === undefined) return undefined;
    current = entry.value;
  }
  return entry;
}

/** The items of a sequence, aliases followed; a single value counts as a sequence of one. */
export function itemsOf(file: YamlFile, node: unknown): Node[] {
  const followed = follow(file, node);
  if (followed === undefined) return [];
  if (!isSeq(followed)) return [followed];
  return followed.items.flatMap((item) => follow(file, item) ?? []);
}

/** What an alias stands for. */
export function follow(file: YamlFile, node: unknown): Node | undefined {
  if (isAlias(node)) return node.resolve(file.document);
  return isScalar(node) || isMap(node) || isSeq(node) ? node : undefined;
}

export function textOf(node: unknown): string | undefined {
  return isScalar(node) && typeof node.value === 'string' ? node.value : undefined;
}

/** The line of the file on which a line of a scalar's value stands. A folded text is only known to start somewhere. */
export function lineInScalar(file: YamlFile, node: Node, line: number): number {
  const first = file.lineAt(startOf(node) ?? 0);
  if (!isScalar(node)) return first;
  if (node.type === Scalar.BLOCK_LITERAL) return first + 1 + line;
  return node.type === Scalar.BLOCK_FOLDED ? first + 1 : first;
}
