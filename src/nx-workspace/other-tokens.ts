import { resolve } from 'node:path';
import { errorCode, FileNotRead } from '../files/file-errors.js';
import { createListing, isWithin, statOf, type Listing } from '../files/look.js';
import { findTokensInText } from '../protocol/token-search.js';
import { maskToken } from '../protocol/tokens.js';
import { filesBehindExtended } from './extended-configuration.js';
import { positionsIn, type NxJson, type Position } from './nx-json.js';
import { tokenFiles } from './token-files.js';

/** A token of the cache in another file than nx.json. It is named, and left for a person to take out. */
export interface OtherToken extends Position {
  /** As seen from the workspace, with `/`. */
  readonly file: string;
  readonly masked: string;
  /** `variable`: a value is given to one of the variables that Nx takes a token from. `token`: something of that form. */
  readonly what: 'token' | 'variable';
  /** Of the variable. */
  readonly name?: string;
}

/** A file that may hold a token and was not read. */
export interface UnreadFile {
  readonly file: string;
  /** In words: `it is larger than 1 MiB`. */
  readonly reason: string;
}

export interface TokensElsewhere {
  readonly tokens: readonly OtherToken[];
  readonly unread: readonly UnreadFile[];
}

/**
 * Looks for tokens in the files that are known to carry them (`tokenFiles`), and in what nx.json extends, except in the
 * file that is converted with it. No link is followed out of the workspace, and nothing that goes wrong with one file
 * keeps the others from being read.
 * @param root the workspace's folder
 */
export async function findTokensElsewhere(
  root: string,
  nxJson?: NxJson,
  listing = createListing(),
): Promise<TokensElsewhere> {
  const extended = nxJson === undefined ? [] : await filesBehindExtended(root, nxJson);
  const tokens: OtherToken[] = [];
  const unread: UnreadFile[] = [];
  for (const file of [...tokenFiles(root, listing), ...extended]) {
    const read = readCapped(root, file, listing);
    if ('text' in read) tokens.push(...tokensIn(read.text, file));
    else if (read.reason !== undefined) unread.push({ file, reason: read.reason });
  }
  return { tokens, unread };
}

/** In the order of the text. Of a variable's value that has the form of a token, the variable is told. */
export function tokensIn(text: string, file: string): OtherToken[] {
  const assigned = [...text.matchAll(assignment)].flatMap((match) => {
    const { name, value } = match.groups ?? {};
    if (name === undefined || value === undefined || isReference(value)) return [];
    const offset = match.index + match[0].length - value.length;
    return [{ offset, end: offset + value.length, value, what: 'variable' as const, name }];
  });
  const places = positionsIn(text);
  let next = 0;
  const bare = findTokensInText(text)
    .filter(({ offset }) => {
      // Both are in the order of the text.
      while ((assigned[next]?.end ?? Infinity) <= offset) next++;
      return offset < (assigned[next]?.offset ?? Infinity);
    })
    .map(({ token, offset }) => ({ offset, value: token, what: 'token' as const, name: undefined }));
  return [...assigned, ...bare]
    .toSorted((a, b) => a.offset - b.offset)
    .map(({ offset, value, what, name }) => ({
      file,
      ...places(offset),
      masked: maskToken(value),
      what,
      ...(name !== undefined && { name }),
    }));
}

/**
 * A variable and its value as .env files, shells, Docker and the YAML of all CI systems write them: `NAME=value`,
 * `NAME: "value"`, `ENV NAME value`, `"NAME": "value"`, and `- name: NAME` with `value: …` on the next line.
 */
const assignment = new RegExp(
  [
    /(?<![\w$])(?<name>NX_CLOUD_(?:ACCESS|AUTH)_TOKEN)["']?/,
    /(?:[ \t]*[=:][ \t]*|(?<=\bENV[ \t]+NX_CLOUD_(?:ACCESS|AUTH)_TOKEN)[ \t]+|[ \t]*\r?\n[ \t]*value:[ \t]*)/,
    /\\?["'`]?(?<value>[^\s"'`#;,\\&|)}]+)/,
  ]
    .map(({ source }) => source)
    .join(''),
  'g',
);

/** A value that is taken from elsewhere, as it should be, or no secret's: `$TOKEN`, `${{ secrets.X }}`, `%TOKEN%`, `null`. */
function isReference(value: string): boolean {
  return (
    value.length < shortestSecret ||
    /^[$%<{[(*!&]/.test(value) ||
    /^(?:secrets?|env|vars?|process|credentials)\b/.test(value)
  );
}

/** Shorter values are words such as `true`, and examples. */
const shortestSecret = 16;

/** `reason` is absent where there is nothing to read: the file went away, or is a folder. */
function readCapped(root: string, file: string, { bytesOf }: Listing): { text: string } | { reason?: string } {
  const path = resolve(root, file);
  const ifOrdinary = (reason: string) => (statOf(path)?.isFile() === true ? { reason } : {});
  try {
    if (!isWithin(root, path)) return ifOrdinary('it is outside of the workspace, or a link to there');
    // Bytes that are no UTF-8 are in no token.
    return { text: bytesOf(path)?.toString() ?? '' };
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT') return {};
    if (error instanceof FileNotRead) return ifOrdinary('it is larger than 1 MiB');
    return {
      reason: code === 'EACCES' ? 'you may not read it' : `it could not be read (${code ?? 'for no known reason'})`,
    };
  }
}
