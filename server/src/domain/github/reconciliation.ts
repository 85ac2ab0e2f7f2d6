import { ask, recordProblem } from './checks.js';
import type { ReconciliationOutcome } from './connections.js';
import { GithubUnavailable, type GithubPerson } from './gateway.js';
import { holdRemovals, isMassRemoval } from './held-removals.js';
import { organizationRef, refreshInstallation } from './installation.js';
import type { GithubConnection } from './model.js';
import { applyObservations, asItIsNow, chunkSize, pause, settleAll, type GithubContext } from './observations.js';
import { reconcileTeam } from './team-reconciliation.js';

const how = ', found by reconciliation';

/**
 * Asks GitHub for all members and makes the memberships here the same: whatever webhooks did not say. What GitHub says
 * as of the beginning gives way to whatever is heard meanwhile. Nobody is removed because of an incomplete list.
 *
 * When GitHub does not answer, the last known state holds, and the connection says why.
 *
 * @param refresh asks first what became of the App's installation, and of the GitHub organization's name
 */
export async function reconcile(
  organizationId: string,
  { refresh }: { refresh: boolean },
  context: GithubContext,
): Promise<{ outcome: Exclude<ReconciliationOutcome, 'busy'>; retryAfterMs?: number | null }> {
  const { database, gateway } = context;
  const connection = await database.github.connection(organizationId);
  if (connection?.issuer !== gateway.issuer) return { outcome: 'not-connected' };
  try {
    const isInDoubt = refresh || connection.installationState !== 'active';
    await reconcileInstalled(isInDoubt ? await refreshInstallation(connection, context) : connection, context);
    return { outcome: 'complete' };
  } catch (error) {
    if (!(error instanceof GithubUnavailable)) throw error;
    await recordProblem(connection, error, context);
    return { outcome: 'incomplete', retryAfterMs: error.retryAfterMs };
  }
}

/** A failure may mean that the App was uninstalled, and perhaps installed again. */
async function reconcileInstalled(connection: GithubConnection, context: GithubContext): Promise<void> {
  try {
    await reconcileOnce(connection, context);
  } catch (error) {
    if (!(error instanceof GithubUnavailable) || error.retryAfterMs !== null) throw error;
    const refreshed = await refreshInstallation(connection, context);
    if (refreshed.installationId === connection.installationId) throw error;
    await reconcileOnce(refreshed, context);
  }
}

async function reconcileOnce(connection: GithubConnection, context: GithubContext): Promise<void> {
  const { database, stamps } = context;
  const { github } = database;
  const { organizationId } = connection;
  const latest = await github.members.latestObservation(organizationId);
  const begunAt = stamps.next(Math.max(latest, connection.confirmedAt ?? 0));

  for (const teamRole of await github.teamRoles(organizationId)) {
    await reconcileTeam(connection, teamRole, { begunAt, how }, context);
  }

  /** Whether each was listed as an admin. */
  const listed = new Map<string, boolean>();
  const inBothLists: GithubPerson[] = [];
  let remaining = 0;
  for (const role of ['admin', 'member'] as const) {
    const pages = context.gateway.members(organizationRef(connection), role, github.pages(organizationId));
    for await (const { people } of pages) {
      const unseen = people.filter(({ githubUserId }) => !listed.has(githubUserId));
      inBothLists.push(...people.filter(({ githubUserId }) => listed.get(githubUserId) === true && role === 'member'));
      for (const { githubUserId } of unseen) listed.set(githubUserId, role === 'admin');
      remaining += await applyPage(connection, unseen, { isAdmin: role === 'admin', begunAt }, context);
      await pause();
    }
  }

  const missing = await findMissing(organizationId, listed, begunAt, context);
  const gone = missing.filter(({ isHeld }) => !isHeld);
  const present = missing.length + remaining;
  const areHeld = isMassRemoval(missing.length, present);
  if (areHeld && gone.length > 0) {
    await holdRemovals(connection, gone, { present, observedAt: begunAt }, context);
  }
  // A list that changes while it is read in pages may leave somebody out, or have somebody twice.
  for (const person of areHeld ? inBothLists : [...gone, ...inBothLists]) {
    const observation = await ask(connection, person, context);
    await database.transaction((repositories) =>
      applyObservations(repositories, connection, [observation], how, context),
    );
  }

  await database.transaction(async (repositories) => {
    if ((await asItIsNow(connection, repositories)) === null) return;
    await repositories.github.confirm(organizationId, begunAt);
    await repositories.github.removeChecksBefore(organizationId, begunAt);
  });
  await settleAll(organizationId, { how }, context);
}

/** @returns how many of the people were known to be there before */
async function applyPage(
  connection: GithubConnection,
  people: readonly GithubPerson[],
  { isAdmin, begunAt }: { isAdmin: boolean; begunAt: number },
  context: GithubContext,
): Promise<number> {
  const { database } = context;
  const { organizationId } = connection;
  const ids = people.map(({ githubUserId }) => githubUserId);
  const found = await database.github.members.findAll(organizationId, ids);
  const known = new Map(found.map((member) => [member.githubUserId, member]));
  const changed = people.filter(({ githubUserId, login }) => {
    const member = known.get(githubUserId);
    if (member === undefined) return true;
    const isSame = member.isPresent && !member.isHeld && member.isAdmin === isAdmin && member.login === login;
    return !isSame && member.observedAt < begunAt;
  });
  if (changed.length > 0) {
    const state = { isAdmin, teams: new Map<string, boolean>() };
    const observations = changed.map((person) => ({ ...person, state, observedAt: begunAt }));
    await database.transaction((repositories) =>
      applyObservations(repositories, connection, observations, how, context),
    );
  }
  return found.filter(({ isPresent }) => isPresent).length;
}

/** Those who are known to be there and were not listed; not those of whom something was heard since. */
async function findMissing(
  organizationId: string,
  listed: ReadonlyMap<string, boolean>,
  begunAt: number,
  { database }: GithubContext,
): Promise<(GithubPerson & { isHeld: boolean })[]> {
  const missing: (GithubPerson & { isHeld: boolean })[] = [];
  let after = '';
  for (;;) {
    const present = await database.github.members.present(organizationId, after, chunkSize);
    for (const { githubUserId, login, isHeld, observedAt } of present) {
      if (observedAt < begunAt && !listed.has(githubUserId)) missing.push({ githubUserId, login, isHeld });
    }
    const last = present.at(-1);
    if (last === undefined || present.length < chunkSize) return missing;
    after = last.githubUserId;
    await pause();
  }
}
