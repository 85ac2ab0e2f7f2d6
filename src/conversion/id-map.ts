import { createHash } from 'node:crypto';
import { readFile, realpath } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { UsageError, UserError } from '../errors.js';
import { isNxCloudId } from '../protocol/nx-cloud-id.js';
import { findTokensInText } from '../protocol/token-search.js';
import { maskToken } from '../protocol/tokens.js';
import { differentTokens, knownIds, severalTokens, type IdSource, type TokenInFile } from './ids.js';

/** The ids of workspaces, by their tokens' hashes and by their paths. */
export interface IdMap {
  /** By SHA-256 in lower-case hex. */
  byToken: ReadonlyMap<string, string>;
  /** By absolute path. */
  byWorkspace: ReadonlyMap<string, string>;
}

/**
 * Lines of `<workspace path or SHA-256 of a token in hex>`, a tab, and an nxCloudId. Empty lines and those that start with
 * `#` are comments. What a bad line holds is never repeated: it may be a token.
 * @param folder what relative paths are relative to
 * @throws {UsageError} at the first bad line, with its number
 */
export function parseIdMap(text: string, folder: string, file: string): IdMap {
  const byToken = new Map<string, { nxCloudId: string; line: number }>();
  const byWorkspace = new Map<string, { nxCloudId: string; line: number }>();
  for (const [index, content] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    if (content.trim() === '' || content.startsWith('#')) continue;
    const line = index + 1;
    const refuse = (problem: string, remedy: string) => new UsageError(`${file}:${line}: ${problem}`, { remedy });
    const form = 'A line is a path or the SHA-256 of a token in hex, a tab, and an nxCloudId.';

    const tab = content.lastIndexOf('\t');
    const [key, nxCloudId] = [content.slice(0, Math.max(tab, 0)), content.slice(tab + 1).trimEnd()];
    if (findTokensInText(content).length > 0) {
      throw refuse(
        'a token stands here, where its SHA-256 belongs.',
        'Take it out. The hash is made by:  printf %s "$TOKEN" | sha256sum',
      );
    }
    if (key.trim() === '') throw refuse('there is no tab, or nothing before it.', form);
    if (!isNxCloudId(nxCloudId)) throw refuse('what follows the tab is no nxCloudId of 24 letters and digits.', form);

    const isHash = /^[0-9a-f]{64}$/i.test(key);
    const [entries, name] = isHash ? [byToken, key.toLowerCase()] : [byWorkspace, resolve(folder, key)];
    const earlier = entries.get(name);
    if (earlier !== undefined && earlier.nxCloudId !== nxCloudId) {
      throw refuse(`another id than on line ${earlier.line} is given for the same.`, 'Keep one of the two lines.');
    }
    entries.set(name, { nxCloudId, line });
  }
  const idsOnly = (entries: typeof byToken) => new Map([...entries].map(([name, { nxCloudId }]) => [name, nxCloudId]));
  return { byToken: idsOnly(byToken), byWorkspace: idsOnly(byWorkspace) };
}

/** @throws {UsageError} when the file cannot be read, or has a bad line */
export async function readIdMap(path: string, file: string): Promise<IdMap> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new UsageError(`The map ${file} could not be read.`, {
      remedy: `Check that it is there, and its permissions: ls -l '${file}'`,
      cause,
    });
  });
  return parseIdMap(text, dirname(path), file);
}

/**
 * Ids from a map. A token's hash is asked for before the workspace's path: it says whose that very token is, and a
 * workspace can have several.
 * @param map its path, as messages have it
 * @param otherwise who is asked for what is not in the map
 */
export function mappedIds({ byToken, byWorkspace }: IdMap, map: string, otherwise?: IdSource): IdSource {
  const idByRealPath = byRealPath(byWorkspace);

  return async (request) => {
    const { workspace, tokens } = request;
    const ofWorkspace = byWorkspace.get(workspace) ?? (await idByRealPath(workspace));
    const ids = new Map<string, string>();
    for (const { accessToken } of byToken.size === 0 ? [] : tokens) {
      const nxCloudId = byToken.get(createHash('sha256').update(accessToken.token).digest('hex'));
      if (nxCloudId !== undefined) ids.set(accessToken.token, nxCloudId);
    }
    const others = tokens.filter(({ accessToken }) => !ids.has(accessToken.token));
    const [first] = others;
    // Whose the token is says no line of the workspace itself: that has to be the same.
    if (first === undefined) return knownIds(ids, { isNamed: isOnly(ids, ofWorkspace) });
    if (ofWorkspace !== undefined) {
      if (differentTokens(others) > 1) throw oneIdForSeveral(first.file, others, map);
      return knownIds(ids.set(first.accessToken.token, ofWorkspace), { isNamed: true });
    }
    if (otherwise === undefined) throw notInMap(first, map);
    const { idOf, anonymousLevel } = await otherwise({ ...request, tokens: others });
    for (const { accessToken } of others) ids.set(accessToken.token, idOf(accessToken.token));
    return knownIds(ids, { anonymousLevel });
  };
}

function isOnly(ids: ReadonlyMap<string, string>, nxCloudId: string | undefined): boolean {
  return [...ids.values()].every((one) => one === nxCloudId);
}

/** For paths through links: found out only when the paths as they stand in the map did not help. */
function byRealPath(byWorkspace: IdMap['byWorkspace']): (workspace: string) => Promise<string | undefined> {
  let resolved: Promise<Map<string, string>> | undefined;
  const resolveAll = async () => {
    const ids = new Map<string, string>();
    for (const [path, nxCloudId] of byWorkspace) ids.set(await realpath(path).catch(() => path), nxCloudId);
    return ids;
  };
  return async (workspace) => (await (resolved ??= resolveAll())).get(workspace);
}

function oneIdForSeveral(file: string, tokens: readonly TokenInFile[], map: string): UserError {
  return new UserError(`${file} was not changed: it has ${severalTokens(tokens)}, and ${map} gives one id for it.`, {
    remedy: 'Give the id of each token by its SHA-256 in hex, in the place of the path.',
  });
}

function notInMap({ accessToken: { token, line, column }, file }: TokenInFile, map: string): UserError {
  const place = `${file}:${line}:${column}: nx.json was not changed`;
  return new UserError(`${place}: ${map} has an id neither for this workspace nor for its token ${maskToken(token)}.`, {
    remedy: `Add a line to ${map}, or name a server to ask for what is not in it: --server <url>`,
  });
}
