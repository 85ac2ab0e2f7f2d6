import { dirname, join, resolve } from 'node:path';
import { UserError } from '../errors.js';
import { statOf } from '../files/look.js';

export const nxJsonName = 'nx.json';

/** The root of the workspace around a folder: the nearest folder with an nx.json, going up. */
export function findWorkspace(startFolder: string): Promise<string | undefined> {
  return new Promise((found) => {
    found(workspaceAround(resolve(startFolder)));
  });
}

function workspaceAround(folder: string): string | undefined {
  if (isFile(join(folder, nxJsonName))) return folder;
  const parent = dirname(folder);
  return parent === folder ? undefined : workspaceAround(parent);
}

/**
 * The workspace that a person named: its root itself, or the path of its nx.json. Folders above are not looked at, since
 * a mistyped path must not end up in another workspace.
 * @throws {UserError} when there is none
 */
export function workspaceAt(path: string): Promise<string> {
  return new Promise((found) => {
    found(workspaceNamed(path));
  });
}

function workspaceNamed(path: string): string {
  const named = resolve(path);
  if (isFile(join(named, nxJsonName))) return named;
  if (named.endsWith(nxJsonName) && isFile(named)) return dirname(named);
  throw new UserError(`${path} is no Nx workspace: there is no nx.json in it.`, {
    remedy: 'Give the folder that has the nx.json, or none to take the workspace around the current folder.',
  });
}

function isFile(path: string): boolean {
  try {
    return statOf(path)?.isFile() === true;
  } catch (error) {
    throw new UserError(`Whether there is an Nx workspace could not be found out: ${path} cannot be looked at.`, {
      remedy: `Check the permissions: ls -ld '${dirname(path)}'`,
      cause: error,
    });
  }
}
