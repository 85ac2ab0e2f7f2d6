import { administrationOf, chosenWorkspace } from '../../administration.js';
import { confirm } from '../../confirm.js';
import type { Dependencies } from '../../dependencies.js';
import { minuteOr } from '../../format.js';
import { printJson, tell } from '../../io.js';
import type { CiTokenRevokeFlags } from './command.js';
import { findToken } from './find-token.js';

export async function revokeCiToken(flags: CiTokenRevokeFlags, dependencies: Dependencies): Promise<void> {
  const { io, clock } = dependencies;
  const nxCloudId = await chosenWorkspace(flags, dependencies);
  const client = await administrationOf(flags, dependencies);
  const token = await findToken(flags.token, nxCloudId, client, clock.date());
  const used = `last used: ${minuteOr('never', token.lastUsedAt)}`;
  await confirm(
    `The ${token.accessLevel} token "${token.name}" (${used}) will be revoked for good.`,
    flags,
    dependencies,
  );
  await client.revokeCiToken(nxCloudId, token.id);
  tell(io, `${io.style.green('✓')} Revoked "${token.name}" (${token.id}): the next request with it is refused.`);
  if (flags.json) printJson(io, { id: token.id, name: token.name });
}
