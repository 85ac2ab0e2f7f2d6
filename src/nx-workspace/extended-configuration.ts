import { readFile, realpath, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
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
  const name = stringOf(valueAt(nxJson.root, 'extends'));
  if (name === undefined || name === '') return undefined;
  if (!/^(?:\.{1,2}\/|\/)/.test(name))
    return { name, path: undefined, hasRunners: await packageHasRunners(root, name, nx) };
  const path = await fileWithin(root, name);
  return { name, path, hasRunners: path === undefined || (await fileHasRunners(path)) };
}

/** The configurations besides nx.json that are converted with it. */
export async function extendedConfigurations(root: string, nxJson: NxJson): Promise<{ path: string }[]> {
  const extended = await extendedConfiguration(root, nxJson);
  return extended?.path === undefined ? [] : [{ path: extended.path }];
}

/** A regular file inside of a folder, links followed; named from there, with or without `.json`. Its absolute path. */
export async function fileWithin(root: string, name: string): Promise<string | undefined> {
  for (const path of [resolve(root, name), resolve(root, `${name}.json`)]) {
    try {
      if (!(await stat(path)).isFile()) continue;
      return (await isWithin(root, path)) ? path : undefined;
    } catch {
      continue;
    }
  }
  return undefined;
}

/** Where a path really is, after all links. @throws when it is not there */
export async function isWithin(root: string, path: string): Promise<boolean> {
  const way = relative(await realpath(root), await realpath(path));
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

async function packageHasRunners(root: string, name: string, nx: NxVersion | undefined): Promise<boolean> {
  try {
    return await fileHasRunners(createRequire(join(root, nxJsonName)).resolve(name));
  } catch {
    // In a fresh clone nothing is installed. Nx's own presets name a runner from 14 to 16, and none from 17 on.
    return (
      !/^(?:nx|@nx\/workspace|@nrwl\/workspace)\/presets\//.test(name) || nx === undefined || !readsTopLevelToken(nx)
    );
  }
}

async function fileHasRunners(path: string): Promise<boolean> {
  try {
    const { root } = parseNxJson(await readFile(path, 'utf8'));
    return propertyOf(root, 'tasksRunnerOptions') !== undefined;
  } catch {
    return true;
  }
}
