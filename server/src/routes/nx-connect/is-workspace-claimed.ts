import { z } from 'zod';
import { isNxCloudId } from '../../../../src/protocol/nx-cloud-id.js';
import type { Services } from '../../domain/services.js';
import type { App } from '../../http/app-env.js';
import { nxBody, textOrNull } from './body.js';

/** Nx sends one of them. */
const bodySchema = z.object({ nxCloudId: textOrNull, nxCloudAccessToken: textOrNull });

export function isWorkspaceClaimed(app: App): void {
  app.post('/nx-cloud/is-workspace-claimed', async (c) => {
    const { nxCloudId, nxCloudAccessToken } = await nxBody(c, bodySchema);
    const sent = nxCloudId ?? nxCloudAccessToken;
    return c.json(sent !== null && (await isClaimed(sent, c.get('services'))));
  });
}

/** @param sent an `nxCloudId` or a CI access token, told apart as Nx does it: by its form */
export async function isClaimed(sent: string, { database, ciAccessTokens }: Services): Promise<boolean> {
  if (isNxCloudId(sent)) return (await database.workspaces.findByNxCloudId(sent)) !== null;
  return (await ciAccessTokens.authenticate(sent)) !== null;
}
