import { z } from 'zod';
import { paths } from '../../../../src/protocol/paths.js';
import { workspaceNameFrom, type Creation } from '../../domain/unclaimed-workspaces.js';
import type { App } from '../../http/app-env.js';
import { nxBody, textOrNull } from './body.js';

/** Nx also sends `installationSource` and `nxInitDate`, which nobody here needs to know. */
const bodySchema = z.object({ workspaceName: textOrNull });

export function createWorkspaceForNx(app: App): void {
  app.post('/nx-cloud/v2/create-org-and-workspace', async (c) => {
    const { workspaceName } = await nxBody(c, bodySchema);
    const request = { name: workspaceNameFrom(workspaceName ?? ''), ipAddress: c.get('ipAddress') };
    const creation = await c.get('services').unclaimedWorkspaces.create(request);
    const url = c.get('config').publicUrl + paths.connectNew;
    // Not the link that claims the workspace: Nx asks for that in another request, and nobody reads this one.
    if (creation.kind === 'created') return c.json({ nxCloudId: creation.nxCloudId, url });
    // 200, since Nx prints the message of no other answer: of an error it prints the status alone.
    return c.json({ message: refusal(creation, url) });
  });

  // Nx 17 to 19.6, which would write a token into nx.json.
  app.post('/nx-cloud/create-org-and-workspace', (c) =>
    c.json({ message: noTokenForNxJson(c.get('config').publicUrl + paths.connectNew) }),
  );
}

function refusal(creation: Exclude<Creation, { kind: 'created' }>, url: string): string {
  switch (creation.kind) {
    case 'off':
      return (
        'This server makes no workspaces for "nx connect". Ask an owner or admin of your organization for the nxCloudId ' +
        'of a workspace (they make one with "npx nxkey workspace create"), and put it into nx.json as "nxCloudId".'
      );
    case 'too-many':
      return (
        'Too many workspaces were made from your network address; the next one is possible in ' +
        `${Math.ceil(creation.retryAfterMs / 60_000)} minutes. To make one now, sign in at ${url}`
      );
    case 'full':
      return (
        'Too many workspaces of this server wait for somebody to claim them, so "nx connect" cannot make another one. ' +
        `To make one nevertheless, sign in at ${url}`
      );
  }
}

function noTokenForNxJson(url: string): string {
  return (
    'This version of Nx would write an access token into nx.json, where everybody with the repository can read it, so ' +
    `this server gives it none. Sign in at ${url} to make a workspace and see what to put into nx.json instead.`
  );
}
