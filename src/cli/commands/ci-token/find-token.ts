import { UsageError, UserError } from '../../../errors.js';
import type { CiAccessTokenInfo } from '../../../protocol/wire-types.js';
import type { AdministrationClient } from '../../../rest-client/administration-client.js';
import { minute } from '../../format.js';

/**
 * The token that a person means by an id or a name. A rotated token leaves its name to the new one, so one that has
 * expired is meant only when no other has the name.
 * @throws {UserError} when there is none, {UsageError} when the name is that of several
 */
export async function findToken(
  idOrName: string,
  nxCloudId: string,
  client: AdministrationClient,
  now: Date,
): Promise<CiAccessTokenInfo> {
  const tokens = await client.ciTokens(nxCloudId);
  const byId = tokens.find(({ id }) => id === idOrName);
  if (byId !== undefined) return byId;
  const named = tokens.filter(({ name }) => name === idOrName);
  const alive = named.filter((token) => !hasExpired(token, now));
  const [only, ...others] = alive.length > 0 ? alive : named;
  if (only === undefined) {
    throw new UserError(
      `${client.serverUrl} has no CI access token with that id or name in the workspace ${nxCloudId}.`,
      {
        remedy: `It may have been revoked already:  npx nxkey ci-token list --workspace ${nxCloudId}`,
      },
    );
  }
  if (others.length === 0) return only;
  throw new UsageError(
    `${others.length + 1} CI access tokens have that name: ${[only, ...others].map(described).join('; ')}.`,
    {
      remedy: 'Name the one you mean by its id.',
    },
  );
}

export function hasExpired({ expiresAt }: CiAccessTokenInfo, now: Date): boolean {
  return expiresAt !== null && Date.parse(expiresAt) <= now.getTime();
}

function described({ id, createdAt, expiresAt }: CiAccessTokenInfo): string {
  return `${id} (made ${minute(createdAt)}${expiresAt === null ? '' : `, ends ${minute(expiresAt)}`} UTC)`;
}
