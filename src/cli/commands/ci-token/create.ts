import { administrationOf, chosenWorkspace } from '../../administration.js';
import type { Dependencies } from '../../dependencies.js';
import { after } from '../../duration.js';
import type { CiTokenCreateFlags } from './command.js';
import { printCreatedToken } from './print-created-token.js';

/** Prints the token. */
export async function createCiToken(flags: CiTokenCreateFlags, dependencies: Dependencies): Promise<void> {
  const { name, access, expires } = flags;
  const nxCloudId = await chosenWorkspace(flags, dependencies);
  const client = await administrationOf(flags, dependencies);
  const created = await client.createCiToken(nxCloudId, {
    name,
    accessLevel: access,
    ...(expires !== undefined && { expiresAt: after(dependencies.clock.date(), expires) }),
  });
  await printCreatedToken(created, { nxCloudId, client, json: flags.json }, dependencies);
}
