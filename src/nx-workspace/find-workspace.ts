import { stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { UserError } from '../errors.js';
import { errorCode } from '../files/file-errors.js';

export const nxJsonName = 'nx.json';

/** The root of the workspace around a folder: the nearest folder with an nx.json, going up. */
export async function findWorkspace(startFolder: string): Promise<string | undefined> {
  const folder = resolve(startFolder);
  if (await isFile(join(folder, nxJsonName))) return folder;
  const parent = dirname(folder);
  return parent === folder ? undefined : findWorkspace(parent);
}

/**
 * The workspace that a person named: its root itself, or the path of its nx.json. Folders above are not looked at, since
 * a mistyped path must not end up in another workspace.
 * @throws {UserError} when there is none
 */
export async function workspaceAt(path: string): Promise<string> {
  const named = resolve(path);
  if (await isFile(join(named, nxJsonName))) return named;
  if (named.endsWith(nxJsonName) && (await isFile(named))) return dirname(named);
  throw new UserError(`${path} is no Nx workspace: there is no nx.json in it.`, {
    remedy: 'Give the folder that has the nx.json, or none to take the workspace around the current folder.',
  });
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '')) return false;
    throw new UserError(`Whether there is an Nx workspace could not be found out: ${path} cannot be looked at.`, {
      remedy: `Check the permissions: ls -ld '${dirname(path)}'`,
      cause: error,
    });
  }
}
