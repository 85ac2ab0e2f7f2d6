import type { Node } from 'jsonc-parser';
import { tokenShape, type TokenShape } from '../protocol/tokens.js';
import {
  NxJsonProblem,
  positionAt,
  propertiesOf,
  propertyOf,
  stringOf,
  type NxJson,
  type Position,
  type Property,
} from './nx-json.js';

/** A CI access token in nx.json, at a place where Nx would use it (nx-protocol.md §2). */
export interface AccessToken extends Position {
  /** `['nxCloudAccessToken']` or `['tasksRunnerOptions', <any name>, 'options', 'accessToken']`. Line and column: its value. */
  readonly path: readonly string[];
  /** The secret itself. */
  readonly token: string;
  readonly kind: 'ci' | 'legacy-ci';
  /** The key string and the value string, quotes included, as offsets in the text. */
  readonly key: Range;
  readonly value: Range;
  /** For a token in a runner's options: the runner it names, if it does, and where. */
  readonly runner: { readonly name: string | undefined; readonly range: Range } | undefined;
}

export interface Range {
  readonly offset: number;
  readonly length: number;
}

/** The old package's name for Nx Cloud's runner, which does not know ids, and the present one. */
export const legacyCloudRunner = '@nrwl/nx-cloud';
export const cloudRunner = 'nx-cloud';

/**
 * Every access token that is to be converted, in the order of the text. The entry of a runner under any name counts
 * when its runner is Nx Cloud's, or when it names none at all; below another runner an `accessToken` counts only if it
 * has the form of a token of ours or of Nx Cloud, since other runners have settings of that name, too.
 * @throws {NxJsonProblem} at the first token that cannot be converted: not a string, empty, of an unknown or mistyped
 *   form, personal, on a path with a key given twice, or with an `nxCloudId` beside it
 */
export function findAccessTokens(nxJson: NxJson): AccessToken[] {
  return placesOfTokens(nxJson.root)
    .filter((place) => counts(place))
    .map((place) => accessTokenAt(nxJson.text, place));
}

/** A property that may hold a token. `steps` lead to it from the root and end with it. */
interface Place {
  readonly steps: readonly Step[];
  readonly property: Property;
  readonly owner: Node;
  /** The entry of `tasksRunnerOptions` that it belongs to; `undefined` at the top level. */
  readonly entry: { readonly runner: Property | undefined } | undefined;
}

interface Step {
  readonly owner: Node;
  readonly property: Property;
}

function placesOfTokens(root: Node): Place[] {
  return stepsTo(root).flatMap((top): Place[] => {
    if (top.property.name === 'nxCloudAccessToken') return [{ ...top, steps: [top], entry: undefined }];
    if (top.property.name !== 'tasksRunnerOptions') return [];
    return stepsTo(top.property.value).flatMap((entry) =>
      stepsTo(entry.property.value, 'options').flatMap((options) =>
        stepsTo(options.property.value, 'accessToken').map((last) => ({
          ...last,
          steps: [top, entry, options, last],
          entry: { runner: propertyOf(entry.property.value, 'runner') },
        })),
      ),
    );
  });
}

/** One step from an object to each of its properties (of the name), duplicates included. */
function stepsTo(owner: Node, name?: string): Step[] {
  return propertiesOf(owner)
    .filter((property) => name === undefined || property.name === name)
    .map((property) => ({ owner, property }));
}

function counts({ entry, property }: Place): boolean {
  if (entry?.runner === undefined) return true;
  const runner = stringOf(entry.runner.value);
  if (runner === cloudRunner || runner === legacyCloudRunner) return true;
  return ['ci', 'legacy-ci', 'personal'].includes(tokenShape(stringOf(property.value) ?? '').kind);
}

function accessTokenAt(text: string, { steps, property, owner, entry }: Place): AccessToken {
  const at = (node: Node) => positionAt(text, node.offset);
  for (const step of steps) refuseDuplicate(text, step);

  const beside = propertyOf(owner, 'nxCloudId');
  if (beside !== undefined) {
    const [tokenLine, idLine] = [at(property.key).line, at(beside.key).line];
    const message = `"${property.name}" (line ${tokenLine}) has an "nxCloudId" beside it already (line ${idLine}), and one object cannot have that key twice.`;
    throw new NxJsonProblem(at(property.key), message, {
      remedy: `Delete one of the two by hand: the token if the id is right, else the id. Then run the command again.`,
    });
  }

  const token = stringOf(property.value);
  const shape: TokenShape = token === undefined ? { kind: 'unknown' } : tokenShape(token);
  if (token === undefined || (shape.kind !== 'ci' && shape.kind !== 'legacy-ci')) {
    const { message, remedy } = unusable(property, token, shape);
    throw new NxJsonProblem(at(property.value), message, { remedy });
  }
  return {
    path: steps.map((step) => step.property.name),
    token,
    kind: shape.kind,
    ...at(property.value),
    key: rangeOf(property.key),
    value: rangeOf(property.value),
    runner: entry?.runner && { name: stringOf(entry.runner.value), range: rangeOf(entry.runner.value) },
  };
}

/** Readers of JSON disagree on which of two counts, so there is no telling which token is in use. */
function refuseDuplicate(text: string, { owner, property: { name } }: Step): void {
  const [first, second] = propertiesOf(owner).filter((property) => property.name === name);
  if (first === undefined || second === undefined) return;
  const firstLine = positionAt(text, first.key.offset).line;
  const message = `${JSON.stringify(name)} is given a second time here (first on line ${firstLine}), with an access token in or below it.`;
  throw new NxJsonProblem(positionAt(text, second.key.offset), message, {
    remedy: 'Keep one of the two (of several, Nx takes the last), then run the command again.',
  });
}

function unusable(
  { name }: Property,
  token: string | undefined,
  shape: TokenShape,
): { message: string; remedy: string } {
  const key = `"${name}"`;
  const byHand = 'Remove that line or correct it, then run the command again.';
  if (token === undefined) return { message: `the value of ${key} is not a string.`, remedy: byHand };
  // Nothing stands there that a server could be asked about, and an id in its place would be a guess.
  if (token === '') return { message: `the value of ${key} is empty.`, remedy: byHand };
  if (shape.kind === 'personal') {
    return {
      message: `${key} holds a personal access token, which belongs to one person and in no repository.`,
      remedy:
        'Revoke it now on the tokens page of your server, since whoever can read the repository can use it. ' +
        'Then put "nxCloudId" with the id of the workspace in its place.',
    };
  }
  if (shape.kind === 'mistyped') {
    const message = `the value of ${key} looks like a CI access token, but characters are missing or changed.`;
    return { message, remedy: 'Compare it with the token in the secrets of your CI, then run the command again.' };
  }
  return {
    message: `the value of ${key} does not have the form of an access token.`,
    remedy: 'If it is no token, remove that line. If a script puts the token in later, remove it there, too.',
  };
}

function rangeOf({ offset, length }: Node): Range {
  return { offset, length };
}
