import { AuthenticationRequired, Cancelled, UserError } from '../../../errors.js';
import type { AccessToken } from '../../../nx-workspace/access-tokens.js';
import type { Replacement } from '../../../nx-workspace/rewrite.js';
import { isNxCloudId } from '../../../protocol/nx-cloud-id.js';
import { maskToken } from '../../../protocol/tokens.js';
import type { RestClient } from '../../../rest-client/rest-client.js';

/**
 * The nxCloudId for each access token, from the server, which is asked once for each that differs.
 * @param file nx.json's path, for messages
 * @throws {UserError} that says that nx.json was not changed, and why. Exit code 1 also when the server does not know
 *   the token: 4 would mean that the person has to log in, which does not help here.
 */
export async function resolveIds(
  accessTokens: readonly AccessToken[],
  client: RestClient,
  file: string,
): Promise<Replacement[]> {
  const ids = new Map<string, string>();
  const replacements: Replacement[] = [];
  for (const accessToken of accessTokens) {
    const nxCloudId = ids.get(accessToken.token) ?? (await askServer(accessToken, client, file));
    ids.set(accessToken.token, nxCloudId);
    replacements.push({ accessToken, nxCloudId });
  }
  return replacements;
}

async function askServer(accessToken: AccessToken, client: RestClient, file: string): Promise<string> {
  try {
    const { nxCloudId } = await client.ciToken(accessToken.token);
    if (isNxCloudId(nxCloudId)) return nxCloudId;
    throw new UserError(`${client.serverUrl} answered with an nxCloudId that Nx would not take.`, {
      remedy: 'Is this the server of your remote cache? Name another one with --server <url>.',
    });
  } catch (error) {
    throw withPlace(error, accessToken, client.serverUrl, file);
  }
}

function withPlace(error: unknown, { token, line, column }: AccessToken, serverUrl: string, file: string): unknown {
  if (!(error instanceof UserError) || error instanceof Cancelled) return error;
  const place = `${file}:${line}:${column}: nx.json was not changed`;
  const byHand = 'If you know the id of the workspace, no server is needed: --nx-cloud-id <id>';
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
