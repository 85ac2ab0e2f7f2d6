import { recordEvent, type Initiator } from '../audit-log.js';
import type { Organization } from '../model.js';
import { RefusedChange } from '../refused-change.js';
import type { Repositories } from '../repositories.js';
import { settleMembership } from '../sourced-memberships.js';
import { chunkSize, pause, type GithubContext } from './observations.js';
import { requireConnection, requireOwner } from './owners.js';

/**
 * See `GithubConnections.disconnect`. The memberships end before the connection does: when the server is killed half
 * way, the next reconciliation makes the memberships again, and none is left that nothing would ever end.
 */
export async function disconnect(
  organization: Organization,
  initiator: Initiator,
  { database, clock }: Pick<GithubContext, 'database' | 'clock'>,
): Promise<void> {
  const organizationId = organization.id;
  let isFirst = true;
  const endSome = (repositories: Repositories) => endMemberships(organization, initiator, { repositories, clock });

  for (;;) {
    const isDone = await database.transaction(async (repositories) => {
      const { github } = repositories;
      // Later on, it may have been this owner's own membership that has ended.
      if (isFirst) await requireOwner(initiator, organization, repositories);
      const { login } = await requireConnection(organization, repositories);
      if (!(await github.isOwnedOtherwise(organizationId))) throw noOtherOwner(organization);
      if ((await endSome(repositories)) === chunkSize) return false;
      if (!(await github.removeConnection(organizationId))) throw noOtherOwner(organization);
      const event = { action: 'github.disconnected', organizationId, target: login } as const;
      await recordEvent(repositories, clock, initiator, event);
      return true;
    });
    if (isDone) return;
    isFirst = false;
    await pause();
  }
}

/** @returns how many there were */
async function endMemberships(
  { id, slug }: Organization,
  initiator: Initiator,
  { repositories, clock }: { repositories: Repositories; clock: GithubContext['clock'] },
): Promise<number> {
  const memberships = (await repositories.organizations.ofSource.all(id, 'github')).slice(0, chunkSize);
  const byUser = new Map(memberships.map((membership) => [membership.userId, membership]));
  for (const user of await repositories.users.findByIds([...byUser.keys()])) {
    const ending = {
      user,
      organizationId: id,
      source: 'github',
      current: byUser.get(user.id) ?? null,
      wanted: null,
      initiator,
      cause: `${slug} was disconnected from GitHub`,
    } as const;
    await settleMembership(ending, { repositories, clock });
  }
  return memberships.length;
}

function noOtherOwner({ slug }: Organization): RefusedChange {
  return new RefusedChange('conflict', `All owners of ${slug} are its owners by GitHub, and it has to have one.`, {
    remedy: 'Add an owner by hand first, with an e-mail address of their own.',
  });
}
