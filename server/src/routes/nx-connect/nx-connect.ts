import type { App } from '../../http/app-env.js';
import { createWorkspaceForNx } from './create-workspace.js';
import { isWorkspaceClaimed } from './is-workspace-claimed.js';
import { onboarding } from './onboarding.js';
import { system } from './system.js';

/**
 * What `nx connect` asks (nx-protocol.md §5). The addresses, the bodies and their oddities are Nx's, not ours, so they
 * are in docs/rest-api.md and not in the OpenAPI document.
 */
export function nxConnect(app: App): void {
  createWorkspaceForNx(app);
  isWorkspaceClaimed(app);
  onboarding(app);
  system(app);
}
