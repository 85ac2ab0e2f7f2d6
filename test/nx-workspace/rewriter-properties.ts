/** What holds for every conversion, written down a second time: on parsed values, where the rewriter works on text. */
import { isDeepStrictEqual } from 'node:util';
import { visit, type Node } from 'jsonc-parser';
import { UserError } from '../../src/errors.js';
import { findAccessTokens } from '../../src/nx-workspace/access-tokens.js';
import { parseNxJson, propertiesOf } from '../../src/nx-workspace/nx-json.js';
import type { NxVersion } from '../../src/nx-workspace/nx-version.js';
import { withDevDependency } from '../../src/nx-workspace/package-json.js';
import { rewriteNxJson, type Surroundings } from '../../src/nx-workspace/rewrite.js';
import { idOf, idOfUnknownToken } from './convert-text.js';

export type Json = Record<string, unknown>;

const versions = ['13.10', '16.10', '17.0', '19.5', '19.6', '20.8', '21.0', '24.0'].map((text): NxVersion => {
  const [major = 0, minor = 0] = text.split('.').map(Number);
  return { major, minor, text };
});

/** Every combination that makes a difference. */
export const surroundings: readonly Surroundings[] = [
  {},
  ...versions.flatMap((nx) =>
    (['none', 'hidden', 'hiding'] as const).map((otherRunners): Surroundings => ({ nx, otherRunners })),
  ),
];

export function convert(text: string, around: Surroundings = {}): { text: string; tokens: string[] } {
  const accessTokens = findAccessTokens(parseNxJson(text));
  const replacements = accessTokens.map((accessToken) => ({
    accessToken,
    nxCloudId: idOf[accessToken.token] ?? idOfUnknownToken,
  }));
  return { text: rewriteNxJson(text, replacements, around).text, tokens: accessTokens.map(({ token }) => token) };
}

/** @throws {Error} that says which property does not hold */
export function checkConversion(text: string, around: Surroundings): void {
  const converted = convert(text, around).text;
  checkTexts(text, converted);
  hold('the value is the one intended', isDeepStrictEqual(valueOf(converted), convertedValue(valueOf(text), around)));
}

/** For text that may be damaged: it is refused with a sentence, or the conversion is as good as the text was. */
export function checkDamaged(text: string, around: Surroundings): 'converted' | 'refused' {
  let converted: string;
  try {
    converted = convert(text, around).text;
  } catch (error) {
    if (error instanceof UserError) return 'refused';
    throw error;
  }
  checkTexts(text, converted);
  return 'converted';
}

function checkTexts(text: string, converted: string): void {
  hold('all comments are there, in order', isDeepStrictEqual(commentsOf(converted), commentsOf(text)));
  hold('line ends stay of one kind', kindsOfLineEnds(text) > 1 || kindsOfLineEnds(converted) <= 1);
  hold('strict JSON stays strict', !isStrict(text) || isStrict(converted));
  hold('the first and the last character stay', converted[0] === text[0] && converted.at(-1) === text.at(-1));
  hold('no token is left where Nx takes it', findAccessTokens(parseNxJson(converted)).length === 0);
}

/** @throws {Error} that says which property does not hold */
export function checkPackageJson(text: string): void {
  const changed = withDevDependency(text, 'nx-cloud', '19.1.0');
  const expected = valueOf(text);
  const kinds = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'];
  const before = asObject(expected['devDependencies']);
  if (!kinds.some((kind) => Object.hasOwn(asObject(expected[kind]), 'nx-cloud'))) {
    expected['devDependencies'] = Object.assign(emptyJson(), before, { 'nx-cloud': '19.1.0' });
  } else {
    hold('a package that is listed changes nothing', changed === text);
  }
  const value = valueOf(changed);
  hold('the value is the one intended', isDeepStrictEqual(value, expected));
  const after = asObject(value['devDependencies']);
  hold('a sorted list stays sorted', !isSorted(Object.keys(before)) || isSorted(Object.keys(after)));
  hold('all comments are there, in order', isDeepStrictEqual(commentsOf(changed), commentsOf(text)));
  hold('line ends stay of one kind', kindsOfLineEnds(text) > 1 || kindsOfLineEnds(changed) <= 1);
  hold('strict JSON stays strict', !isStrict(text) || isStrict(changed));
  hold('the first and the last character stay', changed[0] === text[0] && changed.at(-1) === text.at(-1));
  hold('a second time changes nothing', withDevDependency(changed, 'nx-cloud', '19.1.0') === changed);
}

function hold(what: string, holds: boolean): void {
  if (!holds) throw new Error(`This does not hold: ${what}.`);
}

/** Not jsonc-parser's own `parse`: it takes a key `"__proto__"` for the prototype, and drops what stands there. */
export function valueOf(text: string): Json {
  return asObject(nodeValue(parseNxJson(text).root));
}

function nodeValue(node: Node): unknown {
  if (node.type === 'array') return (node.children ?? []).map(nodeValue);
  if (node.type !== 'object') return node.value;
  const value = emptyJson();
  for (const property of propertiesOf(node)) value[property.name] = nodeValue(property.value);
  return value;
}

function emptyJson(): Json {
  return Object.create(null) as Json;
}

/** The conversion on parsed JSON: what the text must amount to, found in another way. */
export function convertedValue(root: Json, { nx, otherRunners = 'none' }: Surroundings = {}): Json {
  for (const entry of entriesOf(root)) {
    const { runner, options } = asObject(entry);
    if (!rename(asObject(options), 'accessToken')) continue;
    const isPassedOver = nx !== undefined && (nx.major >= 21 || (nx.major >= 17 && !runner));
    if (runner === '@nrwl/nx-cloud' || isPassedOver) asObject(entry)['runner'] = 'nx-cloud';
  }
  const isOld = nx !== undefined && (nx.major < 19 || (nx.major === 19 && nx.minor < 6));
  if (!isOld || !move(root, nx, otherRunners)) rename(root, 'nxCloudAccessToken');
  return root;
}

function move(root: Json, nx: NxVersion, otherRunners: string): boolean {
  if (!Object.hasOwn(root, 'nxCloudAccessToken') || otherRunners === 'hiding') return false;
  const hasRunners = Object.hasOwn(root, 'tasksRunnerOptions');
  if (!hasRunners && otherRunners === 'hidden') return false;
  if (hasRunners && !isObject(root['tasksRunnerOptions'])) return false;
  if (!entriesOf(root).every((entry) => isObject(entry) && isObject(asObject(entry)['options'] ?? {}))) return false;
  if (entriesOf(root).some((entry) => asObject(entry)['options'] === null)) return false;

  const given = emptyJson();
  given['nxCloudId'] = idOf[String(root['nxCloudAccessToken'])] ?? idOfUnknownToken;
  for (const [name, setting] of Object.entries({ url: 'nxCloudUrl', encryptionKey: 'nxCloudEncryptionKey' })) {
    if (nx.major < 17 && typeof root[setting] === 'string') given[name] = root[setting];
  }
  const entries = hasRunners ? asObject(root['tasksRunnerOptions']) : emptyJson();
  const taking = Object.entries(entries).filter(([name, entry]) => {
    const { runner, options } = asObject(entry);
    if (Object.hasOwn(asObject(options), 'nxCloudId')) return false;
    if (!runner) return name === 'default' || nx.major >= 17;
    return runner === 'nx-cloud' || runner === '@nrwl/nx-cloud';
  });
  for (const [, entry] of taking) {
    const { options } = asObject(entry);
    Object.assign(asObject(entry), {
      runner: 'nx-cloud',
      options: Object.assign(emptyJson(), given, asObject(options)),
    });
  }
  if (!Object.hasOwn(entries, 'default')) {
    entries['default'] = Object.assign(emptyJson(), { runner: 'nx-cloud', options: given });
  } else if (taking.length === 0) {
    return false;
  }
  root['tasksRunnerOptions'] = entries;
  return Reflect.deleteProperty(root, 'nxCloudAccessToken');
}

function rename(owner: Json, name: string): boolean {
  if (!Object.hasOwn(owner, name)) return false;
  owner['nxCloudId'] = idOf[String(owner[name])] ?? idOfUnknownToken;
  return Reflect.deleteProperty(owner, name);
}

function entriesOf(root: Json): unknown[] {
  return Object.values(asObject(root['tasksRunnerOptions']));
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function asObject(value: unknown): Json {
  return isObject(value) ? (value as Json) : {};
}

function commentsOf(text: string): string[] {
  const comments: string[] = [];
  visit(blankMark(text), { onComment: (offset, length) => comments.push(text.slice(offset, offset + length)) });
  return comments;
}

function kindsOfLineEnds(text: string): number {
  return new Set(text.match(/\r\n|\r|\n/g)).size;
}

function isStrict(text: string): boolean {
  try {
    JSON.parse(blankMark(text));
    return true;
  } catch {
    return false;
  }
}

function blankMark(text: string): string {
  return text.replace(/^\uFEFF/, ' ');
}

function isSorted(names: readonly string[]): boolean {
  return names.every((name, index) => index === 0 || (names[index - 1] ?? '').localeCompare(name, 'en') <= 0);
}
