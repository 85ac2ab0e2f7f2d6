import { recordEvent, type Initiator } from '../audit-log.js';
import { RefusedChange } from '../refused-change.js';
import type { Organization } from '../model.js';
import type { HeldMember } from './connections.js';
import type { GithubPerson } from './gateway.js';
import type { GithubConnection } from './model.js';
import { asItIsNow, byGithub, chunkSize, settleAll, type GithubContext } from './observations.js';
import { requireConnection, requireOwner } from './owners.js';

/** Fewer are no more than what happens in a small team. */
const fewestHeld = 3;

/** Whether so many of those that were there are gone that it may be a mistake, at GitHub or here. */
export function isMassRemoval(gone: number, present: number): boolean {
  return gone >= fewestHeld && gone > present / 2;
}

/** Lets people wait for an owner's word, and tells which state of things that word will be about. */
export async function holdRemovals(
  connection: GithubConnection,
  people: readonly GithubPerson[],
  { present, observedAt }: { present: number; observedAt: number },
  { database, clock, stamps }: GithubContext,
): Promise<void> {
  if (people.length === 0) return;
  const { organizationId, login } = connection;
  const ids = people.map(({ githubUserId }) => githubUserId);
  await database.transaction(async (repositories) => {
    const current = await asItIsNow(connection, repositories);
    if (current === null) return;
    const { members } = repositories.github;
    for (let begin = 0; begin < ids.length; begin += chunkSize) {
      await members.hold(organizationId, ids.slice(begin, begin + chunkSize), observedAt);
    }
    await members.setHeldAt(organizationId, stamps.next(current.heldAt ?? 0));
    await recordEvent(repositories, clock, byGithub(connection), {
      action: 'github.removals-held',
      organizationId,
      target: login,
      details: {
        people: ids.length,
        of: present,
        cause: `GitHub: more than half of the members of ${login} were gone at once, found by reconciliation`,
      },
    });
  });
}

/** See `GithubConnections.confirmRemovals`. */
export async function confirmRemovals(
  organization: Organization,
  heldAt: number,
  initiator: Initiator,
  context: GithubContext,
): Promise<number> {
  const { database, clock, stamps } = context;
  const confirmed = await database.transaction(async (repositories) => {
    await requireOwner(initiator, organization, repositories);
    const connection = await requireConnection(organization, repositories);
    const { members } = repositories.github;
    const held = await members.held(organization.id);
    if (!(await members.clearHeldAt(organization.id, heldAt))) {
      throw new RefusedChange(
        'conflict',
        connection.heldAt === null
          ? `No removals wait for confirmation in ${organization.slug}.`
          : `Other removals wait for confirmation in ${organization.slug} by now than those that you were shown.`,
        { remedy: 'Look again at who would be removed.' },
      );
    }
    const latest = held.reduce((newest, { observedAt }) => Math.max(newest, observedAt), connection.confirmedAt ?? 0);
    const observedAt = stamps.next(latest);
    for (let begin = 0; begin < held.length; begin += chunkSize) {
      const chunk = held.slice(begin, begin + chunkSize);
      await members.observe(chunk.map((member) => ({ ...member, isPresent: false, isHeld: false, observedAt })));
      const ids = chunk.map(({ githubUserId }) => githubUserId);
      await repositories.github.teamMembers.leaveAll(organization.id, ids, observedAt);
    }
    await recordEvent(repositories, clock, initiator, {
      action: 'github.removals-confirmed',
      organizationId: organization.id,
      target: connection.login,
      details: { people: held.length },
    });
    return held.length;
  });
  const how = `, found by reconciliation and confirmed by ${initiator.actor.name ?? 'an owner'}`;
  await settleAll(organization.id, { how }, context);
  return confirmed;
}

/** See `GithubConnections.held`. */
export async function heldMembers(
  { id }: Organization,
  { database, gateway }: Pick<GithubContext, 'database' | 'gateway'>,
): Promise<HeldMember[]> {
  const held = await database.github.members.held(id);
  const emails = await database.github.members.heldEmails(id, gateway.issuer);
  return held.map(({ githubUserId, login }) => ({ githubUserId, login, email: emails.get(githubUserId) ?? null }));
}
