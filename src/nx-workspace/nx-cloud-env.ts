import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../errors.js';
import { errorCode } from '../files/file-errors.js';

export const nxCloudEnvName = 'nx-cloud.env';

export interface TokenVariable {
  name: 'NX_CLOUD_ACCESS_TOKEN' | 'NX_CLOUD_AUTH_TOKEN';
  /** Counted from 1. */
  line: number;
}

/**
 * The variables in the text of an nx-cloud.env that hold a token. Nx reads the file as dotenv does, and prefers it to
 * nx.json (nx-protocol.md §2).
 */
export function tokenVariables(text: string): TokenVariable[] {
  return text.split(/\r\n|\r|\n/).flatMap((content, index): TokenVariable[] => {
    const match = /^\uFEFF?\s*(?:export\s+)?(NX_CLOUD_(?:ACCESS|AUTH)_TOKEN)\s*[=:]\s*(?!""|''|``)[^\s#]/.exec(content);
    const name = match?.[1];
    if (name !== 'NX_CLOUD_ACCESS_TOKEN' && name !== 'NX_CLOUD_AUTH_TOKEN') return [];
    return [{ name, line: index + 1 }];
  });
}

/** The same for a workspace; without the file, none. @throws {UserError} when the file cannot be read */
export async function tokenVariablesOf(root: string): Promise<TokenVariable[]> {
  const path = join(root, nxCloudEnvName);
  try {
    return tokenVariables(await readFile(path, 'utf8'));
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return [];
    throw new UserError(`${path} could not be read.`, { remedy: `Check the permissions: ls -l '${path}'`, cause });
  }
}
