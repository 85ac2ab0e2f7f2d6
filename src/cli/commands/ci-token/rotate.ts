import { administrationOf, chosenWorkspace } from '../../administration.js';
import type { Dependencies } from '../../dependencies.js';
import { minute } from '../../format.js';
import { tell } from '../../io.js';
import type { CiTokenRotateFlags } from './command.js';
import { findToken } from './find-token.js';
import { printCreatedToken } from './print-created-token.js';

/** Prints the new token, and says until when the old one works. */
export async function rotateCiToken(flags: CiTokenRotateFlags, dependencies: Dependencies): Promise<void> {
  const { io, clock } = dependencies;
  const nxCloudId = await chosenWorkspace(flags, dependencies);
  const client = await administrationOf(flags, dependencies);
  const old = await findToken(flags.token, nxCloudId, client, clock.date());
  const created = await client.rotateCiToken(nxCloudId, old.id, { graceSeconds: flags.grace });
  // Said first: it is so even if the new one cannot be printed.
  const end = created.previous?.expiresAt ?? null;
  tell(io, end === null ? 'The old token has ended.' : `The old token (${old.id}) works until ${minute(end)} UTC.`);
  // The server does not take a rotation back, and makes no second one of the same token.
  const ifRevoked = 'The old one ends all the same. Make another in its place:  npx nxkey ci-token create --help';
  await printCreatedToken(created, { nxCloudId, client, json: flags.json, ifRevoked }, dependencies);
}
