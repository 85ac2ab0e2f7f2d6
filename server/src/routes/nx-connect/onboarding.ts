import { z } from 'zod';
import type { App, AppContext } from '../../http/app-env.js';
import { nxBody, textOrNull } from './body.js';
import { isClaimed } from './is-workspace-claimed.js';

/** `accessToken`: what nx.json or the environment has, an `nxCloudId` or a CI access token; `null` where it has none. */
const bodySchema = z.object({ accessToken: textOrNull });

/** What Nx appends to `/connect/`, prints and opens. Any other answer than text makes it print an address with the token. */
export function onboarding(app: App): void {
  app.post('/nx-cloud/onboarding', async (c) => {
    const { accessToken } = await nxBody(c, bodySchema);
    return c.json(await connectCode(accessToken, c));
  });
}

async function connectCode(accessToken: string | null, c: AppContext): Promise<string> {
  // Nx 19.7 to 20 send none although they have just made a workspace. It could be found by the network address; but
  // whoever shares that, such as all behind a proxy that the server does not know of, could then claim it.
  if (accessToken === null) return 'new';
  const services = c.get('services');
  if (await isClaimed(accessToken, services)) return 'claimed';
  return (await services.unclaimedWorkspaces.handOutClaimCode(accessToken, c.get('ipAddress'))) ?? 'new';
}
