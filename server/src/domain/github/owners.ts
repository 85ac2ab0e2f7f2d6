import type { Initiator } from '../audit-log.js';
import type { Organization } from '../model.js';
import { RefusedChange } from '../refused-change.js';
import type { Repositories } from '../repositories.js';
import { roleWithArticle } from '../roles.js';
import type { ConnectionView } from './connections.js';
import type { GithubConnection } from './model.js';
import type { GithubContext } from './observations.js';
import { connectionWarnings } from './warnings.js';

/** Inside the transaction that makes the change: whoever has just lost the role changes nothing any more. */
export async function requireOwner(
  { actor }: Initiator,
  { id, slug }: Organization,
  { organizations }: Repositories,
): Promise<void> {
  if (actor.kind === 'operator') return;
  const membership = actor.id === null ? null : await organizations.membership(actor.id, id);
  if (membership === null) throw new RefusedChange('not-found', `You are not a member of ${slug}.`);
  if (membership.role === 'owner') return;
  const message = `You are ${roleWithArticle[membership.role]} of ${slug}: only its owners manage what it is connected to.`;
  throw new RefusedChange('forbidden', message);
}

export async function requireConnection(
  { id, slug }: Organization,
  { github }: Repositories,
): Promise<GithubConnection> {
  const connection = await github.connection(id);
  if (connection !== null) return connection;
  throw new RefusedChange('not-found', `${slug} is not connected to a GitHub organization.`, {
    remedy: `Connect it: npx nxkey org connect-github <github-organization> --org ${slug}`,
  });
}

/** As owners see it. */
export async function viewConnection(
  connection: GithubConnection,
  { slug }: Organization,
  { database, clock, gateway, staleAfterMs }: GithubContext,
): Promise<ConnectionView> {
  const { organizationId, issuer } = connection;
  const teams = await database.github.teamRoles(organizationId);
  const members = await database.github.members.count(organizationId, issuer);
  const context = { now: clock(), staleAfterMs, slug, issuer: gateway.issuer };
  return { ...connection, teams, members, warnings: connectionWarnings(connection, members, context) };
}
