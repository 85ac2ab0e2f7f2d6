import type { CiAccessTokenInfo } from '../../../protocol/wire-types.js';
import { administrationOf, chosenWorkspace } from '../../administration.js';
import type { Dependencies } from '../../dependencies.js';
import { day, minute, minuteOr } from '../../format.js';
import { printJson, tell } from '../../io.js';
import { printTable } from '../../table.js';
import type { CiTokenListFlags } from './command.js';
import { hasExpired } from './find-token.js';

export async function listCiTokens(flags: CiTokenListFlags, dependencies: Dependencies): Promise<void> {
  const { io, clock } = dependencies;
  const nxCloudId = await chosenWorkspace(flags, dependencies);
  const client = await administrationOf(flags, dependencies);
  const tokens = await client.ciTokens(nxCloudId);
  if (flags.json) {
    printJson(io, { tokens });
    return;
  }
  if (tokens.length === 0) {
    const create = `npx nxkey ci-token create <name> --access read-write --workspace ${nxCloudId}`;
    tell(io, `This workspace has no CI access tokens. Make one:  ${create}`);
    return;
  }
  const now = clock.date();
  printTable(
    io,
    ['ID', 'ACCESS', 'CREATED', 'EXPIRES (UTC)', 'LAST USED (UTC)', 'NAME'],
    tokens.map((token) => [
      token.id,
      token.accessLevel,
      day(token.createdAt),
      expiry(token, now),
      minuteOr('never', token.lastUsedAt),
      token.legacy ? `${token.name} (imported)` : token.name,
    ]),
  );
}

function expiry(token: CiAccessTokenInfo, now: Date): string {
  if (token.expiresAt === null) return 'never';
  return hasExpired(token, now) ? `${minute(token.expiresAt)} (expired)` : minute(token.expiresAt);
}
