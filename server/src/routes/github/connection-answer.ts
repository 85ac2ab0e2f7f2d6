import type { GithubConnectionInfo } from '../../../../src/protocol/github-wire-types.js';
import type { ConnectionView, GithubConnections } from '../../domain/github/connections.js';
import type { Organization } from '../../domain/model.js';
import { githubConnectionInfo } from '../views.js';

/** A connection, with the names of those whose removal waits. */
export async function connectionAnswer(
  view: ConnectionView,
  organization: Organization,
  github: GithubConnections,
): Promise<GithubConnectionInfo> {
  const held = view.heldAt === null ? [] : await github.held(organization);
  return githubConnectionInfo(view, held);
}
