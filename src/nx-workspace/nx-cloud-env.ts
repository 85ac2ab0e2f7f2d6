import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { UserError } from '../errors.js';
import { FileNotRead } from '../files/file-errors.js';
import { bytesOf } from '../files/look.js';

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
  return tokenVariables(await readNxCloudEnv(root));
}

/**
 * The CI access token of the environment or, where that has none, of the workspace's nx-cloud.env: in the order in which
 * Nx takes them (nx-protocol.md §2).
 * @param root the workspace's root folder; `undefined` outside of a workspace
 * @throws {UserError} when the file cannot be read
 */
export async function ciTokenIn(
  env: Readonly<Record<string, string | undefined>>,
  root: string | undefined,
): Promise<string | undefined> {
  const given = firstToken(env);
  if (given !== undefined || root === undefined) return given;
  return firstToken(await nxCloudEnvOf(root));
}

/** The variables in a workspace's nx-cloud.env; without the file, none. @throws {UserError} when it cannot be read */
export async function nxCloudEnvOf(root: string): Promise<Readonly<Record<string, string | undefined>>> {
  return parseEnv(await readNxCloudEnv(root));
}

function firstToken(values: Readonly<Record<string, string | undefined>>): string | undefined {
  const tokens = [values['NX_CLOUD_AUTH_TOKEN'], values['NX_CLOUD_ACCESS_TOKEN']];
  return tokens.map((value) => value?.trim() ?? '').find((value) => value !== '');
}

function readNxCloudEnv(root: string): Promise<string> {
  return new Promise((read) => {
    read(textAt(join(root, nxCloudEnvName)));
  });
}

function textAt(path: string): string {
  try {
    return bytesOf(path)?.toString('utf8') ?? '';
  } catch (cause) {
    if (cause instanceof FileNotRead) throw cause;
    throw new UserError(`${path} could not be read.`, { remedy: `Check the permissions: ls -l '${path}'`, cause });
  }
}
