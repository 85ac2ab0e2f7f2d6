import type { CreatedCiAccessToken } from '../../../protocol/wire-types.js';
import type { AdministrationClient } from '../../../rest-client/administration-client.js';
import type { Dependencies } from '../../dependencies.js';
import { minute } from '../../format.js';
import { tell } from '../../io.js';
import { printSecret } from '../../print-secret.js';

export interface TokenPlace {
  nxCloudId: string;
  client: AdministrationClient;
  json: boolean;
  /** What to do next when it could not be printed and was revoked; see `printSecret`. */
  ifRevoked?: string;
}

/** The token to standard output and what to do with it to standard error; or, when it cannot be printed, its end. */
export async function printCreatedToken(
  created: CreatedCiAccessToken,
  { nxCloudId, client, json, ifRevoked }: TokenPlace,
  { io }: Dependencies,
): Promise<void> {
  const { info, token } = created;
  const until = info.expiresAt === null ? 'It does not expire.' : `It ends ${minute(info.expiresAt)} UTC.`;
  tell(
    io,
    `${io.style.green('✓')} A ${info.accessLevel} CI access token "${info.name}". ${until} It is not shown again.`,
  );
  await printSecret(io, {
    text: json ? JSON.stringify(created, null, 2) : token,
    revoke: () => client.revokeCiToken(nxCloudId, info.id),
    revokeByHand: `npx nxkey ci-token revoke ${info.id} --workspace ${nxCloudId}`,
    ...(ifRevoked !== undefined && { next: ifRevoked }),
  });
  tell(io, 'Put it into the secrets of your CI as NX_CLOUD_ACCESS_TOKEN, and never into the repository.');
}
