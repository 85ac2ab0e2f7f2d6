import { stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { isWithin, textOf } from '../files/look.js';
import { nxJsonName } from './find-workspace.js';
import { parseNxJson, propertyOf, stringOf, valueAt, type NxJson } from './nx-json.js';
import { readsTopLevelToken, type NxVersion } from './nx-version.js';

/** What `extends` of an nx.json leads to. */
export interface ExtendedConfiguration {
  /** As it stands in nx.json: `./nx.base.json`, `nx/presets/npm.json`. */
  readonly name: string;
  /**
   * The absolute path of a file of the workspace itself. It is converted as nx.json is. `undefined`: the file of a
   * package, one outside of the workspace (also by a link), or none that is there; those are somebody else's.
   */
  readonly path: string | undefined;
  /** It has `tasksRunnerOptions`, which count only as long as nx.json has none. Also when that cannot be found out. */
  readonly hasRunners: boolean;
}

/**
 * Nx takes one such file and no chain of them: an `extends` in that one has no effect (`readNxJson` of Nx 13 to 24).
 * @param root the workspace's folder
 * @returns `undefined` without `extends`
 */
export async function extendedConfiguration(
  root: string,
  nxJson: NxJson,
  nx?: NxVersion,
): Promise<ExtendedConfiguration | undefined> {
  const name = extendsOf(nxJson);
  if (name === undefined) return undefined;
  if (!isLocal(name)) return { name, path: undefined, hasRunners: packageHasRunners(root, name, nx) };
  const path = await resolved(join(root, nxJsonName), name);
  const own = path !== undefined && isInside(root, path);
  return { name, path: own ? path : undefined, hasRunners: path === undefined || fileHasRunners(path) };
}

/**
 * The files that nx.json extends apart from the one that is converted with it: a package's, one outside of the workspace,
 * and those that the first one says to extend in turn, which Nx does not read. As seen from the workspace, with `/`.
 */
export async function filesBehindExtended(root: string, nxJson: NxJson): Promise<string[]> {
  const converted = (await extendedConfiguration(root, nxJson))?.path;
  const files = new Set<string>();
  let [from, name] = [join(root, nxJsonName), extendsOf(nxJson)];
  while (name !== undefined) {
    const path = await resolved(from, name);
    if (path === undefined || files.has(path)) break;
    files.add(path);
    [from, name] = [path, extendsOfFile(path)];
  }
  return [...files].filter((path) => path !== converted).map((path) => relative(root, path).split(sep).join('/'));
}

/** What cannot be read, or is no JSON, extends nothing. */
function extendsOfFile(path: string): string | undefined {
  try {
    return extendsOf(parseNxJson(textOf(path) ?? ''));
  } catch {
    return undefined;
  }
}

function extendsOf({ root }: NxJson): string | undefined {
  const name = stringOf(valueAt(root, 'extends'));
  return name === '' ? undefined : name;
}

/** As Nx does it: a package's file, or one relative to the file that says so. `undefined`: it is not there. */
async function resolved(from: string, name: string): Promise<string | undefined> {
  if (!isLocal(name)) {
    try {
      return createRequire(from).resolve(name);
    } catch {
      return undefined;
    }
  }
  const paths = [resolve(dirname(from), name), resolve(dirname(from), `${name}.json`)];
  for (const path of paths) {
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile() === true) return path;
  }
  return undefined;
}

function isLocal(name: string): boolean {
  return /^(?:\.{1,2}\/|\/)/.test(name);
}

function isInside(root: string, path: string): boolean {
  try {
    return isWithin(root, path);
  } catch {
    return false;
  }
}

function packageHasRunners(root: string, name: string, nx: NxVersion | undefined): boolean {
  try {
    return fileHasRunners(createRequire(join(root, nxJsonName)).resolve(name));
  } catch {
    // In a fresh clone nothing is installed. Nx's own presets name a runner from 14 to 16, and none from 17 on.
    return (
      !/^(?:nx|@nx\/workspace|@nrwl\/workspace)\/presets\//.test(name) || nx === undefined || !readsTopLevelToken(nx)
    );
  }
}

function fileHasRunners(path: string): boolean {
  try {
    const { root } = parseNxJson(textOf(path) ?? '');
    return propertyOf(root, 'tasksRunnerOptions') !== undefined;
  } catch {
    return true;
  }
}
