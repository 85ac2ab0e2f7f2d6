import type { Repositories } from '../repositories.js';
import type { DeliveryOutcome } from './connections.js';
import type { GithubPerson } from './gateway.js';
import type { GithubConnection } from './model.js';
import { applyObservations, chunkSize, settleAccounts, type GithubContext } from './observations.js';
import { changeInstallationState } from './installation.js';
import { githubEvent, type GithubEvent } from './webhook-event.js';

/**
 * GitHub tells of a change before all of its own machines know about it. So whoever was removed is asked about a little
 * later, or a stale answer would bring them back.
 */
const checkRemovalAfterMs = 10_000;

export interface WebhookDelivery {
  event: string;
  deliveryId: string;
  /** The JSON, of whatever shape. */
  payload: unknown;
}

/**
 * A webhook can only take away. It carries no time, its order is not kept, and what identifies a delivery is not signed:
 * somebody who has got hold of one can send it again. So what takes access away is done at once, and everybody whom
 * anything was said about is asked about. A replay that removes somebody heals by itself; one that adds somebody does
 * nothing.
 *
 * @param requestSync reconciles an organization soon
 */
export async function receiveWebhook(
  { event, deliveryId, payload }: WebhookDelivery,
  requestSync: (organizationId: string) => void,
  context: GithubContext,
): Promise<DeliveryOutcome> {
  const told = githubEvent(event, payload);
  if (told === null) return 'ignored';
  const { database, clock, gateway } = context;
  // First, since most installations send what is of no interest, and nothing has to be written down for that.
  const connections = await connectionsOf(told, database, gateway.issuer);
  if (connections.length === 0) return 'ignored';

  const isNew = await database.transaction(async (repositories) => {
    if (!(await repositories.github.insertDelivery(deliveryId, clock()))) return false;
    for (const connection of connections) await take(told, connection, deliveryId, repositories, context);
    return true;
  });
  if (!isNew) return 'replayed';
  for (const { organizationId } of connections) {
    if (syncing.has(told.kind)) requestSync(organizationId);
  }
  return takingAway.has(told.kind) ? 'done' : 'queued';
}

const takingAway = new Set<GithubEvent['kind']>([
  'left-organization',
  'left-team',
  'team-deleted',
  'installation-ended',
]);
const syncing = new Set<GithubEvent['kind']>(['team-deleted', 'installation-ended', 'organization-changed']);

async function connectionsOf(told: GithubEvent, { github }: Repositories, issuer: string): Promise<GithubConnection[]> {
  return told.kind === 'installation-ended'
    ? await github.connectionsOfInstallation(issuer, told.installationId)
    : await github.connectionsTo(issuer, told.organization);
}

async function take(
  told: GithubEvent,
  connection: GithubConnection,
  deliveryId: string,
  repositories: Repositories,
  context: GithubContext,
): Promise<void> {
  const { github } = repositories;
  const { organizationId } = connection;
  const { clock, stamps } = context;
  const how = ` by webhook delivery ${deliveryId}`;
  const check = (person: GithubPerson, afterMs: number) => {
    const cause = `, found when asked after webhook delivery ${deliveryId}`;
    const [queuedAt, dueAt] = [stamps.next(), clock() + afterMs];
    return github.queueCheck({ organizationId, ...person, cause, attempts: 0, queuedAt, dueAt });
  };
  switch (told.kind) {
    case 'left-organization': {
      const known = await github.members.find(organizationId, told.person.githubUserId);
      const observedAt = stamps.next(Math.max(known?.observedAt ?? 0, connection.confirmedAt ?? 0));
      const observation = { ...told.person, state: null, observedAt };
      await applyObservations(repositories, connection, [observation], how, context);
      await check(told.person, checkRemovalAfterMs);
      break;
    }
    case 'left-team':
      await leaveTeam(told, connection, how, repositories, context);
      await check(told.person, checkRemovalAfterMs);
      break;
    case 'team-deleted':
      await emptyTeam(told.teamId, connection, how, repositories, context);
      break;
    case 'installation-ended':
      await changeInstallationState(connection, told.state, how, repositories, clock);
      break;
    case 'person-changed':
      await check(told.person, 0);
      break;
    case 'team-renamed':
      await github.renameTeam(organizationId, told.teamId, told.slug);
      break;
    case 'organization-changed':
      break;
  }
}

/** In one transaction, however large the team: a delivery that was taken note of has taken away what it takes away. */
async function emptyTeam(
  teamId: string,
  connection: GithubConnection,
  how: string,
  repositories: Repositories,
  context: GithubContext,
): Promise<void> {
  const { teamMembers } = repositories.github;
  const { organizationId } = connection;
  const members: string[] = [];
  for (;;) {
    const some = await teamMembers.present(organizationId, teamId, members.at(-1) ?? '', chunkSize);
    members.push(...some.map(({ githubUserId }) => githubUserId));
    if (some.length < chunkSize) break;
  }
  await teamMembers.empty(organizationId, teamId, context.stamps.next(connection.confirmedAt ?? 0));
  for (let begin = 0; begin < members.length; begin += chunkSize) {
    await settleAccounts(repositories, connection, members.slice(begin, begin + chunkSize), { how }, context);
  }
}

async function leaveTeam(
  { teamId, person }: Extract<GithubEvent, { kind: 'left-team' }>,
  connection: GithubConnection,
  how: string,
  repositories: Repositories,
  context: GithubContext,
): Promise<void> {
  const { github } = repositories;
  const { organizationId } = connection;
  const { githubUserId } = person;
  const teamRoles = await github.teamRoles(organizationId);
  if (!teamRoles.some((teamRole) => teamRole.teamId === teamId)) return;
  const [known] = await github.teamMembers.findAll(organizationId, teamId, [githubUserId]);
  // Also where they are not known to be in it: a reconciliation may be about to say so, with what it was told before.
  const observedAt = context.stamps.next(Math.max(known?.observedAt ?? 0, connection.confirmedAt ?? 0));
  await github.teamMembers.observe([{ organizationId, teamId, githubUserId, isPresent: false, observedAt }]);
  await settleAccounts(repositories, connection, [githubUserId], { how }, context);
}
