import { applyEdits, inOrder, insertMembers, insertMembersBefore, replaceProperty, type Edit } from './json-edits.js';
import {
  NxJsonProblem,
  parseNxJson,
  positionAt,
  propertiesOf,
  propertyOf,
  stringOf,
  type Property,
} from './nx-json.js';
import { nxCloudKnowsIds, parseNxVersion } from './nx-version.js';

/**
 * What Nx before 19.6 needs in a workspace with an id. Measured with Nx 13.10 to 19.5: 19.1.0 works, while 19.0.0 and
 * older stop without an access token, also beside an id, and 19.1.3, the last there is, fails the build where it cannot
 * reach the server before its first download. So this one, and no range.
 */
export const nxCloudPackage = { name: 'nx-cloud', range: '19.1.0' } as const;

/**
 * The text of a package.json that lists `nx-cloud` in a version that knows ids: one that is too old is replaced where it
 * stands, and where there is none it is added.
 * @throws {NxJsonProblem} as `withDevDependency` does
 */
export function withNxCloud(text: string): string {
  const { name, range } = nxCloudPackage;
  const { root } = parsePackageJson(text);
  const outdated = dependencyKinds
    .flatMap((kind) => propertyOf(propertyOf(root, kind)?.value, name) ?? [])
    .filter(({ value }) => {
      const listed = parseNxVersion(stringOf(value) ?? '');
      return listed !== undefined && !nxCloudKnowsIds(listed);
    });
  const edits = outdated.flatMap((property) => replaceProperty(text, property, name, range));
  return withDevDependency(applyEdits(text, inOrder(edits)), name, range);
}

/** All the fields of package.json that list dependencies. */
export const dependencyKinds = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'] as const;

/**
 * The text of a package.json with one more development dependency; the same text if it lists that package already, in
 * whatever kind of dependencies. Sorted in where the list is sorted, as npm, pnpm and Yarn keep it, else last; all other
 * characters stay. It installs nothing and leaves lock files as they are.
 * @throws {NxJsonProblem} when it is no JSON, or `devDependencies` is no object
 */
export function withDevDependency(text: string, name: string, range: string): string {
  const { root } = parsePackageJson(text);
  if (dependencyKinds.some((kind) => propertyOf(propertyOf(root, kind)?.value, name) !== undefined)) return text;

  const added = { [name]: range };
  const list = propertyOf(root, 'devDependencies');
  if (list === undefined) {
    return applyEdits(text, insertMembers(text, root, { devDependencies: added }, propertyOf(root, 'dependencies')));
  }
  if (list.value.type !== 'object') {
    throw new NxJsonProblem(positionAt(text, list.value.offset), '"devDependencies" is no object.', {
      remedy: 'Correct it there, then run the command again.',
      file: 'package.json',
    });
  }
  const next = nextInOrder(propertiesOf(list.value), name);
  const edits: Edit[] =
    next === undefined ? insertMembers(text, list.value, added) : insertMembersBefore(text, next, added);
  return applyEdits(text, edits);
}

function parsePackageJson(text: string) {
  try {
    return parseNxJson(text);
  } catch (error) {
    throw error instanceof NxJsonProblem ? error.in('package.json') : error;
  }
}

/** The first one behind the name, in a list that is in order. */
function nextInOrder(properties: readonly Property[], name: string): Property | undefined {
  const isSorted = properties.every(({ name: one }, index) => {
    const previous = properties[index - 1]?.name;
    return previous === undefined || sortsBefore(previous, one);
  });
  return isSorted ? properties.find(({ name: one }) => !sortsBefore(one, name)) : undefined;
}

/** npm sorts as English does, Yarn and pnpm by code units; for the names that packages may have both agree mostly. */
function sortsBefore(first: string, second: string): boolean {
  return first.localeCompare(second, 'en') <= 0;
}
