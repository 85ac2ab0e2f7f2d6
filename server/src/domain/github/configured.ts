import { RefusedChange } from '../refused-change.js';
import type { GithubConnections } from './connections.js';

export const noGithub =
  'This server has no GitHub App. Its operator makes one, and starts the server with NXKEY_GITHUB_APP_ID, ' +
  'NXKEY_GITHUB_PRIVATE_KEY_FILE, NXKEY_GITHUB_WEBHOOK_SECRET_FILE, NXKEY_GITHUB_CLIENT_ID and ' +
  'NXKEY_GITHUB_CLIENT_SECRET_FILE.';

/** @throws {RefusedChange} where the server has no GitHub App, which is for its operator to change */
export function requireGithub({ github }: { github: GithubConnections | null }): GithubConnections {
  if (github === null) throw new RefusedChange('conflict', noGithub);
  return github;
}
