import type { Node } from 'jsonc-parser';
import { cloudRunner, legacyCloudRunner } from './access-tokens.js';
import { insertMembers, removeProperty, replaceProperty, type Edit, type JsonObject } from './json-edits.js';
import { positionAt, propertiesOf, propertyOf, stringOf, valueAt, type NxJson, type Position } from './nx-json.js';
import { ignoresOtherRunners, readsTopLevelId, readsTopLevelToken, type NxVersion } from './nx-version.js';

/**
 * Moves an id from the place of a top-level token into the runner options, where Nx before 19.6 reads it. Those Nx give a
 * top-level token to every runner that is `nx-cloud`, and to one whose entry names none (`getRunnerOptions` of 17.0 to
 * 19.5), so the id goes to each of these, except where a token or an id of its own stands, which would have counted before;
 * and to a new `default` where there is no such entry, since without one Nx has the runner of the cloud.
 * @returns `undefined` where Nx would not have used the token, or would not use the id: the default has another runner, or
 *   the other file's `tasksRunnerOptions` are in the way, or something stands there that only a person can judge (keys
 *   given twice, no object). The id then stays at the top level, and `unusedIds` says so.
 */
export function editsIntoRunnerOptions(
  { text, root }: NxJson,
  nxCloudId: string,
  nx: NxVersion,
  otherRunners: 'none' | 'hidden' | 'hiding',
): Edit[] | undefined {
  const token = propertyOf(root, 'nxCloudAccessToken');
  const runners = propertyOf(root, 'tasksRunnerOptions');
  if (token === undefined || otherRunners === 'hiding') return undefined;
  const given = { nxCloudId, ...topLevelSettings(root, nx) };
  const newEntry = { runner: cloudRunner, options: given };
  if (runners === undefined) {
    return otherRunners === 'hidden'
      ? undefined
      : replaceProperty(text, token, 'tasksRunnerOptions', { default: newEntry });
  }
  if (!isPlainObject(runners.value) || hasTwice(root, 'tasksRunnerOptions')) return undefined;

  const entries = propertiesOf(runners.value);
  if (entries.some(({ name, value }) => hasTwice(runners.value, name) || !isUnderstood(value))) return undefined;
  const edits = entries
    .filter(({ name, value }) => takesTopLevel(name, value, nx))
    .flatMap(({ value }) => editsIntoEntry(text, value, given));
  if (!entries.some(({ name }) => name === 'default')) {
    edits.push(...insertMembers(text, runners.value, { default: newEntry }));
  }
  return edits.length === 0 ? undefined : [...edits, ...removeProperty(text, root, token)];
}

/** For Nx Cloud's runner to be taken, `runner` has to be one of these, or absent or `null` or the like. */
export function namesNoRunner(runner: Node | undefined): boolean {
  return runner === undefined || (runner.type !== 'object' && runner.type !== 'array' && !runner.value);
}

export interface UnusedId extends Position {
  readonly path: readonly string[];
  /** `place`: this Nx does not look there for an id. `runner`: the entry has another runner than `nx-cloud`, or none. */
  readonly because: 'place' | 'runner';
  /** The runner that is named there. */
  readonly runner: string | undefined;
}

/** Whether it is worth parsing a configuration for `unusedIds`: most have no runners, and their Nx needs none. */
export function mayHaveUnusedIds(text: string, nx: NxVersion | undefined): boolean {
  return text.includes('tasksRunnerOptions') || text.includes('\\') || (nx !== undefined && !readsTopLevelId(nx));
}

/**
 * The ids in a configuration that this Nx does not use when it runs tasks, so that there would be no remote cache.
 * Without a version, those that no version uses.
 */
export function unusedIds({ text, root }: NxJson, nx: NxVersion | undefined): UnusedId[] {
  const runners = propertiesOf(valueAt(root, 'tasksRunnerOptions'));
  const inRunners = runners.flatMap(({ name, value }) => {
    const id = propertyOf(valueAt(value, 'options'), 'nxCloudId');
    if (id === undefined) return [];
    const runner = stringOf(valueAt(value, 'runner'));
    return [{ name, id, runner, path: ['tasksRunnerOptions', name, 'options', 'nxCloudId'] }];
  });
  const top = propertyOf(root, 'nxCloudId');
  const unused = inRunners.filter(({ runner }) => runner !== cloudRunner && runner !== legacyCloudRunner);
  const served = top !== undefined && nx !== undefined && readsTopLevelId(nx);
  return [
    ...(top !== undefined && nx !== undefined && !readsTopLevelId(nx) && unused.length === inRunners.length
      ? [{ path: ['nxCloudId'], ...positionAt(text, top.key.offset), because: 'place' as const, runner: undefined }]
      : []),
    ...unused
      .filter(({ runner }) => !served || (runner !== undefined && !ignoresOtherRunners(nx)))
      .map(({ path, id, runner }) => ({
        path,
        ...positionAt(text, id.key.offset),
        because: 'runner' as const,
        runner,
      })),
  ];
}

/** Up to Nx 16 these count in the options only. They stay at the top level, too, where a later Nx looks for them. */
function topLevelSettings(root: Node, nx: NxVersion): JsonObject {
  if (readsTopLevelToken(nx)) return {};
  const url = stringOf(valueAt(root, 'nxCloudUrl'));
  const encryptionKey = stringOf(valueAt(root, 'nxCloudEncryptionKey'));
  return { ...(url !== undefined && { url }), ...(encryptionKey !== undefined && { encryptionKey }) };
}

function takesTopLevel(name: string, entry: Node, nx: NxVersion): boolean {
  const options = valueAt(entry, 'options');
  if (propertyOf(options, 'accessToken') !== undefined || propertyOf(options, 'nxCloudId') !== undefined) return false;
  const runner = valueAt(entry, 'runner');
  // Up to Nx 16 an entry that names no runner has Nx's own; only that of `default` is what the token was meant for.
  if (namesNoRunner(runner)) return name === 'default' || readsTopLevelToken(nx);
  return stringOf(runner) === cloudRunner || stringOf(runner) === legacyCloudRunner;
}

function editsIntoEntry(text: string, entry: Node, given: JsonObject): Edit[] {
  const runner = propertyOf(entry, 'runner');
  const options = propertyOf(entry, 'options');
  const present = new Set(propertiesOf(options?.value).map(({ name }) => name));
  const missing = Object.fromEntries(Object.entries(given).filter(([name]) => !present.has(name)));
  const members = {
    ...(runner === undefined && { runner: cloudRunner }),
    ...(options === undefined && { options: missing }),
  };
  const edits = Object.keys(members).length > 0 ? insertMembers(text, entry, members) : [];
  if (options !== undefined) edits.push(...insertMembers(text, options.value, missing));
  if (runner !== undefined && stringOf(runner.value) !== cloudRunner) {
    const { offset, length } = runner.value;
    edits.push({ offset, length, content: JSON.stringify(cloudRunner) });
  }
  return edits;
}

function isUnderstood(entry: Node): boolean {
  const options = propertyOf(entry, 'options');
  return (
    isPlainObject(entry) &&
    !hasTwice(entry, 'runner') &&
    !hasTwice(entry, 'options') &&
    (options === undefined || isPlainObject(options.value))
  );
}

function isPlainObject(node: Node): boolean {
  return node.type === 'object';
}

function hasTwice(owner: Node, name: string): boolean {
  return propertiesOf(owner).filter((property) => property.name === name).length > 1;
}
