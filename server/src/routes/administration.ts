import type { App } from '../http/app-env.js';
import { addMemberRoute } from './add-member.js';
import { audit } from './audit.js';
import { cacheStats } from './cache-stats.js';
import { changeCiTokenRoute } from './change-ci-token.js';
import { changeMember } from './change-member.js';
import { changeWorkspaceRoute } from './change-workspace.js';
import { createCiToken } from './create-ci-token.js';
import { createOrganizationRoute } from './create-organization.js';
import { createWorkspaceRoute } from './create-workspace.js';
import { github } from './github/github.js';
import { importCiTokenRoute } from './import-ci-token.js';
import { listCiTokens } from './list-ci-tokens.js';
import { listMembers } from './list-members.js';
import { listOrganizations } from './list-organizations.js';
import { listWorkspaces } from './list-workspaces.js';
import { purgeCacheRoute } from './purge-cache.js';
import { removeMemberRoute } from './remove-member.js';
import { revokeCiTokenRoute } from './revoke-ci-token.js';
import { rotateCiTokenRoute } from './rotate-ci-token.js';
import { showOrganization } from './show-organization.js';
import { showWorkspace } from './show-workspace.js';

/** Organizations and what belongs to them, for people with the roles that each route names. */
export function administration(app: App): void {
  listOrganizations(app);
  createOrganizationRoute(app);
  showOrganization(app);
  listMembers(app);
  addMemberRoute(app);
  changeMember(app);
  removeMemberRoute(app);
  github(app);
  listWorkspaces(app);
  createWorkspaceRoute(app);
  showWorkspace(app);
  changeWorkspaceRoute(app);
  listCiTokens(app);
  createCiToken(app);
  importCiTokenRoute(app);
  rotateCiTokenRoute(app);
  changeCiTokenRoute(app);
  revokeCiTokenRoute(app);
  cacheStats(app);
  purgeCacheRoute(app);
  audit(app);
}
