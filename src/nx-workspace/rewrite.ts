import { cloudRunner, legacyCloudRunner, type AccessToken } from './access-tokens.js';
import { applyEdits, inOrder, insertMembers, type Edit } from './json-edits.js';
import { parseNxJson, propertyOf, valueAt, type NxJson } from './nx-json.js';
import { ignoresOtherRunners, readsTopLevelId, readsTopLevelToken, type NxVersion } from './nx-version.js';
import { editsIntoRunnerOptions, namesNoRunner } from './runner-options.js';

export { applyEdits, type Edit };

export interface Replacement {
  readonly accessToken: AccessToken;
  readonly nxCloudId: string;
}

/** What the rewriting of one configuration file depends on besides its text. */
export interface Surroundings {
  /** Without it an id is put where its token stood, and nothing else. */
  readonly nx?: NxVersion | undefined;
  /**
   * Of two files, one that extends the other, Nx takes the `tasksRunnerOptions` of one only (`readNxJson` merges the top
   * level). `hidden`: the other file has some, and they would no longer count if this one got its own. `hiding`: those of
   * the other file count, whatever this one says. In both cases no id is moved into runner options.
   */
  readonly otherRunners?: 'none' | 'hidden' | 'hiding';
}

/**
 * Puts ids in the place of access tokens, so that this Nx reads them. Nothing but what has to be different for that is
 * touched; every other character of the text stays. (`modify()` of jsonc-parser would take the comment behind the
 * previous property with it and format the neighbors anew.) It changes
 * - the key string and the value string of a token;
 * - the runner of its entry: `@nrwl/nx-cloud` becomes `nx-cloud`; where none is named, or one that this Nx passes over,
 *   `nx-cloud` is named, since an id does not turn the cloud on by itself, as a token does;
 * - for Nx before 19.6, a token at the top level: its id goes into the runner options, see `editsIntoRunnerOptions`.
 */
export function rewriteNxJson(
  text: string,
  replacements: readonly Replacement[],
  surroundings: Surroundings = {},
): { text: string; edits: Edit[] } {
  const nxJson = lazily(() => parseNxJson(text));
  const edits = inOrder(replacements.flatMap((replacement) => editsFor(replacement, nxJson, surroundings)));
  return { text: applyEdits(text, edits), edits };
}

function editsFor({ accessToken, nxCloudId }: Replacement, nxJson: () => NxJson, around: Surroundings): Edit[] {
  const { key, value, path } = accessToken;
  if (path.length === 1 && around.nx !== undefined && !readsTopLevelId(around.nx)) {
    const moved = editsIntoRunnerOptions(nxJson(), nxCloudId, around.nx, around.otherRunners ?? 'none');
    if (moved !== undefined) return moved;
  }
  return [
    { ...key, content: '"nxCloudId"' },
    { ...value, content: JSON.stringify(nxCloudId) },
    ...(path.length === 1 ? [] : runnerEdits(accessToken, nxJson, around.nx)),
  ];
}

/** The entry's runner is replaced with its token: ids are known only to the package `nx-cloud` (nx-protocol.md §2). */
function runnerEdits({ runner, path }: AccessToken, nxJson: () => NxJson, nx: NxVersion | undefined): Edit[] {
  const named = JSON.stringify(cloudRunner);
  if (runner?.name === cloudRunner) return [];
  if (runner?.name === legacyCloudRunner) return [{ ...runner.range, content: named }];
  if (nx === undefined || !readsTopLevelToken(nx)) return [];
  const { text, root } = nxJson();
  const entry = valueAt(root, ...path.slice(0, 2));
  if (entry === undefined) return [];
  if (runner === undefined) return insertMembers(text, entry, { runner: cloudRunner }, propertyOf(entry, 'options'));
  const counts = !namesNoRunner(valueAt(entry, 'runner')) && !ignoresOtherRunners(nx);
  return counts ? [] : [{ ...runner.range, content: named }];
}

function lazily<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
