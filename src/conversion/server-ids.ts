import { AuthenticationRequired, Cancelled, UserError } from '../errors.js';
import type { AccessToken } from '../nx-workspace/access-tokens.js';
import { resolveServerUrl, type ServerUrlSources } from '../nx-workspace/server-url.js';
import { maskToken } from '../protocol/tokens.js';
import type { AccessLevel } from '../protocol/wire-types.js';
import { knownIds, type IdSource } from './ids.js';
import type { ServerAnswers } from './server-answers.js';

/**
 * Asks the server that knows the tokens: the named one, or that of each workspace's nx.json.
 * @throws {UserError} that says that nx.json was not changed, and why. Exit code 1 also when the server does not know
 *   the token: 4 would mean that the person has to log in, which does not help here.
 */
export function serverIds(answers: ServerAnswers, sources: Omit<ServerUrlSources, 'workspace'>): IdSource {
  return async ({ tokens, serverUrls }) => {
    const { url } = resolveServerUrl({ ...sources, workspace: { serverUrls: [...serverUrls] } });
    const ids = new Map<string, string>();
    for (const { accessToken, file } of tokens) {
      const nxCloudId = await answers.idOf(accessToken.token, url).catch((error: unknown) => {
        throw withPlace(error, accessToken, url, file);
      });
      ids.set(accessToken.token, nxCloudId);
    }
    return knownIds(ids, { anonymousLevel: await highestLevel([...new Set(ids.values())], answers, url) });
  };
}

/** The most that anybody may do in one of the workspaces; `undefined` when that is not known. */
async function highestLevel(ids: readonly string[], answers: ServerAnswers, url: string) {
  try {
    const found = await Promise.all(ids.map((nxCloudId) => answers.anonymousLevelOf(nxCloudId, url)));
    return levels.findLast((level) => found.includes(level));
  } catch (error) {
    // It decides about one sentence only, and the server has already told the ids.
    if (!(error instanceof UserError) || error instanceof Cancelled) throw error;
    return undefined;
  }
}

const levels: readonly AccessLevel[] = ['none', 'read-only', 'read-write'];

function withPlace(error: unknown, { token, line, column }: AccessToken, serverUrl: string, file: string): unknown {
  if (!(error instanceof UserError) || error instanceof Cancelled) return error;
  const place = `${file}:${line}:${column}: nx.json was not changed`;
  const byHand =
    'If you know the id of the workspace, no server is needed: --nx-cloud-id <id>, and --map <file> for several';
  if (error instanceof AuthenticationRequired) {
    return new UserError(`${place}: ${serverUrl} does not know the access token ${maskToken(token)}, or no longer.`, {
      remedy: `Import it (npx nxkey ci-token import --name nx.json --token-stdin --workspace <nxCloudId>), or name the server that knows it: --server <url>\n${byHand}`,
      cause: error,
    });
  }
  return new UserError(`${place}: the server could not be asked whose access token it is. ${error.message}`, {
    remedy: error.remedy === undefined ? byHand : `${error.remedy}\n${byHand}`,
    cause: error,
  });
}
